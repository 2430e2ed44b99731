import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createGzip } from 'node:zlib'

import { pack } from 'tar-stream'

import type { JobCaches } from '../../src/caches/index.ts'
import {
  JobJournal,
  JobRunner,
  newJobRecord,
  type JobEvents,
  type JobServices,
} from '../../src/job/index.ts'
import { formatMarker, type StageMarker } from '../../src/logs/index.ts'
import type { JobAssignment, Phase } from '../../src/protocol/index.ts'
import { silentLogger, systemBootClock, type Clock } from '../../src/runtime/index.ts'
import {
  FakeExecutor,
  type FakeCall,
  type FakeProcess,
  type FakeStartFailure,
} from '../../src/testing/index.ts'
import { SceneControlPlane, type Call } from './scene-control-plane.ts'

export { leaseLost, refused, unreachable } from './scene-control-plane.ts'

/** Below it a wait is for another attempt, beyond it for a deadline. */
const deadlineMs = 35_000

/** Real time, but waits for another attempt take 2 ms, and those for a deadline never end by themselves. */
const hastyClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, options) => {
    const signal = options?.signal
    signal?.throwIfAborted()
    await delay(ms < deadlineMs ? 2 : 3_600_000, undefined, {
      ref: ms < deadlineMs,
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      signal?.throwIfAborted()
      throw error
    })
  },
}

/** A call to the control plane, or to the executor. */
export type Point = Call | FakeCall['method']

/** A job, its runner, a control plane in memory and a fake executor: all that can go wrong can be planted. */
export class JobScene extends SceneControlPlane implements AsyncDisposable {
  readonly executor: FakeExecutor
  readonly events: { readonly name: keyof JobEvents; readonly payload: object }[] = []
  /** None but what a test brings. */
  caches: JobCaches | undefined
  /** Why the workload never starts, if it does not. */
  startFailure: FakeStartFailure | undefined
  /** How often the workload began. */
  executions = 0
  /** Plays the whole job script instead: `mark` writes a stage marker. */
  script:
    | ((process: FakeProcess, mark: (marker: StageMarker) => void) => Promise<number>)
    | undefined
  /** What the workload does after its first words. */
  work: (process: FakeProcess) => Promise<number> = () => Promise.resolve(0)
  /** Options of the agent, beside the scene's own. */
  settings: Partial<JobServices['settings']> = {}
  readonly #directory: string

