import type { Database } from './database.ts'

export interface VcsTaskRow {
  readonly id: number
  readonly vcs_provider_id: string
  readonly subject: string
  readonly kind: string
  readonly payload_json: string
  readonly attempts: number
  readonly due_at: string
  readonly created_at: string
  readonly error_message: string | null
}

/** What is to be done at VCSs. */
export class VcsTasksRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  add(
    task: {
      readonly providerId: string
      readonly subject: string
      readonly kind: string
      readonly payload: unknown
    },
    at: string,
  ): void {
    this.#db.run(
      `INSERT INTO vcs_tasks (vcs_provider_id, subject, kind, payload_json, due_at, created_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      task.providerId,
      task.subject,
      task.kind,
      JSON.stringify(task.payload),
      at,
      at,
    )
  }

  get(id: number): VcsTaskRow | undefined {
    return this.#db.get<VcsTaskRow>('SELECT * FROM vcs_tasks WHERE id = ?', id)
  }

  /** The first of each subject, if its time has come. */
  due(at: string): VcsTaskRow[] {
    return this.#db.all<VcsTaskRow>(
      `SELECT * FROM vcs_tasks t WHERE due_at <= ? AND NOT EXISTS (
         SELECT 1 FROM vcs_tasks o WHERE o.vcs_provider_id = t.vcs_provider_id
           AND o.subject = t.subject AND o.id < t.id)
       ORDER BY id LIMIT 200`,
      at,
    )
  }

  /** Whether a module, policy group or hook has a task. */
  concerns(id: string): boolean {
    const row = this.#db.get(
      `SELECT 1 AS found FROM vcs_tasks WHERE subject = ?
         OR ? IN (payload_json ->> '$.moduleId', payload_json ->> '$.policyGroupId', payload_json ->> '$.hookId')
       LIMIT 1`,
      `module:${id}`,
      id,
    )
    return row !== undefined
  }

  /** The newest of the subject now. */
  lastOf(task: Pick<VcsTaskRow, 'vcs_provider_id' | 'subject'>): number {
    const row = this.#db.get<{ last: number | null }>(
      'SELECT max(id) AS last FROM vcs_tasks WHERE vcs_provider_id = ? AND subject = ?',
      task.vcs_provider_id,
      task.subject,
    )
    return row?.last ?? 0
  }

  /** Removes those up to `lastId` that ask for the same: kind of event, and branch or number. */
  removeSame(task: VcsTaskRow, lastId: number): void {
    this.#db.run(
      `DELETE FROM vcs_tasks WHERE vcs_provider_id = ? AND subject = ? AND kind = ? AND id <= ?
         AND payload_json ->> '$.kind' = ? ->> '$.kind'
         AND coalesce(payload_json ->> '$.branch', payload_json ->> '$.number', '')
           = coalesce(? ->> '$.branch', ? ->> '$.number', '')`,
      task.vcs_provider_id,
      task.subject,
      task.kind,
      lastId,
      task.payload_json,
      task.payload_json,
      task.payload_json,
    )
  }

  postpone(id: number, to: string, reason: string): void {
    this.#db.run(
      'UPDATE vcs_tasks SET attempts = attempts + 1, due_at = ?, error_message = ? WHERE id = ?',
      to,
      reason,
      id,
    )
  }

  /** Those of the provider are worth another try now. */
  hasten(providerId: string, at: string): void {
    this.#db.run(
      'UPDATE vcs_tasks SET due_at = ? WHERE vcs_provider_id = ? AND due_at > ?',
      at,
      providerId,
      at,
    )
  }

  /** @returns whether it was still there. */
  remove(id: number): boolean {
    return this.#db.run('DELETE FROM vcs_tasks WHERE id = ?', id) > 0
  }
}
