import type { HttpTransport, Clock, OpenVcsSession } from '@scalr-agent/core'
import type { Dispatcher } from 'undici'

import type { AgentMessage, GatewayMessage, Hello, Welcome } from '../protocol/index.ts'
import type { AgentTiming } from './agent-timing.ts'

/** How a channel ended. */
export interface ChannelEnd {
  readonly reason: string
  /** The gateway ended it on purpose; nothing on the way is to blame. */
  readonly isAnnounced: boolean
  readonly error?: unknown
}

/** An open channel to the gateway: requests come over it, and little goes back. */
export interface ControlChannel {
  readonly kind: 'websocket' | 'long-poll'
  readonly welcome: Welcome
  send(message: AgentMessage): void
  /** Never rejects. */
  readonly ended: Promise<ChannelEnd>
  /** Ends it; `ended` resolves. */
  close(): void
}

/** What opening a channel takes. */
export interface OpenChannelOptions {
  readonly transport: HttpTransport
  /** Of the transport too, so that probe and traffic go the same way. */
  readonly dispatcher: Dispatcher
  readonly session: OpenVcsSession
  readonly hello: Hello
  /** Everything but the welcome. */
  readonly onMessage: (message: GatewayMessage) => void
  readonly timing: AgentTiming
  readonly clock: Clock
  readonly signal: AbortSignal
}
