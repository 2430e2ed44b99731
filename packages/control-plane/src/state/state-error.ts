/** Why a state was not taken; the numbers are the answer's status. */
export type StateErrorStatus = 400 | 403 | 404 | 409 | 413 | 423

/** The state, or its lock, was not changed. */
export class StateError extends Error {
  override readonly name = 'StateError'
  readonly status: StateErrorStatus
  /** The lock that is in the way, as Terraform wrote it: Terraform shows it. */
  readonly lockInfo: string | undefined

  constructor(
    status: StateErrorStatus,
    message: string,
    options: { readonly lockInfo?: string } = {},
  ) {
    super(message)
    this.status = status
    this.lockInfo = options.lockInfo
  }
}
