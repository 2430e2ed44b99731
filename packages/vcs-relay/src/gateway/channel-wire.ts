import type { GatewayMessage } from '../protocol/index.ts'

/** How messages reach an agent: a WebSocket, or answers to its polls. */
export interface ChannelWire {
  readonly kind: 'websocket' | 'long-poll'
  /** `onDelivered` is called before the first byte leaves: until then the agent cannot have seen it. */
  send(message: GatewayMessage, onDelivered?: () => void): void
  /** Says why, as well as it can, and ends. */
  close(reason: string): void
}
