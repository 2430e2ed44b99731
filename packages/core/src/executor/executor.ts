import type { ExecutorCapabilities } from './executor-capabilities.ts'
import type { Finding } from './finding.ts'
import type { WorkloadSpec } from './workload-spec.ts'
import type { Workload, WorkloadRef } from './workload.ts'

/**
 * Starts workloads on one kind of engine: bare processes, containers, pods.
 *
 * Rules that every executor keeps, and that the conformance kit proves:
 *
 * - Construction does no I/O. Executors read no environment variables.
 * - **I1** A workload outlives the agent: `kill -9` of the process that launched it does not end it,
 *   and `attach` from a new process gets every byte of output and the true outcome.
 * - **I2** No proof of exit, no success. An exit is reported only from an exit record written on the
 *   workload's side. A closed stream, a vanished process, container or pod is `lost`.
 * - **I3** `launch` leaves either a workload that `list` shows, or nothing.
 * - Engine errors become {@link ExecutorError} in one file per executor.
 * - Methods are safe to call concurrently.
 */
export interface Executor extends AsyncDisposable {
  /** `process`, `docker`, `kubernetes` or yours. */
  readonly name: string
  readonly capabilities: ExecutorCapabilities

  /** Preflight: reachability, permissions, disk, limits. Never throws for what it was asked to find. */
  check(options?: CheckOptions): Promise<readonly Finding[]>

  /**
   * Starts a workload and resolves once its main process was started, or its start was refused for
   * good (then `wait` of the workload tells `not-started`).
   *
   * Idempotent by `spec.id`: launching the same id again, also from another process and also while
   * the first call is under way, gives the same workload and starts nothing.
   *
   * @throws {@link ExecutorError} `INVALID_SPEC`, `INVALID_FILES`, `UNAVAILABLE`, `REJECTED`,
   * `ENGINE_FAILURE`. When the signal aborts, nothing is left behind and the signal's reason is thrown.
   */
  launch(spec: WorkloadSpec, options?: OperationOptions): Promise<Workload>

  /**
   * A hint that a `launch` is likely within moments, given while its job is being accepted. Changes
   * nothing that could be seen later, and never throws. For engines that need a moment to get ready.
   */
  expectLaunch?(): void

  /** The workload of that id, running or ended, or `undefined` when this executor knows none. */
  attach(id: string, options?: OperationOptions): Promise<Workload | undefined>

  /** Every workload of that agent that was launched and not yet destroyed, running or ended. */
  list(options: ListOptions): AsyncIterable<WorkloadRef>
}

/** Options of every call that may take long. */
export interface OperationOptions {
  readonly signal?: AbortSignal | undefined
}

/** Whose workloads to list. */
export interface ListOptions extends OperationOptions {
  /** Only workloads launched with this `agentId`; a stranger's are never listed. */
  readonly agentId: string
}

/** What a preflight check has to know. */
export interface CheckOptions extends OperationOptions {
  /** URL at which workloads reach the control plane; an isolating executor refuses a loopback one. */
  readonly workloadUrl?: string
}
