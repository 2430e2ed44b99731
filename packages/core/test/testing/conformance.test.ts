import { describeExecutor, FakeEngine, FakeExecutor, kitProgram } from '../../src/testing/index.ts'

const engine = new FakeEngine()
const create = (): FakeExecutor => new FakeExecutor({ engine, program: kitProgram })

describeExecutor('fake', {
  create,
  vanish: async (id) => create().vanish(id),
  countResources: async () => engine.size,
})
