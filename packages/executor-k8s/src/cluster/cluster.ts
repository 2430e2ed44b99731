import type { Agent } from 'node:http'

/** A cluster, as whom to speak to it, and the namespace to work in. */
export interface Cluster {
  /** Of the API server, without a slash at its end. */
  readonly server: string
  readonly namespace: string
  /** What it was made of, for people: a context of a file, or the pod's service account. */
  readonly source: string
  /**
   * How to speak to the server now. Asked anew before every call: tokens rotate, plugins renew theirs.
   *
   * @throws `ConfigurationError` or `ExecutorError` when the credentials cannot be had
   */
  access(signal: AbortSignal): Promise<ClusterAccess>
  /** The server did not know whom `access` told: something newer, or `undefined` when there is nothing. */
  renew(refused: ClusterAccess, signal: AbortSignal): Promise<ClusterAccess | undefined>
  /** Closes idle connections. Calls under way go on. */
  close(): void
}

/** How to open one connection. Holds secrets. */
export interface ClusterAccess {
  readonly agent: Agent
  /** Authorization and impersonation. */
  readonly headers: Readonly<Record<string, string | string[]>>
}
