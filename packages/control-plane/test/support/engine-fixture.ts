import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { FinishJobRequest, JobAssignment, RegisterRequest } from '@scalr-agent/core/protocol'

import {
  createEngine,
  type CreateRunInput,
  type Engine,
  type JobRef,
  type RegisteredSession,
} from '../../src/engine/index.ts'
import {
  resolveTiming,
  silentLogger,
  type Clock,
  type IdSource,
  type Timing,
  type TimingOptions,
} from '../../src/runtime/index.ts'
import {
  Database,
  dataFiles,
  FileStore,
  JobsRepository,
  PhasesRepository,
  RunsRepository,
  type JobRow,
} from '../../src/store/index.ts'
import { createTokenService, type TokenService } from '../../src/tokens/index.ts'
import { registration, report, streamOf } from './agent-messages.ts'
import { digestOf } from './digest.ts'
import { FakeClock } from './fake-clock.ts'

export const limits = { stateBytes: 1024 ** 2, jobFileBytes: 1024 ** 2 }

export interface EngineFixtureOptions {
  readonly clock?: Clock
  readonly timing?: TimingOptions
  /** Go on with what an earlier fixture left. */
  readonly directory?: string
}

/** An engine on a real database and real files, with one environment, workspace and pool. */
export class EngineFixture implements AsyncDisposable {
  readonly directory: string
  readonly clock: Clock
  readonly timing: Timing
  readonly db: Database
  readonly files: FileStore
  readonly tokens: TokenService
  readonly engine: Engine
  readonly ids: IdSource
  readonly jobs: JobsRepository
  readonly accountId = 'acc-1'
  readonly userId = 'user-1'
  readonly environmentId = 'env-1'
  readonly workspaceId = 'ws-1'
  readonly poolId = 'apool-1'
  readonly #phases: PhasesRepository
  readonly #runs: RunsRepository
  #keep = false

  constructor(options: EngineFixtureOptions = {}) {
    this.directory = options.directory ?? mkdtempSync(join(tmpdir(), 'engine-'))
    this.clock = options.clock ?? new FakeClock()
    this.timing = resolveTiming(options.timing)
    this.db = Database.open(join(this.directory, 'control-plane.sqlite'))
    this.files = new FileStore(this.directory)
    // Ids grow over restarts too, so that a test can read them.
    this.ids = (prefix) => `${prefix}-${this.db.nextCounter(`test-${prefix}`)}`
    const { db, clock, ids, files, timing } = this
    this.tokens = createTokenService({ db, issuer: () => 'http://127.0.0.1', clock, ids })
    this.engine = createEngine({
      db,
      files,
      tokens: this.tokens,
      clock,
      ids,
      logger: silentLogger,
      timing,
      limits,
    })
    this.jobs = new JobsRepository(db)
    this.#phases = new PhasesRepository(db)
    this.#runs = new RunsRepository(db)
    if (options.directory === undefined) seed(this)
  }

  /** The clock of fixtures that were given none. */
  get fakeClock(): FakeClock {
    if (this.clock instanceof FakeClock) return this.clock
    throw new TypeError('This fixture has another clock')
  }

  /** What routes are made of. */
  get parts() {
    const { db, files, tokens, engine, clock, ids, timing } = this
    return { db, files, tokens, engine, clock, ids, timing }
  }

  /** Closes everything but the directory, as if the process had ended. */
  async shutDown(): Promise<string> {
    this.#keep = true
    await this.engine.close()
    this.db.close()
    return this.directory
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#keep) return
    await this.engine.close()
    this.db.close()
    rmSync(this.directory, { recursive: true, force: true })
  }

  addWorkspace(id: string, values: { readonly autoApply?: boolean } = {}): string {
    const now = this.clock.now().toISOString()
    this.db.run(
      'INSERT INTO workspaces (id, environment_id, name, auto_apply, created_at) VALUES (?, ?, ?, ?, ?)',
      id,
      this.environmentId,
      id,
      values.autoApply ?? false,
      now,
    )
    this.db.run(
      `INSERT INTO configuration_versions (id, workspace_id, status, bytes, digest, created_at, uploaded_at)
       VALUES (?, ?, 'uploaded', ?, ?, ?, ?)`,
      `cv-${id}`,
      id,
      configuration.byteLength,
      digestOf(configuration),
      now,
      now,
    )
    writeFileSync(this.files.path(dataFiles.configuration(`cv-${id}`)), configuration)
    return id
  }

