import type { Duplex } from 'node:stream'

import { NetworkError, ProtocolError, TimeoutError } from '@scalr-agent/core'
import { deferred } from '@scalr-agent/core/runtime'
import { WebSocket } from 'undici'

import {
  gatewayMessageSchema,
  IdleWatch,
  relayPath,
  type AgentMessage,
  type GatewayMessage,
  type Welcome,
} from '../protocol/index.ts'
import type { ChannelEnd, ControlChannel, OpenChannelOptions } from './control-channel.ts'
import { keepSocket } from './keep-socket.ts'

/**
 * Opens a control channel over a WebSocket, through the same dispatcher as all other traffic. It counts as
 * open when the welcome came through it, not before: some proxies upgrade, and then let nothing through.
 *
 * @throws `NetworkError`, `TimeoutError`
 */
export async function openWebSocketChannel(options: OpenChannelOptions): Promise<ControlChannel> {
  const channel = new WebSocketChannel(options)
  const { timing, clock, signal } = options
  const waited = new AbortController()
  const tooLate = clock
    .sleep(timing.probeMs, { signal: AbortSignal.any([signal, waited.signal]) })
    .then(() => {
      throw new TimeoutError(
        `Cannot open a WebSocket to ${options.transport.baseUrl.host}: nothing came through it within ${timing.probeMs} ms. A proxy on the way may not let WebSockets through.`,
      )
    })
  try {
    await Promise.race([channel.welcomed, tooLate])
    return channel
  } catch (error) {
    channel.close()
    throw error
  } finally {
    waited.abort()
    tooLate.catch(() => {})
  }
}

class WebSocketChannel implements ControlChannel {
  readonly kind = 'websocket'
  readonly ended: Promise<ChannelEnd>
  readonly #options: OpenChannelOptions
  readonly #socket: WebSocket
  readonly #welcome = deferred<void>()
  readonly #ended = deferred<ChannelEnd>()
  #welcomeMessage: Welcome | undefined
  #connection: Duplex | undefined
  #watch: IdleWatch | undefined
  #announced: string | undefined

  constructor(options: OpenChannelOptions) {
    this.#options = options
    this.ended = this.#ended.promise
    this.#welcome.promise.catch(() => {})
    const { baseUrl } = options.transport
    const url = new URL(`${baseUrl.pathname.replace(/\/$/u, '')}${relayPath}/channel`, baseUrl)
    url.protocol = baseUrl.protocol === 'https:' ? 'wss:' : 'ws:'
    this.#socket = new WebSocket(url, {
      dispatcher: keepSocket(options.dispatcher, (socket) => (this.#connection = socket)),
      headers: { authorization: `Bearer ${options.session.token()}` },
    })
    this.#socket.addEventListener('open', () => this.#sendJson(options.hello))
    this.#socket.addEventListener('message', ({ data }) => this.#take(data))
    this.#socket.addEventListener('error', ({ error }) => this.#end('its connection failed', error))
    this.#socket.addEventListener('close', () => this.#end('its connection was cut'))
  }

  get welcomed(): Promise<void> {
    return this.#welcome.promise
  }

  get welcome(): Welcome {
    if (this.#welcomeMessage === undefined) throw new TypeError('Not welcomed yet.')
    return this.#welcomeMessage
  }

  send(message: AgentMessage): void {
    this.#sendJson(message)
  }

  close(): void {
    this.#end('the agent closed it')
    this.#socket.close()
    // A peer that is gone never closes its end.
    const connection = this.#connection
    connection?.end(() => connection.destroy())
  }

  #sendJson(message: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  #take(data: unknown): void {
    this.#watch?.touch()
    const message = parse(data)
    // Of a newer gateway, which cannot count on its being understood.
    if (message === undefined) return
    if (message.type === 'welcome') return this.#begin(message)
    if (message.type === 'closing') {
      this.#announced = message.reason
      return
    }
    if (message.type !== 'pong' && this.#welcomeMessage !== undefined) {
      this.#options.onMessage(message)
    }
  }

  #begin(welcome: Welcome): void {
    if (this.#welcomeMessage !== undefined) return
    this.#welcomeMessage = welcome
    const { pingMs } = welcome
    const ping = new IdleWatch({
      clock: this.#options.clock,
      everyMs: pingMs,
      check: () => this.send({ type: 'ping' }),
    })
    this.#watch = new IdleWatch({
      clock: this.#options.clock,
      everyMs: pingMs / 4,
      check: (idleMs) => {
        if (idleMs < pingMs * 2.5) return
        this.#end('it was silent for too long')
        this.close()
      },
    })
    const watch = this.#watch
    void this.ended.then(() => {
      ping[Symbol.dispose]()
      watch[Symbol.dispose]()
    })
    this.#welcome.resolve()
  }

  #end(reason: string, error?: unknown): void {
    const { host } = this.#options.transport.baseUrl
    const announced = this.#announced
    this.#welcome.reject(
      announced === undefined
        ? new NetworkError(`Cannot open a WebSocket to ${host}: ${reason}.`, { cause: error })
        : new ProtocolError(`Cannot open a control channel at ${host}: ${announced}`, {
            code: 'VERSION',
          }),
    )
    this.#ended.resolve({
      reason: announced ?? reason,
      isAnnounced: announced !== undefined,
      error,
    })
  }
}

function parse(data: unknown): GatewayMessage | undefined {
  if (typeof data !== 'string') return undefined
  try {
    return gatewayMessageSchema.safeParse(JSON.parse(data)).data
  } catch {
    return undefined
  }
}
