import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

import { randomId, silentLogger, systemClock, type Clock, type Logger } from '@scalr-agent/core'
import { problemTypes } from '@scalr-agent/core/protocol'

import { relayProtocolVersion, type Hello } from '../protocol/index.ts'
import { RelayError } from '../relay-error.ts'
import type { RelayAnswer, RelayLane, RelayRequest } from '../relay-exchange.ts'
import { AgentChannel } from './agent-channel.ts'
import { Attempt } from './attempt.ts'
import { ChannelDirectory, type Slot } from './channel-directory.ts'
import type { ChannelWire } from './channel-wire.ts'
import { abandonBody, checkRequest } from './check-request.ts'
import { serveCall } from './gateway-routes.ts'
import { defaultGatewayTiming, type GatewayTiming } from './gateway-timing.ts'
import { CallRefused, sendProblem } from './http-answers.ts'
import { PollChannels, type OpenedChannel } from './poll-channels.ts'
import type { RelayGateway, RelayGatewayOptions, RelayPrincipal } from './relay-gateway.ts'
import { SocketChannels } from './socket-channels.ts'

/** A request that no agent ran is given to others, but not for ever. */
const maxAttempts = 5

/** The control plane's side of the relay. Mount it where agents are already authorised. */
export function createRelayGateway(options: RelayGatewayOptions): RelayGateway {
  return new Gateway(options)
}

class Gateway implements RelayGateway {
  readonly #options: RelayGatewayOptions
  readonly #timing: GatewayTiming
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #directory: ChannelDirectory
  readonly #polls: PollChannels
  readonly #sockets: SocketChannels
  readonly #attempts = new Map<
    string,
    { readonly attempt: Attempt; readonly agentId: string; readonly lane: RelayLane }
  >()
  #closed = false

