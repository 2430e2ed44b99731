import type {
  CheckOptions,
  Executor,
  ExecutorCapabilities,
  Finding,
  ListOptions,
  OperationOptions,
  Outcome,
  Workload,
  WorkloadRef,
  WorkloadSpec,
} from '../../executor/index.ts'
import { IllegalStateError } from '../../errors/index.ts'
import { passHook, type FakeCallHook } from './fake-calls.ts'
import { FakeEngine } from './fake-engine.ts'
import { launchFake } from './fake-launch.ts'
import { fakeError } from './fake-output.ts'
import type { FakeProgram, FakeStartFailure } from './fake-process.ts'
import type { FakeRun } from './fake-run.ts'
import { FakeWorkload } from './fake-workload.ts'

/** What a fake executor plays. */
export interface FakeExecutorOptions {
  /** Chooses what a workload does, or why it never starts. */
  program(spec: WorkloadSpec): FakeProgram | FakeStartFailure
  /** Share one to look at the same workloads with several executors. @default a new one */
  readonly engine?: FakeEngine
  /** Sees every call first, and may make it fail or hang. May be exchanged at any time. */
  readonly onCall?: FakeCallHook
}

/**
 * An executor in memory, for tests of what stands on executors. Workloads are plain functions; faults are
 * planted with `onCall`, `vanish`, `end` and `cutOutput`. It keeps the executor contract, as the
 * conformance kit proves.
 *
 * @example
 * const executor = new FakeExecutor({
 *   program: () => async (process) => {
 *     process.write('planning\n')
 *     process.files.write('data/plan.json', '{}')
 *     return 0
 *   },
 * })
 */
export class FakeExecutor implements Executor {
  readonly name = 'fake'
  readonly capabilities: ExecutorCapabilities = {
    isolation: 'container',
    usesThisMachine: false,
    images: false,
    memoryLimit: true,
    cpuLimit: false,
    user: false,
    // Workloads live in this process and die with it. Another FakeExecutor on the same engine sees them.
    adoption: false,
    usage: true,
    caches: false,
  }
  readonly engine: FakeEngine
  /** Sees every call first, and may make it fail or hang. */
  onCall: FakeCallHook | undefined
  readonly #program: FakeExecutorOptions['program']

  constructor(options: FakeExecutorOptions) {
    this.engine = options.engine ?? new FakeEngine()
    this.onCall = options.onCall
    this.#program = (spec) => options.program(spec)
  }

  async check(options: CheckOptions = {}): Promise<readonly Finding[]> {
    options.signal?.throwIfAborted()
    return [{ id: 'fake.memory', level: 'ok', message: 'Workloads run in this process.' }]
  }

  async launch(spec: WorkloadSpec, options: OperationOptions = {}): Promise<Workload> {
    const { signal } = options
    await passHook(this.onCall, { method: 'launch', id: spec.id, signal })
    const run = await launchFake({ engine: this.engine, program: this.#program, spec, signal })
    await passHook(this.onCall, { method: 'launch-answer', id: spec.id, signal })
    return this.#workload(run)
  }

  async attach(id: string, options: OperationOptions = {}): Promise<Workload | undefined> {
    await passHook(this.onCall, { method: 'attach', id, signal: options.signal })
    const run = this.engine.runs.get(id)
    return run === undefined ? undefined : this.#workload(run)
  }

  async *list(options: ListOptions): AsyncIterable<WorkloadRef> {
    await passHook(this.onCall, { method: 'list', signal: options.signal })
    for (const { spec, state } of this.engine.runs.values()) {
      if (spec.agentId === options.agentId) {
        yield { id: spec.id, agentId: spec.agentId, labels: { ...spec.labels }, state }
      }
    }
  }

  /** Takes a workload away without an exit record: its outcome becomes `lost`. */
  vanish(id: string): void {
    this.end(id, { kind: 'lost', evidence: 'The fake workload vanished and left no exit record.' })
  }

  /** Ends a workload with that outcome. */
  end(id: string, outcome: Outcome): void {
    this.#find(id).end(outcome)
  }

  /**
   * Whoever reads the output past that byte fails: with `UNAVAILABLE`, as a connection that was cut, or
   * with `OUTPUT_LOST`. `undefined` heals it.
   */
  cutOutput(
    id: string,
    atByte: number | undefined,
    code: 'UNAVAILABLE' | 'OUTPUT_LOST' = 'UNAVAILABLE',
  ): void {
    const error = (): Error =>
      fakeError(code, 'output', `Cannot read the output of workload \`${id}\`: it was cut.`)
    this.#find(id).output.cut(atByte === undefined ? undefined : { atByte, error })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing of its own: the engine holds the workloads, and they outlive an executor.
  }

  #workload(run: FakeRun): Workload {
    return new FakeWorkload({ run, engine: this.engine, onCall: () => this.onCall })
  }

  #find(id: string): FakeRun {
    const run = this.engine.runs.get(id)
    if (run === undefined) {
      throw new IllegalStateError(`There is no workload \`${id}\` in the fake engine.`)
    }
    return run
  }
}
