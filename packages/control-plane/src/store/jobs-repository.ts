import type { Database } from './database.ts'

export interface JobRow {
  readonly id: string
  readonly phase_id: string
  readonly run_id: string
  readonly workspace_id: string
  /** Empty while no pool is responsible. */
  readonly pool_id: string
  readonly phase: 'plan' | 'apply' | 'policy'
  readonly state: 'queued' | 'assigned' | 'started' | 'finished'
  readonly fencing_token: number
  readonly agent_id: string | null
  readonly session_id: string | null
  readonly lease_expires_at: string | null
  readonly reported_state: string | null
  readonly queued_at: string
  readonly assigned_at: string | null
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly result: string | null
  readonly finish_json: string | null
  readonly cancel: 'soft' | 'force' | null
  readonly signal_cursor: number | null
  readonly run_token_revoked: number
  readonly attempts: number
  readonly log_base: number
}

/** Told of jobs once it is committed. */
export interface JobListener {
  /** Once for each job: a plan that lost its agent is given out again. */
  readonly jobGivenOut: (job: {
    readonly phase: JobRow['phase']
    readonly waitedMs: number
  }) => void
  /** `ranMs` is absent for a job that no agent started. */
  readonly jobEnded: (job: {
    readonly phase: JobRow['phase']
    readonly result: string
    readonly ranMs?: number | undefined
  }) => void
}

export class JobsRepository {
  readonly #db: Database
  readonly #listener: JobListener | undefined

  constructor(db: Database, listener?: JobListener) {
    this.#db = db
    this.#listener = listener
  }

  get(id: string): JobRow | undefined {
    return this.#db.get<JobRow>('SELECT * FROM jobs WHERE id = ?', id)
  }

