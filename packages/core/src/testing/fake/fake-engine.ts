import type { FakeRun } from './fake-run.ts'

/**
 * Holds the workloads of `FakeExecutor`s. Executors that share an engine see the same workloads, as an
 * agent does that was restarted.
 */
export class FakeEngine {
  /** By id. A launch under way is there from the moment it claimed its id. */
  readonly runs = new Map<string, FakeRun>()

  /** What is left in the engine. */
  get size(): number {
    return this.runs.size
  }
}
