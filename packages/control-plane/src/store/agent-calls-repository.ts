import type { Database } from './database.ts'

export interface AgentCallRow {
  readonly id: string
  readonly job_id: string
  readonly pool_id: string
  readonly attempts: number
  readonly due_at: string
  readonly created_at: string
  readonly accepted_at: string | null
  readonly error_message: string | null
}

/** A call with all that the webhook is told. */
export interface DueCallRow extends AgentCallRow {
  readonly phase: string
  readonly run_id: string
  readonly workspace_id: string
  readonly environment_id: string
  readonly webhook_url: string
  readonly webhook_headers_json: string | null
}

/** A job that wants an agent which nobody has called yet. */
export interface WantingJob {
  readonly id: string
  readonly pool_id: string
  readonly fencing_token: number
}

const wanting = `jobs j JOIN agent_pools p ON p.id = j.pool_id
  AND p.webhook_enabled = 1 AND p.webhook_url IS NOT NULL WHERE j.state = 'queued'`
const sameWish = 'c.job_id = j.id AND c.pool_id = j.pool_id AND c.fencing_token = j.fencing_token'

/** Calls for agents, one at most for each job. */
export class AgentCallsRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Whether there is nothing to add and nothing to forget. */
  isIdle(): boolean {
    const row = this.#db.get(
      `SELECT 1 AS found WHERE EXISTS (SELECT 1 FROM ${wanting}
           AND NOT EXISTS (SELECT 1 FROM agent_calls c WHERE ${sameWish}))
         OR EXISTS (SELECT 1 FROM agent_calls c
           WHERE NOT EXISTS (SELECT 1 FROM ${wanting} AND ${sameWish}))`,
    )
    return row === undefined
  }

  /** Jobs that are queued for agents who come when they are called. Oldest first. */
  wanting(): WantingJob[] {
    return this.#db.all<WantingJob>(
      `SELECT j.id, j.pool_id, j.fencing_token FROM ${wanting}
         AND NOT EXISTS (SELECT 1 FROM agent_calls c WHERE ${sameWish})
       ORDER BY j.queued_at, j.rowid`,
    )
  }

  /** Whatever was called for the job before is over. */
  add(id: string, job: WantingJob, at: string): void {
    this.#db.run('DELETE FROM agent_calls WHERE job_id = ?', job.id)
    this.#db.run(
      `INSERT INTO agent_calls (id, job_id, pool_id, fencing_token, due_at, created_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      id,
      job.id,
      job.pool_id,
      job.fencing_token,
      at,
      at,
    )
  }

  /**
   * Agents take the oldest job, whichever they were called for. When one took a job whose own call was not accepted,
   * the agent that was accepted for another job is missing there: that job is called for again.
   */
  makeUpForTaken(at: string): void {
    const taken = this.#db.all<{ pool_id: string; count: number }>(
      `SELECT c.pool_id, count(*) AS count FROM agent_calls c JOIN jobs j ON j.id = c.job_id
         AND j.pool_id = c.pool_id AND j.state IN ('assigned', 'started')
       WHERE c.accepted_at IS NULL GROUP BY c.pool_id`,
    )
    for (const { pool_id: poolId, count } of taken) {
      this.#db.run(
        `UPDATE agent_calls SET due_at = ? WHERE id IN (
           SELECT c.id FROM agent_calls c JOIN jobs j ON j.id = c.job_id AND j.state = 'queued'
           WHERE c.pool_id = ? AND c.accepted_at IS NOT NULL ORDER BY c.accepted_at LIMIT ?)`,
        at,
        poolId,
        count,
      )
    }
  }

  /** Forgets calls whose job was taken, ended, or moved to another pool. */
  dropOver(): void {
    this.#db.run(
      `DELETE FROM agent_calls AS c WHERE NOT EXISTS (SELECT 1 FROM ${wanting} AND ${sameWish})`,
    )
  }

  due(at: string): DueCallRow[] {
    return this.#db.all<DueCallRow>(
      `SELECT c.*, j.phase, j.run_id, j.workspace_id, w.environment_id, p.webhook_url, p.webhook_headers_json
       FROM agent_calls c JOIN jobs j ON j.id = c.job_id JOIN workspaces w ON w.id = j.workspace_id
         JOIN agent_pools p ON p.id = c.pool_id
       WHERE c.due_at <= ? ORDER BY c.due_at, c.rowid LIMIT 10000`,
      at,
    )
  }

  ofJob(jobId: string): AgentCallRow | undefined {
    return this.#db.get<AgentCallRow>('SELECT * FROM agent_calls WHERE job_id = ?', jobId)
  }

  accepted(id: string, at: string, nextAt: string): void {
    this.#db.run(
      'UPDATE agent_calls SET accepted_at = ?, due_at = ?, error_message = NULL WHERE id = ?',
      at,
      nextAt,
      id,
    )
  }

  /** A later call with another id: the earlier one was accepted, and no agent came. */
  renew(id: string, newId: string, at: string): void {
    this.#db.run(
      `UPDATE agent_calls SET id = ?, attempts = 0, accepted_at = NULL, due_at = ?, created_at = ?
       WHERE id = ?`,
      newId,
      at,
      at,
      id,
    )
  }

  /** Due again at `to`, or at once where the pool was changed during the attempt. */
  postpone(call: Pick<AgentCallRow, 'id' | 'due_at'>, to: string, reason: string): void {
    this.#db.run(
      `UPDATE agent_calls SET attempts = attempts + 1, error_message = ?, due_at = iif(due_at = ?, ?, due_at)
       WHERE id = ?`,
      reason,
      call.due_at,
      to,
      call.id,
    )
  }

  /** What the pool's webhook has not accepted is worth another try now. */
  hasten(poolId: string, at: string): void {
    this.#db.run(
      'UPDATE agent_calls SET due_at = ? WHERE pool_id = ? AND accepted_at IS NULL',
      at,
      poolId,
    )
  }
}
