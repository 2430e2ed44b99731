import { FakeEngine, FakeExecutor, kitProgram } from '@scalr-agent/core/testing'

import type { KitSubject } from './kit-executors.ts'

/** The executor in memory, running the in-memory form of the kit's programs. */
export async function openFakeExecutor(): Promise<KitSubject> {
  const engine = new FakeEngine()
  const create = (): FakeExecutor => new FakeExecutor({ engine, program: kitProgram })
  return {
    options: {
      create,
      vanish: async (id) => create().vanish(id),
      countResources: async () => engine.size,
    },
    [Symbol.asyncDispose]: async () => {},
  }
}
