import type { Executor } from '../../executor/index.ts'

/** What the conformance kit needs to know of an executor. */
export interface ConformanceOptions {
  /**
   * A new executor each time, all of them on the same engine and with the same records: the kit asks
   * for a second one to look at what the first one started.
   */
  create(): Executor | Promise<Executor>
  /** An image that holds `/bin/sh` and the usual small tools (busybox will do). Ignored without images. */
  readonly image?: string
  /**
   * URL or path of a module that exports `createExecutor()`, giving an executor on the same engine and
   * with the same records as `create`. The kit loads it in a child process, which it kills.
   */
  readonly childModule?: string | URL
  /** Arguments for the Node of that child. @default those of this process */
  readonly childNodeArguments?: readonly string[]
  /**
   * Takes the workload away behind the executor's back, so that no exit record of it exists. Resolves
   * when it is gone for the engine too.
   */
  vanish?(id: string): Promise<void>
  /** All that the engine shows of a workload to whoever may inspect it, as text. */
  inspect?(id: string): Promise<string>
  /** Directory of the executor's own records, searched for secrets. */
  readonly recordsDirectory?: string
  /** Counts what is left in the engine (processes, directories, containers, pods), to prove that nothing leaks. */
  countResources?(): Promise<number>
  /** Multiplies the time that each behaviour may take, for slow engines. @default 1 */
  readonly timeoutFactor?: number
}
