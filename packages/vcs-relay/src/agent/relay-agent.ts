import { hostname } from 'node:os'

import {
  ConfigurationError,
  createDispatcher,
  HttpTransport,
  IllegalStateError,
  listenToProcessSignals,
  silentLogger,
  systemClock,
  urlFromToken,
  VcsSession,
  type Clock,
  type Logger,
} from '@scalr-agent/core'
import type { Dispatcher } from 'undici'

import { relayProtocolVersion } from '../protocol/index.ts'
import type { RelayLane } from '../relay-exchange.ts'
import type { WebhookSink } from '../relay-webhook.ts'
import { defaultAgentTiming, type AgentTiming } from './agent-timing.ts'
import { ChannelKeeper } from './channel-keeper.ts'
import type { ControlChannel } from './control-channel.ts'
import type { RelayAgentOptions } from './relay-agent-options.ts'
import { RequestDesk } from './request-desk.ts'
import { WebhookSender } from './webhook-sender.ts'

/** Parts that a test brings instead of the usual ones. */
export interface RelayAgentParts {
  readonly clock?: Clock
  readonly random?: () => number
}

/** What a VCS agent does now. */
export interface RelayAgentStatus {
  /** `undefined` while no channel is open. */
  readonly channel: 'websocket' | 'long-poll' | undefined
  /** Requests under way. */
  readonly requests: number
  readonly draining: boolean
}

/**
 * A VCS agent: opens a channel to a control plane over outbound HTTPS, and answers what comes over it with
 * its handlers. Knows nothing of policies and credentials: those are the handlers'.
 *
 * @example
 * ```ts
 * const agent = new RelayAgent({
 *   token, dataDir: '/var/lib/scalr-vcs-agent', handlers: { ghe: createVcsHandler(options) },
 * })
 * await agent.run() // until drain() or stop(); rejects when the token is refused
 * ```
 */
export class RelayAgent {
  /** Where the spool of webhooks delivers to; waits while there is no session. */
  readonly webhookSink: WebhookSink
  readonly #options: RelayAgentOptions
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #dispatcher: Dispatcher
  readonly #transport: HttpTransport
  readonly #session: VcsSession
  readonly #keeper: ChannelKeeper
  readonly #desk: RequestDesk
  readonly #ending = new AbortController()
  #channel: ControlChannel | undefined
  #draining = false
  #started = false

