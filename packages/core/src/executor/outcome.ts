/** How a workload ended, with the evidence. A non-zero exit is data, not an error. */
export type Outcome =
  | ExitedOutcome
  | SignaledOutcome
  | OutOfMemoryOutcome
  | NotStartedOutcome
  | EvictedOutcome
  | DeadlineOutcome
  | LostOutcome

/** The main process exited by itself and its exit record says so. */
export interface ExitedOutcome {
  readonly kind: 'exited'
  /** 0 to 255. Shells tell a child's death by signal n as 128 + n; so does this field, see `signaled`. */
  readonly exitCode: number
  /** Present when a process of the workload, but not its main one, died at the memory limit. */
  readonly memoryExceeded?: MemoryEvidence
}

/**
 * The main process died of a signal. No engine can tell this from an exit with 128 + n, so exit codes
 * 129 to 159 of the main process are reported here.
 */
export interface SignaledOutcome {
  readonly kind: 'signaled'
  /** Name, e.g. `SIGKILL`. */
  readonly signal: string
}

/** The main process died at its memory limit. */
export interface OutOfMemoryOutcome extends MemoryEvidence {
  readonly kind: 'out-of-memory'
}

/** What the engine says of memory: the limit, and the most that was used where it was measured. */
export interface MemoryEvidence {
  readonly limitBytes: number
  readonly peakBytes?: number
}

/** The main process never ran. It is safe to try again. */
export interface NotStartedOutcome {
  readonly kind: 'not-started'
  readonly cause: 'image-pull' | 'unschedulable' | 'start-timeout' | 'rejected'
  readonly evidence: string
}

/** The engine took the workload away: node drain, preemption, eviction for lack of disk. */
export interface EvictedOutcome {
  readonly kind: 'evicted'
  readonly evidence: string
}

/** The engine ended it at `spec.deadlineMs`. */
export interface DeadlineOutcome {
  readonly kind: 'deadline'
  readonly deadlineMs: number
}

/** It is gone and no exit record exists. Never taken for success (I2). */
export interface LostOutcome {
  readonly kind: 'lost'
  readonly evidence: string
}
