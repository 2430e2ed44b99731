import type { Database } from './database.ts'

export interface StateLockRow {
  readonly workspace_id: string
  readonly lock_id: string
  /** As Terraform sent it. */
  readonly info_json: string
  /** The run that took it; `null`: a person. */
  readonly run_id: string | null
  readonly created_at: string
}

/** Terraform's own lock, at most one a workspace. */
export class StateLocksRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  get(workspaceId: string): StateLockRow | undefined {
    return this.#db.get<StateLockRow>(
      'SELECT * FROM state_locks WHERE workspace_id = ?',
      workspaceId,
    )
  }

  insert(lock: StateLockRow): void {
    this.#db.run(
      'INSERT INTO state_locks (workspace_id, lock_id, info_json, run_id, created_at) VALUES (?, ?, ?, ?, ?)',
      lock.workspace_id,
      lock.lock_id,
      lock.info_json,
      lock.run_id,
      lock.created_at,
    )
  }

  remove(workspaceId: string): void {
    this.#db.run('DELETE FROM state_locks WHERE workspace_id = ?', workspaceId)
  }

  removeOfRun(runId: string): void {
    this.#db.run('DELETE FROM state_locks WHERE run_id = ?', runId)
  }
}
