import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import type {
  Executor,
  Outcome,
  Workload,
  WorkloadRef,
  WorkloadSpec,
} from '../../executor/index.ts'
import { check, equal } from './assertions.ts'
import type { ConformanceOptions } from './conformance-options.ts'
import { OutputReader, readOutput } from './output-reader.ts'
import type { KitProgram } from './programs/kit-program.ts'

/** What a workload did from its start to its end. */
export interface KitRun {
  readonly workload: Workload
  readonly outcome: Outcome
  readonly output: Buffer
}

/** What a behaviour is given: an executor, workloads to start on it, and somebody who tidies up. */
export class KitContext implements AsyncDisposable {
  readonly executor: Executor
  readonly options: ConformanceOptions
  /** Aborts when the behaviour's time is up. */
  readonly signal: AbortSignal
  /** Unique for this behaviour, so that behaviours never see each other's workloads. */
  readonly agentId: string
  readonly #ids = new Set<string>()
  readonly #others: Executor[] = []

  constructor(options: {
    readonly executor: Executor
    readonly options: ConformanceOptions
    readonly signal: AbortSignal
  }) {
    this.executor = options.executor
    this.options = options.options
    this.signal = options.signal
    this.agentId = uniqueName('agent')
  }

  /** A name that fits ids and directories. What is launched under it is destroyed in the end. */
  newId(): string {
    const id = uniqueName('kit')
    this.#ids.add(id)
    return id
  }

  /** A spec that runs a program of the kit. */
  spec(
    program: KitProgram,
    parameters: readonly string[] = [],
    changes: Partial<WorkloadSpec> = {},
  ): WorkloadSpec {
    const id = changes.id ?? this.newId()
    this.#ids.add(id)
    return {
      id,
      agentId: this.agentId,
      directory: id,
      argv: ['/bin/sh', '-c', program.script, 'kit', ...parameters],
      env: {},
      secretEnv: {},
      resources: {},
      caches: [],
      labels: {},
      startTimeoutMs: 60_000 * (this.options.timeoutFactor ?? 1),
      ...(this.options.image === undefined ? {} : { image: this.options.image }),
      ...changes,
    }
  }

  async launch(
    program: KitProgram,
    parameters: readonly string[] = [],
    changes: Partial<WorkloadSpec> = {},
  ): Promise<Workload> {
    return await this.executor.launch(this.spec(program, parameters, changes), {
      signal: this.signal,
    })
  }

  /** Launches, waits for the end and reads all output. */
  async run(
    program: KitProgram,
    parameters: readonly string[] = [],
    changes: Partial<WorkloadSpec> = {},
  ): Promise<KitRun> {
    return await this.finish(await this.launch(program, parameters, changes))
  }

  /** As `run`, for programs that must end well. */
  async succeed(
    program: KitProgram,
    parameters: readonly string[] = [],
    changes: Partial<WorkloadSpec> = {},
  ): Promise<string> {
    const { outcome, output } = await this.run(program, parameters, changes)
    equal(outcome, { kind: 'exited', exitCode: 0 }, 'the outcome')
    return output.toString('utf8')
  }

  async finish(workload: Workload): Promise<KitRun> {
    const [outcome, output] = await Promise.all([
      workload.wait({ signal: this.signal }),
      readOutput(workload, 0, this.signal),
    ])
    return { workload, outcome, output }
  }

  read(workload: Workload, fromByte = 0): OutputReader {
    return new OutputReader(workload, { signal: this.signal, fromByte })
  }

  async list(agentId = this.agentId): Promise<readonly WorkloadRef[]> {
    const refs: WorkloadRef[] = []
    for await (const ref of this.executor.list({ agentId, signal: this.signal })) refs.push(ref)
    return refs.toSorted((one, other) => (one.id < other.id ? -1 : 1))
  }

  /** Neither `list` nor `attach` may know the workload. */
  async expectNothing(id: string): Promise<void> {
    equal(
      (await this.list()).map((ref) => ref.id).filter((known) => known === id),
      [],
      'what list shows',
    )
    equal(await this.executor.attach(id, { signal: this.signal }), undefined, 'what attach gives')
  }

  /**
   * Counts what is in the engine, once that has stopped changing: processes of a workload that was
   * destroyed a moment ago may still be on their way out.
   */
  async countResources(): Promise<number | undefined> {
    if (this.options.countResources === undefined) return undefined
    let count = await this.options.countResources?.()
    for (;;) {
      await delay(50, undefined, { signal: this.signal })
      const next = await this.options.countResources?.()
      if (next === count) return count
      count = next
    }
  }

  /** No more may be there than `before`; what is on its way out is waited for. */
  async expectNoLeak(before: number | undefined): Promise<void> {
    if (before === undefined) return
    let count = await this.countResources()
    for (let i = 0; i < 100 && (count ?? 0) > before; i += 1) count = await this.countResources()
    check((count ?? 0) <= before, `there were ${before} resources, and there are ${count} now`)
  }

  /** Another executor on the same engine, as a restarted agent would have. */
  async another(): Promise<Executor> {
    const executor = await this.options.create()
    this.#others.push(executor)
    return executor
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = []
    for (const id of this.#ids) {
      try {
        // Ids that the executor refuses to look up were never launched either.
        if (!/^[a-z0-9-]{1,63}$/u.test(id)) continue
        await (await this.executor.attach(id))?.destroy()
      } catch (error) {
        errors.push(error)
      }
    }
    for (const executor of this.#others) await executor[Symbol.asyncDispose]()
    if (errors.length > 0) throw new AggregateError(errors, 'Workloads could not be destroyed.')
  }
}

function uniqueName(kind: string): string {
  return `${kind}-${randomBytes(6).toString('hex')}`
}
