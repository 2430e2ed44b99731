/** Steps that can refuse a request, in the order in which they are taken. */
export type RefusalStep =
  // How the target is written.
  | 'origin-form'
  | 'length'
  | 'character'
  | 'fragment'
  | 'empty-segment'
  | 'percent-encoding'
  | 'encoded-control'
  | 'encoded-backslash'
  | 'utf-8'
  | 'double-encoding'
  | 'dot-segment'
  | 'compatibility-form'
  | 'query'
  // What it asks for.
  | 'base-path'
  | 'endpoint'
  | 'encoded-slash'
  | 'slot'
  | 'method'
  | 'git-push'
  | 'git-dumb-http'
  | 'git-service'
  | 'git-lfs'
  | 'git-off'
  | 'graphql'
  | 'credential-endpoint'
  | 'query-credential'
  | 'query-parameter'
  // What the policy gives.
  | 'rule-off'
  | 'write-group'
  | 'allowed-projects'
  | 'listing'

/** Why a request is not sent. The reason quotes nothing of the target but names of parameters that are known. */
export interface Refusal {
  readonly step: RefusalStep
  readonly reason: string
  /** Rule that was matched, where one was. */
  readonly rule?: string | undefined
}

/** Thrown inside the parser alone; never leaves the policy. */
export class RefusedTarget extends Error {
  readonly refusal: Refusal

  constructor(step: RefusalStep, reason: string) {
    super(reason)
    this.refusal = { step, reason }
  }
}