  /** No I/O but the CA. @throws `ConfigurationError` for options, a token, a URL or a CA that cannot be used */
  constructor(options: RelayAgentOptions, parts: RelayAgentParts = {}) {
    const names = Object.keys(options.handlers)
    if (names.length === 0) {
      throw new ConfigurationError(
        'Cannot start a VCS agent: `handlers` names no VCS. Name at least one that it serves.',
      )
    }
    const slots = { api: 48, bulk: 16, ...options.slots }
    checkSlots(slots)
    const timing: AgentTiming = { ...defaultAgentTiming, ...options.timing }
    const clock = parts.clock ?? systemClock
    const logger = options.logger ?? silentLogger
    const url = options.url ?? urlFromToken(options.token)
    this.#options = options
    this.#clock = clock
    this.#logger = logger
    this.#dispatcher = createDispatcher(options.connection)
    const dispatcher = this.#dispatcher
    this.#transport = new HttpTransport({
      baseUrl: url,
      server: 'the control plane',
      tokenAdvice: 'The session has ended; the agent registers again.',
      userAgent: 'scalr-vcs-agent',
      dispatcher,
      clock,
    })
    const transport = this.#transport
    const total = slots.api + slots.bulk
    this.#session = new VcsSession({
      url,
      token: options.token,
      name: options.name ?? hostname().slice(0, 64),
      dataDir: options.dataDir,
      dispatcher,
      slots: () => ({ total, free: total - this.#desk.size }),
      status: () => (this.#draining ? 'draining' : this.#desk.size > 0 ? 'busy' : 'idle'),
      onDrain: () => this.drain('the control plane asked for it'),
      logger,
      clock,
    })
    this.#desk = new RequestDesk({
      handlers: options.handlers,
      slots,
      transport,
      timing,
      clock,
      logger,
    })
    this.#keeper = new ChannelKeeper({
      mode: options.channel ?? 'auto',
      transport,
      dispatcher,
      hello: { type: 'hello', protocolVersions: [relayProtocolVersion], vcs: names, lanes: slots },
      timing,
      clock,
      logger,
      random: parts.random ?? Math.random,
      session: (wait) => this.#session.current(wait),
      onOpen: (channel) => this.#onOpen(channel),
      onMessage: (message, channel, session) => {
        if (message.type === 'request') this.#desk.take(message, channel, session)
        else if (message.type === 'cancel') this.#desk.cancel(message.id)
      },
      onEnd: (channel) => {
        this.#channel = undefined
        this.#desk.channelEnded(channel)
      },
    })
    this.webhookSink = new WebhookSender({
      transport,
      session: (wait) => this.#session.current(wait),
    })
  }

  get status(): RelayAgentStatus {
    const { size: requests } = this.#desk
    return { channel: this.#channel?.kind, requests, draining: this.#draining }
  }

  /** Takes no more requests, answers those that it has, then `run` resolves. */
  drain(reason = 'drain was called'): void {
    if (this.#draining) return
    this.#draining = true
    this.#desk.drain()
    this.#logger.info({ reason, requests: this.#desk.size }, 'Taking no more requests')
    this.#channel?.send({ type: 'draining' })
    this.#session.beat()
    const timeoutMs = this.#options.drainTimeoutMs ?? 180_000
    const { signal } = this.#ending
    const late = this.#clock.sleep(timeoutMs, { signal }).then(
      () => {
        this.#logger.warn({ requests: this.#desk.size }, 'Requests did not end in time; cut')
      },
      () => {},
    )
    void Promise.race([this.#desk.idle(), late]).then(() => this.stop(reason))
  }

  /** Ends at once; requests under way are cut. */
  stop(reason = 'stop was called'): void {
    this.#draining = true
    this.#desk.drain()
    this.#desk.end(reason)
    this.#ending.abort(new Error(reason))
  }

  /**
   * Runs until it is drained or stopped, and resolves then. Call it once.
   *
   * @throws `AuthenticationError` when the token is refused, `ApiError` when the pool takes no VCS agents
   * or a live agent has the name, `ConfigurationError` when the data directory cannot be used or a run
   * agent runs in this process.
   */
  async run(): Promise<void> {
    if (this.#started) throw new IllegalStateError('A VCS agent runs once; make a new one.')
    this.#started = true
    using _signals =
      this.#options.handleSignals === true
        ? listenToProcessSignals({
            onFirst: (name) => this.drain(name),
            onSecond: (name) => this.stop(name),
            onThird: () => {},
          })
        : undefined
    const { signal } = this.#ending
    try {
      const keeping = this.#keeper.run({ signal })
      await this.#session.run({ signal })
      await keeping
    } finally {
      this.stop('the agent has ended')
      await this.#desk.idle()
      this.#desk[Symbol.dispose]()
      await this.#transport.close()
      await this.#dispatcher.destroy()
    }
  }

  #onOpen(channel: ControlChannel): void {
    this.#channel = channel
    this.#logger.info({ by: channel.kind }, 'The VCS agent is connected')
    if (this.#draining) channel.send({ type: 'draining' })
  }
}

function checkSlots(slots: Readonly<Record<RelayLane, number>>): void {
  for (const [lane, count] of Object.entries(slots)) {
    if (Number.isInteger(count) && count >= 1 && count <= 1024) continue
    throw new ConfigurationError(
      `Cannot start a VCS agent: \`slots.${lane}\` is ${count}; give a whole number from 1 to 1024.`,
    )
  }
}
