import type { Readable } from 'node:stream'

import type { OperationOptions } from './executor.ts'
import type { Outcome } from './outcome.ts'

/**
 * - `soft`: asks the main process, and it alone, to stop: one SIGTERM. Repeating it sends nothing (I8).
 * - `hard`: asks it to abort: one SIGQUIT to the main process alone. Repeating it sends nothing.
 * - `kill`: ends every process of the workload with SIGKILL.
 *
 * The main process of a job is the job script, which turns SIGTERM into exactly one SIGINT to the
 * running tool and SIGQUIT into a second one.
 */
export type InterruptLevel = 'soft' | 'hard' | 'kill'

/** One started job on one engine. */
export interface Workload {
  readonly id: string

  /**
   * Standard output and error in one stream, from byte `fromByte` of it. Byte-addressable: asking again
   * gives the same bytes, as long as the workload is not destroyed. Ends when the workload has ended
   * and every byte was given.
   *
   * @throws {@link ExecutorError} `OUTPUT_LOST` when bytes that were there are gone.
   */
  output(fromByte: number, options?: OperationOptions): AsyncIterable<Uint8Array>

  /** Resolves when the workload has ended, any number of times, also long after. */
  wait(options?: OperationOptions): Promise<Outcome>

  /** Resolves when the signal was sent. After the end it does nothing. */
  interrupt(level: InterruptLevel): Promise<void>

  /** What it uses now, or `undefined` where the engine does not tell. */
  usage(): Promise<ResourceUsage | undefined>

  /**
   * A tar stream of those files and directories of the job directory that exist; the others are left
   * out. Works while the workload runs and after its end. Paths are relative to the job directory.
   */
  readFiles(paths: readonly string[]): Promise<Readable>

  /** Ends it if need be and removes all of it. Idempotent; "already gone" is success. */
  destroy(): Promise<void>
}

/** A workload as `list` shows it. */
export interface WorkloadRef {
  readonly id: string
  readonly agentId: string
  readonly labels: Readonly<Record<string, string>>
  /** `starting`: launched or half-launched, its main process not seen yet. */
  readonly state: 'starting' | 'running' | 'ended'
}

/** What a workload uses, as far as the engine measures it. */
export interface ResourceUsage {
  /** Now, without the file cache that the kernel gives back before it kills for lack of memory. */
  readonly memoryBytes?: number
  readonly memoryPeakBytes?: number
  readonly cpuSeconds?: number
}
