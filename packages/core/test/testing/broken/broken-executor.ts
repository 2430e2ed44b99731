import type { Executor } from '../../../src/executor/index.ts'
import {
  FakeEngine,
  FakeExecutor,
  kitProgram,
  type ConformanceOptions,
} from '../../../src/testing/index.ts'

/** An executor with one fault, and the behaviours that must notice. */
export interface BrokenExecutor {
  readonly fault: string
  readonly noticedBy: readonly string[]
  /** Whether it may be noticed by nothing ever happening. */
  readonly hangs?: boolean
  /** `real` keeps the contract. */
  readonly break: (real: FakeExecutor) => Executor
}

/** The options of the kit for that executor, on an engine of its own. */
export function kitOptionsOf(broken: Pick<BrokenExecutor, 'break'>): ConformanceOptions {
  const engine = new FakeEngine()
  const create = (): FakeExecutor => new FakeExecutor({ engine, program: kitProgram })
  return {
    create: () => broken.break(create()),
    vanish: async (id: string) => create().vanish(id),
    countResources: async () => engine.size,
  }
}
