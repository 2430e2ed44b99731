import type { Database } from './database.ts'

export interface CommitStatusRow {
  readonly run_id: string
  readonly vcs_provider_id: string
  readonly repository: string
  readonly commit_sha: string
  readonly context: string
  readonly sent_state: string | null
  readonly attempts: number
  readonly version: number
  /** Of the run, now. */
  readonly run_status: string
  readonly is_dry: number
  readonly has_changes: number
  /** A later run speaks for that commit. */
  readonly is_superseded: number
}

/** What VCSs are told of runs at their commits. */
export class CommitStatusesRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** From now on the run's status goes to its commit. Inside the transaction that makes the run. */
  follow(status: {
    readonly runId: string
    readonly providerId: string
    readonly repository: string
    readonly commit: string
    readonly context: string
  }): void {
    this.#db.run(
      `INSERT INTO commit_statuses (run_id, vcs_provider_id, repository, commit_sha, context, due_at)
       VALUES (?, ?, ?, ?, ?, '')`,
      status.runId,
      status.providerId,
      status.repository,
      status.commit,
      status.context,
    )
  }

  due(at: string): CommitStatusRow[] {
    return this.#db.all<CommitStatusRow>(
      `SELECT s.run_id, s.vcs_provider_id, s.repository, s.commit_sha, s.context, s.sent_state, s.attempts,
         s.version, r.status AS run_status, r.is_dry, r.has_changes,
         EXISTS (SELECT 1 FROM commit_statuses o JOIN runs n ON n.id = o.run_id
           WHERE o.vcs_provider_id = s.vcs_provider_id AND o.commit_sha = s.commit_sha
             AND o.context = s.context AND n.sequence > r.sequence) AS is_superseded
       FROM commit_statuses s JOIN runs r ON r.id = s.run_id
       WHERE s.due_at <= ? ORDER BY r.sequence LIMIT 100`,
      at,
    )
  }

  /** `sent` is what the VCS knows now. When the run moved on meanwhile, it stays due. */
  settle(row: CommitStatusRow, sent: string, reason: string | null): void {
    this.#db.run(
      `UPDATE commit_statuses SET sent_state = ?, error_message = ?,
         due_at = iif(version = ?, NULL, due_at) WHERE run_id = ?`,
      sent,
      reason,
      row.version,
      row.run_id,
    )
  }

  postpone(row: CommitStatusRow, to: string, reason: string): void {
    this.#db.run(
      `UPDATE commit_statuses SET attempts = attempts + 1, due_at = ?, error_message = ?
       WHERE run_id = ? AND version = ?`,
      to,
      reason,
      row.run_id,
      row.version,
    )
  }

  /** Those of the provider are worth another try now. */
  hasten(providerId: string, at: string): void {
    this.#db.run(
      'UPDATE commit_statuses SET due_at = ? WHERE vcs_provider_id = ? AND due_at > ?',
      at,
      providerId,
      at,
    )
  }

  /** Nothing more is tried until the run moves on. */
  giveUp(row: CommitStatusRow, reason: string): void {
    this.#db.run(
      'UPDATE commit_statuses SET due_at = NULL, error_message = ? WHERE run_id = ? AND version = ?',
      reason,
      row.run_id,
      row.version,
    )
  }
}
