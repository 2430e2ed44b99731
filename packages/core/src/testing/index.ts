export {
  behaviourGroups,
  type Behaviour,
  type BehaviourGroup,
  type Requirement,
} from './conformance/behaviour.ts'
export { conformanceBehaviours } from './conformance/conformance-behaviours.ts'
export { ConformanceFailure } from './conformance/assertions.ts'
export type { ConformanceOptions } from './conformance/conformance-options.ts'
export type { KitContext, KitRun } from './conformance/kit-context.ts'
export type { OutputReader } from './conformance/output-reader.ts'
export type { KitProgram } from './conformance/programs/kit-program.ts'
export { kitProgram } from './conformance/programs/index.ts'
export {
  runConformance,
  type BehaviourResult,
  type RunConformanceOptions,
} from './conformance/run-conformance.ts'
export { describeExecutor } from './describe-executor.ts'
export type { FakeCall, FakeCallHook } from './fake/fake-calls.ts'
export { FakeEngine } from './fake/fake-engine.ts'
export { FakeExecutor, type FakeExecutorOptions } from './fake/fake-executor.ts'
export type { FakeFile, FakeFiles } from './fake/fake-files.ts'
export type { FakeProcess, FakeProgram, FakeSignal, FakeStartFailure } from './fake/fake-process.ts'
