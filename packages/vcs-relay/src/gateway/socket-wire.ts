import type { WebSocket } from 'ws'

import type { GatewayMessage } from '../protocol/index.ts'
import type { ChannelWire } from './channel-wire.ts'

/** Messages over a WebSocket, each a text frame of JSON. */
export class SocketWire implements ChannelWire {
  readonly kind = 'websocket'
  readonly #socket: WebSocket

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  send(message: GatewayMessage, onDelivered?: () => void): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    onDelivered?.()
    this.#socket.send(JSON.stringify(message))
  }

  close(reason: string): void {
    this.send({ type: 'closing', reason })
    this.#socket.close(1000)
  }
}