  createRun(input: Partial<CreateRunInput> = {}): string {
    return this.engine.createRun({
      workspaceId: this.workspaceId,
      source: 'api',
      createdBy: this.userId,
      ...input,
    })
  }

  register(name: string, values: Partial<RegisterRequest> = {}): RegisteredSession {
    return this.engine.register(this.poolId, registration(name, values))
  }

  /** What can be given out now. */
  acquire(session: RegisteredSession, max = 5): Promise<readonly JobAssignment[]> {
    const { signal } = new AbortController()
    return this.engine.acquire(session, { max, waitMs: 0, signal })
  }

  /** Takes the one job that is queued, and starts it. */
  async take(session: RegisteredSession): Promise<JobRef & { readonly runId: string }> {
    const [job] = await this.acquire(session, 1)
    if (job === undefined) throw new Error('No job was queued')
    const ref = { jobId: job.jobId, fencingToken: job.fencingToken }
    await this.engine.start(session, ref)
    return { ...ref, runId: job.runId }
  }

  beat(session: RegisteredSession, jobs: readonly JobRef[] = []): Record<string, string> {
    const answer = this.engine.heartbeat(session, {
      slots: { total: 5, free: 5 },
      status: 'idle',
      jobs: jobs.map((job) => ({ ...job, state: 'running', logBytes: 0 })),
    })
    return Object.fromEntries(answer.leases.map((lease) => [lease.jobId, lease.status]))
  }

  /** Plans with changes: log and plan uploaded, reported as succeeded. */
  async finishPlan(ref: JobRef, values: Partial<FinishJobRequest> = {}): Promise<void> {
    await this.engine.finish(ref, { ...(await this.uploadPlan(ref)), ...values })
  }

  /** @returns the report that is due then */
  async uploadPlan(ref: JobRef): Promise<FinishJobRequest> {
    const plan = Buffer.from('a plan')
    const digest = digestOf(plan)
    await this.engine.storeFile(ref, 'plan.bin', { content: streamOf(plan), bytes: 6, digest })
    return report(ref, { hasChanges: true, files: [{ name: 'plan.bin', bytes: 6, digest }] })
  }

  statusOf(runId: string): string | undefined {
    return this.#runs.get(runId)?.status
  }

  errorOf(runId: string): string | null | undefined {
    return this.#runs.get(runId)?.error_message
  }

  phaseStatus(runId: string, phase: 'plan' | 'apply'): string | undefined {
    return this.#phases.ofRun(runId, phase)?.status
  }

  phaseId(runId: string, phase: 'plan' | 'apply'): string {
    return this.#phases.ofRun(runId, phase)?.id ?? ''
  }

  job(jobId: string): JobRow | undefined {
    return this.jobs.get(jobId)
  }

  async log(runId: string, phase: 'plan' | 'apply'): Promise<string> {
    const file = dataFiles.log(this.phaseId(runId, phase))
    return (await this.files.readAll(file, { maxBytes: 1024 ** 2 })).toString('utf8')
  }
}

export const configuration = Buffer.from('the archive')

/** Account, user, pool and environment, with a workspace. */
function seed(fixture: EngineFixture): void {
  const now = fixture.clock.now().toISOString()
  const { db } = fixture
  db.run(
    'INSERT INTO accounts (id, name, created_at) VALUES (?, ?, ?)',
    fixture.accountId,
    'a',
    now,
  )
  db.run(
    'INSERT INTO users (id, account_id, email, created_at) VALUES (?, ?, ?, ?)',
    fixture.userId,
    fixture.accountId,
    'user@example.com',
    now,
  )
  db.run(
    'INSERT INTO agent_pools (id, account_id, name, is_default, created_at) VALUES (?, ?, ?, 1, ?)',
    fixture.poolId,
    fixture.accountId,
    'pool',
    now,
  )
  db.run(
    'INSERT INTO environments (id, account_id, name, created_at) VALUES (?, ?, ?, ?)',
    fixture.environmentId,
    fixture.accountId,
    'environment',
    now,
  )
  fixture.addWorkspace(fixture.workspaceId)
}
