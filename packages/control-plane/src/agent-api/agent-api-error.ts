import type { ProblemType } from '@scalr-agent/core/protocol'

/** A refusal that the routes themselves decide. */
export class AgentApiError extends Error {
  override readonly name = 'AgentApiError'
  readonly status: number
  readonly type: ProblemType
  /** Further members of the problem document. */
  readonly members: { readonly offset?: number; readonly issues?: readonly Issue[] }

  constructor(
    status: number,
    type: ProblemType,
    message: string,
    members: { readonly offset?: number; readonly issues?: readonly Issue[] } = {},
  ) {
    super(message)
    this.status = status
    this.type = type
    this.members = members
  }
}

interface Issue {
  readonly path: string
  readonly message: string
}
