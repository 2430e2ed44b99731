import { setImmediate } from 'node:timers/promises'

import { EngineError, type JobRef, type RegisteredSession } from '../../src/engine/index.ts'
import { report } from './agent-messages.ts'
import { EngineFixture } from './engine-fixture.ts'
import type { FakeClock } from './fake-clock.ts'
import { ModelWorkloads } from './model-workloads.ts'
import type { WorldEvent } from './world-event.ts'
import { mustBe, mustBeUnchanged, snapshotOf, WorldInvariants } from './world-invariants.ts'

interface ModelAgent {
  readonly name: string
  session: RegisteredSession | undefined
}

/**
 * Agents as they are: they start what they were given, stop it when they are told or when their own clock
 * says so, and come and go. What the control plane allows is checked against what really runs.
 */
export class AgentWorld implements AsyncDisposable {
  fixture: EngineFixture
  readonly workspaces: readonly string[]
  readonly runs: string[] = []
  /** Every assignment that was ever given out. */
  readonly given: (JobRef & { readonly agent: number; readonly runId: string })[] = []
  readonly #agents: readonly ModelAgent[]
  readonly #workloads = new ModelWorkloads()
  readonly #invariants = new WorldInvariants()

  constructor() {
    this.fixture = new EngineFixture()
    this.workspaces = [this.fixture.workspaceId, this.fixture.addWorkspace('ws-2')]
    this.#agents = ['one', 'two', 'three'].map((name) => ({ name, session: undefined }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fixture[Symbol.asyncDispose]()
  }

  get clock(): FakeClock {
    return this.fixture.fakeClock
  }

  async happen(event: WorldEvent): Promise<void> {
    await this.#happen(event)
    this.#workloads.stopByOwnClock(this.fixture)
    this.#workloads.checkOneAtATime()
    this.#invariants.check(this.fixture)
  }

