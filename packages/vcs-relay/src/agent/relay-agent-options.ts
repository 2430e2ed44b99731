import type { ConnectionOptions, Logger } from '@scalr-agent/core'

import type { RelayHandler, RelayLane } from '../relay-exchange.ts'
import type { AgentTiming } from './agent-timing.ts'

/** How a VCS agent reaches its control plane, and what it serves. */
export interface RelayAgentOptions {
  /** Token of a pool that is `vcs-enabled`. */
  readonly token: string
  /** @default the issuer named by the token */
  readonly url?: string | undefined
  /** Unique in its pool. @default the machine's host name */
  readonly name?: string | undefined
  /** Who this agent is, across restarts. Of this agent alone. */
  readonly dataDir: string
  /** CA, proxies and connect time-out, for every connection to the control plane. */
  readonly connection?: ConnectionOptions | undefined
  /** The VCSs that are served, by the names that the control plane knows them by. */
  readonly handlers: Readonly<Record<string, RelayHandler>>
  /** Requests at a time in each lane. @default { api: 48, bulk: 16 } */
  readonly slots?: Partial<Readonly<Record<RelayLane, number>>> | undefined
  /** `auto` probes for a WebSocket, and polls where none comes through. @default 'auto' */
  readonly channel?: 'auto' | 'websocket' | 'long-poll' | undefined
  /** How long requests may take to end after `drain()` or SIGTERM. @default 180_000 */
  readonly drainTimeoutMs?: number | undefined
  /** Drain at the first SIGTERM or SIGINT, end at the second. @default false */
  readonly handleSignals?: boolean | undefined
  readonly timing?: Partial<AgentTiming> | undefined
  readonly logger?: Logger | undefined
}
