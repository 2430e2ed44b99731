import type { WorkloadSpec } from '../../executor/index.ts'
import type { FakeFiles } from './fake-files.ts'

/** Signals that the executor contract knows. */
export type FakeSignal = 'SIGTERM' | 'SIGQUIT'

/**
 * What runs in a workload of the `FakeExecutor`: plain code instead of a program. What it returns is the
 * exit code; nothing is 0.
 */
export type FakeProgram = (process: FakeProcess) => Promise<number | void> | number | void

/** A program that never ran. */
export interface FakeStartFailure {
  readonly cause: 'image-pull' | 'unschedulable' | 'start-timeout' | 'rejected'
  readonly evidence: string
}

/** The inside of a workload. */
export interface FakeProcess {
  readonly spec: WorkloadSpec
  readonly argv: readonly string[]
  /** `env` and `secretEnv` together. */
  readonly env: Readonly<Record<string, string>>
  /** Absolute path of the job directory. */
  readonly directory: string
  /** What lies in the job directory. */
  readonly files: FakeFiles
  /** Aborts when the process is ended from outside; `sleep` and `forever` reject with it. */
  readonly signal: AbortSignal

  /** Adds to the output; does nothing once the process has ended. */
  readonly write: (data: string | Uint8Array) => void
  /** Without a trap a signal ends the process, as it does with real ones. */
  trap(signal: FakeSignal, handler: () => void): void
  /** Takes memory; beyond the limit of the spec the process is ended. */
  allocate(bytes: number): void
  /** Runs a child to its end. It shares output, files and fate, and gets no signals of its own. */
  spawn(program: FakeProgram): Promise<number>
  sleep(ms: number): Promise<void>
  /** Never resolves; rejects when the process is ended from outside. */
  forever(): Promise<never>
}