  insert(
    job: Pick<JobRow, 'id' | 'phase_id' | 'run_id' | 'workspace_id' | 'pool_id' | 'phase'>,
    now: string,
  ): void {
    this.#db.run(
      // A policy check has no business with the state, so its run token opens nothing.
      `INSERT INTO jobs (id, phase_id, run_id, workspace_id, pool_id, phase, state, queued_at, run_token_revoked)
       VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?)`,
      job.id,
      job.phase_id,
      job.run_id,
      job.workspace_id,
      job.pool_id,
      job.phase,
      now,
      Number(job.phase === 'policy'),
    )
  }

  /** The job of the run that has not ended, if any. */
  liveOfRun(runId: string): JobRow | undefined {
    return this.#db.get<JobRow>(
      "SELECT * FROM jobs WHERE run_id = ? AND state <> 'finished'",
      runId,
    )
  }

  ofPhase(phaseId: string): JobRow | undefined {
    return this.#db.get<JobRow>('SELECT * FROM jobs WHERE phase_id = ?', phaseId)
  }

  /** Oldest first. */
  queued(poolId: string, limit: number): JobRow[] {
    return this.#db.all<JobRow>(
      "SELECT * FROM jobs WHERE state = 'queued' AND pool_id = ? ORDER BY queued_at, rowid LIMIT ?",
      poolId,
      limit,
    )
  }

  inState(state: JobRow['state']): JobRow[] {
    return this.#db.all<JobRow>('SELECT * FROM jobs WHERE state = ? ORDER BY rowid', state)
  }

  queuedOfWorkspace(workspaceId: string): JobRow[] {
    return this.#db.all<JobRow>(
      "SELECT * FROM jobs WHERE state = 'queued' AND workspace_id = ? ORDER BY rowid",
      workspaceId,
    )
  }

  /** Jobs that the agent holds. */
  heldBy(agentId: string): JobRow[] {
    return this.#db.all<JobRow>(
      "SELECT * FROM jobs WHERE agent_id = ? AND state IN ('assigned', 'started') ORDER BY rowid",
      agentId,
    )
  }

  isPoolBusy(poolId: string): boolean {
    return (
      this.#db.get(
        `SELECT 1 AS busy FROM jobs JOIN agents ON agents.id = jobs.agent_id
         WHERE jobs.state IN ('assigned', 'started') AND agents.pool_id = ? LIMIT 1`,
        poolId,
      ) !== undefined
    )
  }

  /** Lapsed before then, in this state. */
  lapsed(state: 'assigned' | 'started', before: string): JobRow[] {
    return this.#db.all<JobRow>(
      'SELECT * FROM jobs WHERE state = ? AND lease_expires_at < ? ORDER BY rowid',
      state,
      before,
    )
  }

  setPool(id: string, poolId: string): void {
    this.#db.run('UPDATE jobs SET pool_id = ? WHERE id = ?', poolId, id)
  }

  /** Gives the job out: the only place where the fencing token grows (I5). */
  assign(
    id: string,
    to: { readonly agentId: string; readonly sessionId: string },
    times: { readonly now: string; readonly acceptUntil: string },
  ): void {
    const job = this.#db.get<Pick<JobRow, 'phase' | 'fencing_token' | 'queued_at'>>(
      `UPDATE jobs SET state = 'assigned', fencing_token = fencing_token + 1, agent_id = ?, session_id = ?,
         assigned_at = ?, started_at = NULL, lease_expires_at = ?, reported_state = NULL
       WHERE id = ? AND state = 'queued' RETURNING phase, fencing_token, queued_at`,
      to.agentId,
      to.sessionId,
      times.now,
      times.acceptUntil,
      id,
    )
    // Later attempts waited for something else before.
    if (job?.fencing_token !== 1) return
    const waitedMs = msBetween(job.queued_at, times.now)
    this.#db.afterCommit(() => this.#listener?.jobGivenOut({ phase: job.phase, waitedMs }))
  }

  start(
    id: string,
    values: {
      readonly now: string
      readonly leaseUntil: string
      readonly sessionId: string
      readonly logBase: number
    },
  ): void {
    this.#db.run(
      `UPDATE jobs SET state = 'started', started_at = ?, lease_expires_at = ?, session_id = ?,
         log_base = ?, attempts = attempts + 1 WHERE id = ? AND state = 'assigned'`,
      values.now,
      values.leaseUntil,
      values.sessionId,
      values.logBase,
      id,
    )
  }

  renew(
    id: string,
    values: {
      readonly leaseUntil: string
      readonly sessionId: string
      readonly reportedState?: string
    },
  ): void {
    this.#db.run(
      `UPDATE jobs SET lease_expires_at = ?, session_id = ?, reported_state = coalesce(?, reported_state)
       WHERE id = ?`,
      values.leaseUntil,
      values.sessionId,
      values.reportedState ?? null,
      id,
    )
  }

  /** Nobody's again; whoever held it is stale from now on. */
  requeue(id: string, options: { readonly poolId: string }): void {
    this.#db.run(
      `UPDATE jobs SET state = 'queued', agent_id = NULL, session_id = NULL, lease_expires_at = NULL,
         reported_state = NULL, pool_id = ? WHERE id = ?`,
      options.poolId,
      id,
    )
  }

  /** `finishJson` is what the agent reported; absent when the control plane ended the job. */
  finish(
    id: string,
    values: { readonly now: string; readonly result: string; readonly finishJson?: string },
  ): void {
    const job = this.#db.get<Pick<JobRow, 'phase' | 'started_at'>>(
      `UPDATE jobs SET state = 'finished', finished_at = ?, result = ?, finish_json = ?,
         lease_expires_at = NULL, run_token_revoked = 1 WHERE id = ? RETURNING phase, started_at`,
      values.now,
      values.result,
      values.finishJson ?? null,
      id,
    )
    if (job === undefined) return
    const { phase, started_at: startedAt } = job
    const ranMs = startedAt === null ? undefined : msBetween(startedAt, values.now)
    this.#db.afterCommit(() => this.#listener?.jobEnded({ phase, result: values.result, ranMs }))
  }

  requestCancel(id: string, mode: 'soft' | 'force', cursor: number): void {
    this.#db.run('UPDATE jobs SET cancel = ?, signal_cursor = ? WHERE id = ?', mode, cursor, id)
  }

  /** Cancel signals for started jobs of the agent, newer than the cursor. */
  signals(agentId: string, after: number): JobRow[] {
    return this.#db.all<JobRow>(
      `SELECT * FROM jobs WHERE agent_id = ? AND state = 'started' AND signal_cursor > ?
       ORDER BY signal_cursor`,
      agentId,
      after,
    )
  }

  /** A control plane that was away could not be told: every started job gets a fresh lease. */
  extendAll(leaseUntil: string, acceptUntil: string): void {
    this.#db.run(
      `UPDATE jobs SET lease_expires_at = max(coalesce(lease_expires_at, ''),
         CASE state WHEN 'started' THEN ? ELSE ? END) WHERE state IN ('started', 'assigned')`,
      leaseUntil,
      acceptUntil,
    )
  }
}

/** Never below zero, whatever was done to the clock. */
function msBetween(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from))
}