  constructor(options: RelayGatewayOptions) {
    this.#options = options
    this.#timing = { ...defaultGatewayTiming, ...options.timing }
    this.#clock = options.clock ?? systemClock
    this.#logger = options.logger ?? silentLogger
    const [clock, logger] = [this.#clock, this.#logger]
    this.#directory = new ChannelDirectory({ clock, queueMs: this.#timing.queueMs })
    const open = this.#open.bind(this)
    this.#polls = new PollChannels({ open, clock, timing: this.#timing })
    this.#sockets = new SocketChannels({ open, clock, logger })
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    principal: RelayPrincipal,
  ): Promise<void> {
    try {
      await serveCall(
        { request, response, principal },
        {
          polls: this.#polls,
          attempt: (id, { agentId }) => {
            const found = this.#attempts.get(id)
            return found?.agentId === agentId ? found.attempt : undefined
          },
          onWebhook: this.#options.onWebhook,
          timing: this.#timing,
          clock: this.#clock,
        },
      )
    } catch (error) {
      if (error instanceof CallRefused) return sendProblem(response, error)
      if (request.socket.destroyed) return
      this.#logger.error({ err: error, ...principal }, 'A call of the relay failed')
      const message = 'The control plane could not work on it. Its log says why.'
      sendProblem(response, new CallRefused(503, problemTypes.internal, message))
    }
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, principal: RelayPrincipal): void {
    if (this.#closed) socket.destroy()
    else this.#sockets.upgrade(request, socket, head, principal)
  }

  async request(
    poolId: string,
    request: Omit<RelayRequest, 'id'>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<RelayAnswer> {
    try {
      checkRequest(request)
      return await this.#relay(poolId, request, options.signal)
    } catch (error) {
      abandonBody(request.body)
      throw error
    }
  }

  served(poolId: string): readonly string[] {
    return this.#directory.served(poolId)
  }

  drop(agentId: string, reason: string): void {
    for (const channel of this.#directory.all) {
      if (channel.principal.agentId === agentId) channel.end(reason)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const channel of this.#directory.all) channel.end('the control plane is being stopped')
    for (const { attempt } of this.#attempts.values()) {
      attempt.agentLost('the control plane is being stopped')
    }
    this.#sockets.terminate()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #relay(
    poolId: string,
    request: Omit<RelayRequest, 'id'>,
    signal: AbortSignal | undefined,
  ): Promise<RelayAnswer> {
    const { vcs, lane } = request
    const tried = new Set<string>()
    let last: unknown
    for (;;) {
      if (this.#closed) {
        throw new RelayError(`Cannot relay to '${vcs}': the control plane is being stopped.`, {
          code: 'CLOSED',
          fate: 'never-ran',
        })
      }
      const slot = await this.#directory
        .reserve({ poolId, vcs, lane, tried, signal })
        .catch((error: unknown) => {
          // Why the agent that was asked did not take it says more than that there is no other.
          throw signal?.aborted === true ? error : (last ?? error)
        })
      const attempt = this.#begin(request, slot, signal)
      try {
        return await attempt.answer
      } catch (error) {
        tried.add(slot.channel.id)
        last = error
        if (tried.size >= maxAttempts || !mayRunAgain(error, request, attempt)) throw error
        this.#logger.info({ vcs, agentId: slot.channel.principal.agentId }, 'Asking another agent')
      }
    }
  }

  #begin(request: Omit<RelayRequest, 'id'>, slot: Slot, signal: AbortSignal | undefined): Attempt {
    const id = (this.#options.ids ?? randomId)('relay')
    const onAbort = (): void => attempt.cancel(signal?.reason)
    const attempt: Attempt = new Attempt({
      request: { ...request, id },
      channel: slot.channel,
      timing: this.#timing,
      clock: this.#clock,
      isSmallCallUnderWay: () => [...this.#attempts.values()].some(({ lane }) => lane === 'api'),
      onDone: () => {
        slot.release()
        signal?.removeEventListener('abort', onAbort)
        this.#attempts.delete(id)
        // Whoever answered did not need the rest of it. Without an answer another agent may.
        if (attempt.answered) abandonBody(request.body)
      },
    })
    this.#attempts.set(id, { attempt, agentId: slot.channel.principal.agentId, lane: request.lane })
    signal?.addEventListener('abort', onAbort, { once: true })
    return attempt
  }

  #open(wire: ChannelWire, hello: Hello, principal: RelayPrincipal): OpenedChannel {
    if (this.#closed) {
      throw new CallRefused(503, problemTypes.internal, 'The control plane is being stopped.')
    }
    if (!hello.protocolVersions.includes(relayProtocolVersion)) {
      throw new CallRefused(
        426,
        problemTypes.versionUnsupported,
        `This control plane speaks version ${relayProtocolVersion} of the relay's protocol; the agent offers ${hello.protocolVersions.join(', ')}. Update one of them.`,
      )
    }
    const { pingMs, pollMs } = this.#timing
    const { agentId } = principal
    // The agent has come back before we saw it go.
    const old = this.#directory.all.filter((channel) => channel.principal.agentId === agentId)
    for (const channel of old) {
      channel.lose('the agent opened another channel')
    }
    const channelId = (this.#options.ids ?? randomId)('channel')
    const channel: AgentChannel = new AgentChannel({
      id: channelId,
      principal,
      hello,
      wire,
      pingMs,
      clock: this.#clock,
      onChange: () => this.#directory.changed(),
      onLost: (reason) => {
        this.#logger.info({ agentId, reason }, 'The control channel of a VCS agent ended')
        this.#directory.remove(channel)
        this.#polls.forget(channelId)
      },
    })
    const welcome = { type: 'welcome', protocolVersion: relayProtocolVersion } as const
    return {
      channel,
      welcome: { ...welcome, channelId, pingMs, pollMs },
      ready: () => {
        this.#directory.add(channel)
        this.#logger.info({ agentId, vcs: hello.vcs, by: wire.kind }, 'A VCS agent is connected')
      },
    }
  }
}

/** What never ran may; what has perhaps run only where twice is as good as once. */
function mayRunAgain(error: unknown, request: Omit<RelayRequest, 'id'>, attempt: Attempt): boolean {
  if (!(error instanceof RelayError) || attempt.bodyOpened) return false
  if (error.fate === 'never-ran') return true
  const isSafe = ['GET', 'HEAD'].includes(request.method) && request.body === undefined
  return isSafe && error.fate === 'unknown' && error.code === 'AGENT_LOST'
}
