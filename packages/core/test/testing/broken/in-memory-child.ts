import { FakeExecutor, kitProgram } from '../../../src/testing/index.ts'

/** An executor whose workloads die with the process that launched them. */
export function createExecutor(): FakeExecutor {
  return new FakeExecutor({ program: kitProgram })
}
