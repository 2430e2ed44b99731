import type { Readable } from 'node:stream'

/** Header lines in their order, names as they came. A map would lose repeated ones. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[]

/** Bulk transfers (git packs, archives) have slots of their own, so that they never hold up the others. */
export type RelayLane = 'api' | 'bulk'

/** One request of the control plane to a private VCS. */
export interface RelayRequest {
  readonly id: string
  /** Name of the VCS at the agents of the pool, as their configuration names it. */
  readonly vcs: string
  readonly method: string
  /** Path and query exactly as they are to be sent (I11), beginning with one `/`. */
  readonly target: string
  readonly headers: HeaderPairs
  readonly lane: RelayLane
  /** Absent for a request without a body. */
  readonly body?: Readable | undefined
}

/** Who made the answer: a 401 or 404 of the VCS is another thing than one of the agent. */
export type AnswerOrigin = 'vcs' | 'agent' | 'gateway'

export interface RelayAnswer {
  readonly origin: AnswerOrigin
  readonly status: number
  readonly headers: HeaderPairs
  /** Ends only when the VCS ended it well; destroyed with an error when it broke off. */
  readonly body: Readable | undefined
}

/** What became of a request that has no answer: may it be sent again? */
export type RequestFate = 'never-ran' | 'unknown' | 'answered'

/** The agent's side of a request: policy, credentials, upstream. Refusals are answers of origin `agent`. */
export interface RelayHandler {
  handle(request: RelayRequest, options: { readonly signal: AbortSignal }): Promise<RelayAnswer>
}
