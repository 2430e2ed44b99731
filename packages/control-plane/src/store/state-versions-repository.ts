import type { Database } from './database.ts'

export interface StateVersionRow {
  readonly id: string
  readonly workspace_id: string
  readonly run_id: string | null
  readonly serial: number
  readonly lineage: string | null
  readonly md5: string
  readonly bytes: number
  readonly outputs_json: string
  readonly resources_json: string
  readonly rescued: number
  readonly created_at: string
}

export class StateVersionsRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  current(workspaceId: string): StateVersionRow | undefined {
    return this.#db.get<StateVersionRow>(
      'SELECT * FROM state_versions WHERE workspace_id = ? ORDER BY rowid DESC LIMIT 1',
      workspaceId,
    )
  }

  insert(version: StateVersionRow): void {
    this.#db.run(
      `INSERT INTO state_versions (id, workspace_id, run_id, serial, lineage, md5, bytes, outputs_json,
         resources_json, rescued, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      version.id,
      version.workspace_id,
      version.run_id,
      version.serial,
      version.lineage,
      version.md5,
      version.bytes,
      version.outputs_json,
      version.resources_json,
      version.rescued,
      version.created_at,
    )
  }
}
