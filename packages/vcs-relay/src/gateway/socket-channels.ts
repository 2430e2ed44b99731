import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import type { Clock, Logger } from '@scalr-agent/core'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import type { z } from 'zod'

import { agentMessageSchema, helloSchema, relayLimits } from '../protocol/index.ts'
import type { AgentChannel } from './agent-channel.ts'
import { CallRefused } from './http-answers.ts'
import type { OpenChannel } from './poll-channels.ts'
import type { RelayPrincipal } from './relay-gateway.ts'
import { SocketWire } from './socket-wire.ts'

const helloWithinMs = 10_000

/** Channels over WebSockets. */
export class SocketChannels {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: relayLimits.messageBytes,
    perMessageDeflate: false,
    clientTracking: true,
  })
  readonly #open: OpenChannel
  readonly #clock: Clock
  readonly #logger: Logger

  constructor(options: {
    readonly open: OpenChannel
    readonly clock: Clock
    readonly logger: Logger
  }) {
    this.#open = options.open
    this.#clock = options.clock
    this.#logger = options.logger
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, principal: RelayPrincipal): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) =>
      this.#serve(webSocket, principal),
    )
  }

  /** Ends those whose agents do not. */
  terminate(): void {
    for (const client of this.#server.clients) client.terminate()
    this.#server.close()
  }

  #serve(socket: WebSocket, principal: RelayPrincipal): void {
    let channel: AgentChannel | undefined
    const silence = new AbortController()
    this.#clock.sleep(helloWithinMs, { signal: silence.signal }).then(
      () => socket.terminate(),
      () => {},
    )
    const refuse = (reason: string): void => {
      this.#logger.warn({ ...principal, reason }, 'A control channel was ended')
      new SocketWire(socket).close(reason)
    }
    socket.on('error', () => {})
    socket.on('close', () => {
      silence.abort()
      channel?.lose('its connection was cut')
    })
    socket.on('message', (data, isBinary) => {
      const text = isBinary ? '' : textOf(data)
      if (channel !== undefined) {
        const message = parse(agentMessageSchema, text)
        // Unknown ones are of a newer agent, which cannot count on their being understood.
        if (message === undefined) channel.touch()
        else channel.heard(message)
        return
      }
      const hello = parse(helloSchema, text)
      if (hello === undefined) return refuse('the agent did not introduce itself')
      try {
        const opened = this.#open(new SocketWire(socket), hello, principal)
        silence.abort()
        channel = opened.channel
        socket.send(JSON.stringify(opened.welcome))
        opened.ready()
      } catch (error) {
        if (!(error instanceof CallRefused)) throw error
        refuse(error.message)
      }
    })
  }
}

function parse<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.from(data instanceof ArrayBuffer ? new Uint8Array(data) : data).toString('utf8')
}
