import type { CanonicalTarget } from './canonical-target.ts'
import type { Endpoint } from './endpoint.ts'
import type { Refusal } from './refusal.ts'

/** A request that may be sent: `target.raw` are the bytes to send (I11). */
export interface Permission {
  readonly allowed: true
  readonly endpoint: Endpoint
  readonly target: CanonicalTarget
  /** `owner/repo`, `group/sub/project` or a GitLab id. */
  readonly project: string | undefined
  /** Owner or group that is asked about, without a project. */
  readonly owner: string | undefined
}

/** A request that is not sent. */
export interface Denial extends Refusal {
  readonly allowed: false
}

export type PolicyDecision = Permission | Denial
