import type { HeaderPairs } from '../relay-exchange.ts'

/** A request that credentials are wanted for. */
export interface CredentialsRequest {
  readonly traffic: 'rest' | 'git'
  /** `owner/repo`, where the request is about one. */
  readonly project: string | undefined
  readonly owner: string | undefined
  readonly signal: AbortSignal
}

/** Gives the header lines that prove the agent to the VCS. */
export interface VcsCredentials {
  headersFor(request: CredentialsRequest): Promise<HeaderPairs>
  /** The VCS answered 401 to what was given last: whatever is kept is forgotten. */
  rejected(request: CredentialsRequest): void
}