  private constructor(phase: Phase, directory: string, archive: Buffer) {
    super(phase, archive)
    this.#directory = directory
    this.executor = new FakeExecutor({
      program: () => this.startFailure ?? ((process) => this.#script(process)),
    })
  }

  static async open(
    phase: Phase = 'plan',
    files: Readonly<Record<string, string>> = {},
  ): Promise<JobScene> {
    const directory = await mkdtemp(join(tmpdir(), 'job-scene-'))
    await mkdir(join(directory, 'jobs'))
    const archive = pack()
    for (const [name, text] of Object.entries({ 'main.tf': 'output "one" {}\n', ...files })) {
      archive.entry({ name }, text)
    }
    archive.finalize()
    const chunks: Buffer[] = []
    for await (const chunk of archive.pipe(createGzip())) chunks.push(Buffer.from(chunk as Buffer))
    return new JobScene(phase, directory, Buffer.concat(chunks))
  }

  get logText(): string {
    return Buffer.concat(this.log).toString('utf8')
  }

  get workloadId(): string {
    return 'job-1-1'
  }

  get hooksDirectory(): string {
    return join(this.#directory, 'hooks')
  }

  /** Of the one job, while it has a journal. */
  get jobDirectory(): string {
    return join(this.#directory, 'jobs', 'job-1')
  }

  get rescuedDirectory(): string {
    return join(this.#directory, 'rescued', 'run-1')
  }

  get assignment(): JobAssignment {
    return {
      jobId: 'job-1',
      phase: this.phase,
      fencingToken: 1,
      runId: 'run-1',
      workspaceId: 'ws-1',
      workspaceName: 'ws',
      queuedAt: new Date().toISOString(),
      leaseMs: 60_000,
    }
  }

  /** A job that was just handed out. */
  async runner(): Promise<JobRunner> {
    const services = this.services()
    const journal = await JobJournal.create(
      join(this.#directory, 'jobs'),
      newJobRecord(this.assignment, services),
    )
    return new JobRunner({ journal, services, adopted: false })
  }

  /** The same job in the next process of the agent. */
  async nextRunner(): Promise<JobRunner> {
    const [journal] = await JobJournal.openAll(join(this.#directory, 'jobs'), () => {})
    if (journal === undefined) throw new Error('No journal was left')
    return new JobRunner({ journal, services: this.services(), adopted: true })
  }

  /** Every file below the data directory. */
  async filesOnDisk(): Promise<readonly string[]> {
    const entries = await readdir(this.#directory, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(this.#directory, join(entry.parentPath, entry.name)))
      .toSorted()
  }

  journals(): Promise<readonly string[]> {
    return readdir(join(this.#directory, 'jobs'))
  }

  names(): readonly string[] {
    return this.events.map(({ name }) => name)
  }

  /** The payloads of one event. */
  told(name: keyof JobEvents): readonly object[] {
    return this.events.filter((event) => event.name === name).map(({ payload }) => payload)
  }

  /** Does that when the first such call is made, to the control plane or the executor. */
  at(point: Point, action: () => void): void {
    let done = false
    const hook = ({ method }: { readonly method: string }): void => {
      if (done || method !== point) return
      done = true
      action()
    }
    this.onCall = (call) => hook({ method: call })
    this.executor.onCall = hook
  }

  /** The workload waits until it is asked to stop, or until `release` is called. */
  busy(): { readonly release: () => void } {
    const { promise, resolve } = Promise.withResolvers<number>()
    this.work = (process) => {
      process.trap('SIGTERM', () => resolve(1))
      return promise
    }
    return { release: () => resolve(0) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #script(process: FakeProcess): Promise<number> {
    this.executions += 1
    const nonce = process.files.text('data/nonce')?.trim() ?? ''
    const mark = (marker: StageMarker): void => process.write(formatMarker(nonce, marker))
    if (this.script !== undefined) return this.script(process, mark)
    mark({ event: 'begin', stage: this.phase })
    process.write('first words\n')
    const exitCode = await this.work(process)
    process.write('last words\n')
    if (this.phase === 'plan' && exitCode === 0) {
      process.files.write('data/terraform.tfplan.bin', 'the plan')
      process.files.write('data/plan.json', '{}')
    }
    mark({ event: 'end', stage: this.phase, exitCode })
    mark({ event: 'result', exitCode })
    return exitCode
  }

  /** What the jobs of an agent have in common, here. */
  services(): JobServices {
    return {
      executor: this.executor,
      caches: this.caches,
      session: () => Promise.resolve(this.session()),
      agentId: () => 'agent-1',
      renewNow: () => {},
      settings: {
        dataDir: this.#directory,
        workloadUrl: 'https://control-plane.example',
        workloadCaCert: undefined,
        proxy: undefined,
        path: '/usr/bin:/bin',
        hooksDir: this.hooksDirectory,
        tools: {},
        image: undefined,
        imageMode: 'golden',
        secrets: [],
        jobMemoryBytes: 64 * 1024 ** 2,
        jobCpus: 1,
        memoryMonitor: {
          enabled: true,
          softLimitPercent: 80,
          warnPercent: 90,
          intervalMs: 1_000,
        },
        startTimeoutMs: 20_000,
        logSpoolBytes: 1024 ** 2,
        ...this.settings,
      },
      emit: (name, ...[payload]) => void this.events.push({ name, payload: payload as object }),
      clock: hastyClock,
      bootClock: systemBootClock(),
      logger: silentLogger,
    }
  }
}
