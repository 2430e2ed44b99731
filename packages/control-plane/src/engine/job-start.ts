import { jobSpecSchema, type JobSpec } from '@scalr-agent/core/protocol'
import type { z } from 'zod'

import { dataFiles, type JobRow } from '../store/index.ts'
import { isHeld, type AgentSessions } from './agent-sessions.ts'
import type { EngineContext } from './engine-context.ts'
import type { JobRef, SessionKey } from './engine.ts'
import { leaseLost } from './job-leases.ts'
import { buildJobSpec } from './job-spec.ts'
import { toldVariables } from './job-variables.ts'
import type { RunLedger } from './run-ledger.ts'
import type { RunSettings } from './run-settings.ts'

const toldSpecSchema = jobSpecSchema.omit({
  jobToken: true,
  jobTokenExpiresAt: true,
  runToken: true,
})

interface ToldSpec {
  readonly spec: z.output<typeof toldSpecSchema>
  readonly issuer: string
}

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

  /**
   * Again for the same agent and fencing token: a fresh lease, a fresh job token, and else the very same
   * answer. What was changed since then, a rotated variable say, is unknown to the workload that runs, and
   * an agent that adopts it must mask what the workload knows.
   */
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
    const told = await this.#whatIsTold(job)
    const tokens = await this.#issueTokens(job, told)
    const logBase = await this.#prepareLog(job, session, ref)
    this.#accept(session, ref, { logBase, told })
    return { ...told.spec, ...tokens }
  }

  /** As it was told before, or as it is now. */
  async #whatIsTold(job: JobRow): Promise<ToldSpec> {
    const { jobSpecs, tokens } = this.#context
    const row = job.state === 'started' ? jobSpecs.get(job.id) : undefined
    if (row !== undefined) {
      return { spec: toldSpecSchema.parse(JSON.parse(row.spec_json)), issuer: row.issuer }
    }
    return {
      spec: await buildJobSpec(this.#context, this.#ledger, job),
      issuer: tokens.issuer,
    }
  }

  /** @throws {@link EngineError} `SESSION_GONE`, `LEASE_LOST` */
  #requireHeld(session: SessionKey, ref: JobRef): JobRow {
    const agent = this.#sessions.require(session)
    const job = this.#context.jobs.get(ref.jobId)
    if (!isHeld(job, agent.id, ref.fencingToken)) throw leaseLost(ref)
    return job
  }

  #accept(
    session: SessionKey,
    ref: JobRef,
    { logBase, told }: { readonly logBase: number; readonly told: ToldSpec },
  ): void {
    const { db, jobs, jobSpecs, planVariables, runs, at, timing } = this.#context
    db.transaction(() => {
      // While the answer was made, the job may have gone elsewhere.
      const job = this.#requireHeld(session, ref)
      const leaseUntil = at(timing.leaseMs)
      if (job.state === 'started') {
        jobs.renew(job.id, { leaseUntil, sessionId: session.sessionId })
        return
      }
      jobs.start(job.id, { now: at(), leaseUntil, sessionId: session.sessionId, logBase })
      jobSpecs.put(job.id, { spec_json: JSON.stringify(told.spec), issuer: told.issuer })
      if (job.phase === 'plan') {
        const { iacVersion, workingDirectory, varFiles, terragrunt } = told.spec.workspace
        const settings: RunSettings = { iacVersion, workingDirectory, varFiles, terragrunt }
        runs.setSettings(job.run_id, JSON.stringify(settings))
        planVariables.put(job.run_id, toldVariables(told.spec.variables))
      }
      // A check of policies has one status, queued or at work.
      if (job.phase !== 'policy') {
        this.#ledger.move(job.run_id, job.phase === 'plan' ? 'planning' : 'applying')
      }
    })
  }

  async #issueTokens(
    job: JobRow,
    { spec, issuer }: ToldSpec,
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
      expiresInMs: longestJobMs(spec),
      issuedAt: new Date(job.assigned_at ?? 0),
      issuer,
    })
    const expiresAt = jobToken.expiresAt ?? new Date(clock.now().getTime() + expiresInMs)
    return {
      jobToken: jobToken.token,
      jobTokenExpiresAt: expiresAt.toISOString(),
      runToken: runToken.token,
    }
  }

  /** Where this attempt's part of the log begins. A second attempt says so first. */
  async #prepareLog(job: JobRow, session: SessionKey, ref: JobRef): Promise<number> {
    const { files } = this.#context
    const file = dataFiles.log(job.phase_id)
    if (job.state === 'started') return job.log_base
    const size = (await files.size(file)) ?? 0
    if (size === 0) return 0
    const line = Buffer.from(
      `\n\nThe agent that ran this ${job.phase === 'policy' ? 'policy check' : job.phase} was lost. It starts again on another slot.\n\n`,
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

function longestJobMs({ timeoutMs, applyGraceMs }: ToldSpec['spec']): number {
  return 2 * timeoutMs + applyGraceMs + 3_600_000
}