  async #happen(event: WorldEvent): Promise<void> {
    const { engine } = this.fixture
    switch (event.kind) {
      case 'create': {
        const workspaceId = this.workspaces[event.workspace % 2] ?? ''
        this.runs.push(
          this.fixture.createRun({ workspaceId, isDry: event.dry, autoApply: event.auto }),
        )
        return
      }
      case 'confirm':
      case 'discard':
        return this.#person(event.run, (run) => engine[event.kind](run, null))
      case 'cancel':
        return this.#person(event.run, (run) =>
          engine.cancel(run, { force: event.force, by: null }),
        )
      case 'register':
        return this.#register(event.agent % 3)
      case 'disconnect':
        return this.#withSession(event.agent, (session) => engine.disconnect(session))
      case 'beat':
        return this.#beat(event.agent % 3)
      case 'acquire':
        return this.#acquire(event.agent % 3, event.max)
      case 'start':
        return this.#start(event.agent % 3, event.job)
      case 'log':
        return this.#aboutJob(event.job, async (job) => {
          const offset = await engine.logOffset(job)
          await engine.appendLog(job, offset, Buffer.alloc(0))
        })
      case 'check':
        return this.#aboutJob(event.job, async (job) => engine.checkJob(job))
      case 'finish':
        return this.#finish(event.job, event.result)
      case 'advance':
        this.clock.advance(event.ms)
        // The reaper of a restarted engine wakes by itself.
        await setImmediate()
        return
      case 'reap':
        engine.reap()
        return
      case 'restart': {
        const { clock } = this
        const directory = await this.fixture.shutDown()
        this.fixture = new EngineFixture({ directory, clock })
        this.fixture.engine.open()
        await setImmediate()
      }
    }
  }

  /** People may be refused; then nothing changes. */
  #person(index: number, action: (run: string) => unknown): void {
    const run = this.runs[index % Math.max(1, this.runs.length)]
    if (run === undefined) return
    const before = snapshotOf(this.fixture)
    try {
      action(run)
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      mustBeUnchanged(this.fixture, before, error.code)
    }
  }

  #register(index: number): void {
    const agent = this.#agents[index]
    if (agent === undefined) return
    const mine = this.#workloads.aliveOn(index)
    const found = mine.map(({ jobId, fencingToken }) => ({
      jobId,
      fencingToken,
      state: 'running' as const,
    }))
    agent.session = this.fixture.register(agent.name, { found })
    for (const { jobId, decision } of agent.session.found) {
      for (const workload of mine.filter((one) => one.jobId === jobId)) {
        if (decision === 'abandon') workload.alive = false
        else workload.renewedMs = this.clock.monotonicMs()
      }
    }
  }

  #beat(index: number): void {
    this.#withSession(index, (session) => {
      const mine = this.#workloads.aliveOn(index)
      const leases = this.fixture.beat(
        session,
        mine.map(({ jobId, fencingToken }) => ({ jobId, fencingToken })),
      )
      for (const workload of mine) {
        if (leases[workload.jobId] === 'renewed') workload.renewedMs = this.clock.monotonicMs()
        else workload.alive = false
      }
    })
  }

  async #acquire(index: number, max: number): Promise<void> {
    const session = this.#agents[index]?.session
    if (session === undefined) return
    try {
      for (const job of await this.fixture.acquire(session, max)) {
        const { jobId, fencingToken, runId } = job
        const same = this.given.find(
          (one) => one.jobId === jobId && one.fencingToken === fencingToken,
        )
        if (same !== undefined) throw new Error('A fencing token was given out twice')
        this.given.push({ jobId, fencingToken, agent: index, runId })
      }
    } catch (error) {
      mustBe(error, 'SESSION_GONE')
    }
  }

  async #start(index: number, jobIndex: number): Promise<void> {
    const session = this.#agents[index]?.session
    const job = this.#pickJob(jobIndex)
    if (session === undefined || job === undefined) return
    const before = snapshotOf(this.fixture)
    const row = this.fixture.job(job.jobId)
    try {
      await this.fixture.engine.start(session, job)
    } catch (error) {
      if (error instanceof EngineError && error.code === 'SESSION_GONE') return
      mustBe(error, 'LEASE_LOST')
      mustBeUnchanged(this.fixture, before, 'start')
      return
    }
    if (job.agent !== index) throw new Error('A job was started by an agent that never got it')
    const running = this.#workloads.find(job)
    if (running !== undefined) {
      running.renewedMs = this.clock.monotonicMs()
      return
    }
    const isDry = this.fixture.db.get<{ is_dry: number }>(
      'SELECT is_dry FROM runs WHERE id = ?',
      job.runId,
    )
    this.#workloads.add({
      jobId: job.jobId,
      fencingToken: job.fencingToken,
      agent: index,
      workspaceId: row?.workspace_id ?? '',
      phase: row?.phase === 'apply' ? 'apply' : 'plan',
      isDry: isDry?.is_dry === 1,
      renewedMs: this.clock.monotonicMs(),
      alive: true,
    })
  }

  async #finish(
    index: number,
    result: 'succeeded' | 'failed' | 'canceled' | 'lost',
  ): Promise<void> {
    await this.#aboutJob(index, async (job) => {
      const failure = { cause: 'lease-lost', message: 'No heartbeat.' } as const
      const isPlan = this.fixture.job(job.jobId)?.phase === 'plan'
      if (isPlan && result === 'succeeded') await this.fixture.finishPlan(job)
      else {
        await this.fixture.engine.finish(
          job,
          report(job, { result, ...(result === 'lost' ? { failure } : {}) }),
        )
      }
      const workload = this.#workloads.find(job)
      if (workload !== undefined) workload.alive = false
    })
  }

  /** A call about a job: it succeeds for the present holder, and else changes nothing (I5). */
  async #aboutJob(index: number, call: (job: JobRef) => Promise<unknown>): Promise<void> {
    const job = this.#pickJob(index)
    if (job === undefined) return
    const row = this.fixture.job(job.jobId)
    const isHeld = row?.state === 'started' && row.fencing_token === job.fencingToken
    const before = snapshotOf(this.fixture)
    try {
      await call(job)
    } catch (error) {
      mustBe(error, 'LEASE_LOST')
      if (isHeld) throw error
    }
    if (!isHeld) mustBeUnchanged(this.fixture, before, 'a stale call')
  }

  #withSession(index: number, action: (session: RegisteredSession) => void): void {
    const session = this.#agents[index % 3]?.session
    if (session === undefined) return
    try {
      action(session)
    } catch (error) {
      mustBe(error, 'SESSION_GONE')
    }
  }

  /** -1 is the one that was given out last. */
  #pickJob(index: number): AgentWorld['given'][number] | undefined {
    return this.given.at(index < 0 ? index : index % Math.max(1, this.given.length))
  }
}
