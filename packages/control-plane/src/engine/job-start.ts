import type { JobSpec } from '@scalr-agent/core/protocol'

import { dataFiles, type JobRow } from '../store/index.ts'
import { isHeld, type AgentSessions } from './agent-sessions.ts'
import type { EngineContext } from './engine-context.ts'
import type { JobRef, SessionKey } from './engine.ts'
import { leaseLost } from './job-leases.ts'
import { buildJobSpec } from './job-spec.ts'
import type { RunLedger } from './run-ledger.ts'

/** Second half of the two-step accept: the lease begins, and the job's secrets are told. */
export class JobStart {
  readonly #context: EngineContext
  readonly #sessions: AgentSessions
  readonly #ledger: RunLedger
  /** A retry may overtake the attempt before it: one at a time for each job. */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(
    context: EngineContext,
    parts: { readonly sessions: AgentSessions; readonly ledger: RunLedger },
  ) {
    this.#context = context
    this.#sessions = parts.sessions
    this.#ledger = parts.ledger
  }

  /** Again for the same agent and fencing token: the same job, a fresh lease, fresh tokens. */
  async start(session: SessionKey, ref: JobRef): Promise<JobSpec> {
    const before = this.#turns.get(ref.jobId)
    const mine = (async () => {
      await before?.catch(() => {})
      return this.#start(session, ref)
    })()
    this.#turns.set(ref.jobId, mine)
    try {
      return await mine
    } finally {
      if (this.#turns.get(ref.jobId) === mine) this.#turns.delete(ref.jobId)
    }
  }

  async #start(session: SessionKey, ref: JobRef): Promise<JobSpec> {
    const job = this.#requireHeld(session, ref)
    const spec = await buildJobSpec(this.#context, this.#ledger, job)
    const tokens = await this.#issueTokens(job)
    const logBase = await this.#prepareLog(job, session, ref)
    this.#accept(session, ref, logBase)
    return { ...spec, ...tokens }
  }

  /** @throws {@link EngineError} `SESSION_GONE`, `LEASE_LOST` */
  #requireHeld(session: SessionKey, ref: JobRef): JobRow {
    const agent = this.#sessions.require(session)
    const job = this.#context.jobs.get(ref.jobId)
    if (!isHeld(job, agent.id, ref.fencingToken)) throw leaseLost(ref)
    return job
  }

  #accept(session: SessionKey, ref: JobRef, logBase: number): void {
    const { db, jobs, at, timing } = this.#context
    db.transaction(() => {
      // While the answer was made, the job may have gone elsewhere.
      const job = this.#requireHeld(session, ref)
      const leaseUntil = at(timing.leaseMs)
      if (job.state === 'started') {
        jobs.renew(job.id, { leaseUntil, sessionId: session.sessionId })
        return
      }
      jobs.start(job.id, { now: at(), leaseUntil, sessionId: session.sessionId, logBase })
      this.#ledger.move(job.run_id, job.phase === 'plan' ? 'planning' : 'applying')
    })
  }

  async #issueTokens(
    job: JobRow,
  ): Promise<Pick<JobSpec, 'jobToken' | 'jobTokenExpiresAt' | 'runToken'>> {
    const { tokens, timing, clock } = this.#context
    const expiresInMs = timing.jobTokenMs
    const jobToken = await tokens.issue({
      kind: 'job',
      jobId: job.id,
      fencingToken: job.fencing_token,
      agentId: job.agent_id ?? '',
      expiresInMs,
    })
    const runToken = await tokens.issue({
      kind: 'run',
      workspaceId: job.workspace_id,
      runId: job.run_id,
      jobId: job.id,
      fencingToken: job.fencing_token,
      // A workload cannot renew it, and may run for the whole time-out and the patience after it. It ends
      // with the job in any case.
      expiresInMs: this.#longestJobMs(job),
    })
    const expiresAt = jobToken.expiresAt ?? new Date(clock.now().getTime() + expiresInMs)
    return {
      jobToken: jobToken.token,
      jobTokenExpiresAt: expiresAt.toISOString(),
      runToken: runToken.token,
    }
  }

  #longestJobMs(job: JobRow): number {
    const { db, timing } = this.#context
    const row = db.get<{ minutes: number | null }>(
      'SELECT run_operation_timeout_minutes AS minutes FROM workspaces WHERE id = ?',
      job.workspace_id,
    )
    const timeoutMs = row?.minutes == null ? timing.runTimeoutMs : row.minutes * 60_000
    return 2 * timeoutMs + timing.applyGraceMs + 3_600_000
  }

  /** Where this attempt's part of the log begins. A second attempt says so first. */
  async #prepareLog(job: JobRow, session: SessionKey, ref: JobRef): Promise<number> {
    const { files } = this.#context
    const file = dataFiles.log(job.phase_id)
    if (job.state === 'started') return job.log_base
    const size = (await files.size(file)) ?? 0
    if (size === 0) return 0
    const line = Buffer.from(
      `\n\nThe agent that ran this ${job.phase} was lost. It starts again on another slot.\n\n`,
    )
    const guard = (): void => void this.#requireHeld(session, ref)
    let offset = size
    for (;;) {
      // Only a last append of the lost attempt can come in between.
      const appended = await files.append(file, offset, line, { guard })
      if (appended.appended) return appended.offset
      ;({ offset } = appended)
    }
  }
}
