import type { RelayGateway } from '@scalr-agent/vcs-relay/gateway'

import type { AgentEngine } from '../engine/index.ts'
import type { Clock, Logger, Timing } from '../runtime/index.ts'
import type { Database } from '../store/index.ts'
import type { TokenService } from '../tokens/index.ts'

/** What the agent API works with. */
export interface AgentApiDeps {
  readonly engine: AgentEngine
  /** Where VCS agents have their channels. */
  readonly gateway: Pick<RelayGateway, 'drop'>
  readonly tokens: TokenService
  readonly db: Database
  readonly clock: Clock
  readonly logger: Logger
  readonly timing: Timing
  readonly limits: { readonly jobFileBytes: number }
}
