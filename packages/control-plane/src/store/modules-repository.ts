import type { Database } from './database.ts'

export interface ModuleRow {
  readonly id: string
  readonly account_id: string
  readonly vcs_provider_id: string
  readonly vcs_repo_json: string
  readonly name: string
  readonly provider: string
  readonly status: string
}

export interface ModuleVersionRow {
  readonly id: string
  readonly module_id: string
  readonly version: string
  readonly tag: string
  readonly commit_sha: string
  readonly status: 'pending' | 'ok' | 'errored'
  readonly bytes: number | null
  readonly digest: string | null
}

/** Modules of the registry and their versions. */
export class ModulesRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  get(id: string): ModuleRow | undefined {
    return this.#db.get<ModuleRow>('SELECT * FROM modules WHERE id = ?', id)
  }

  byName(account: string, name: string, provider: string): ModuleRow | undefined {
    return this.#db.get<ModuleRow>(
      'SELECT * FROM modules WHERE account_id = ? AND name = ? AND provider = ?',
      account,
      name,
      provider,
    )
  }

  version(id: string): ModuleVersionRow | undefined {
    return this.#db.get<ModuleVersionRow>('SELECT * FROM module_versions WHERE id = ?', id)
  }

  versionsOf(moduleId: string): ModuleVersionRow[] {
    return this.#db.all<ModuleVersionRow>(
      'SELECT * FROM module_versions WHERE module_id = ? ORDER BY rowid',
      moduleId,
    )
  }

  addVersion(
    version: Pick<ModuleVersionRow, 'id' | 'module_id' | 'version' | 'tag' | 'commit_sha'>,
    at: string,
  ): void {
    this.#db.run(
      `INSERT INTO module_versions (id, module_id, version, tag, commit_sha, created_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      version.id,
      version.module_id,
      version.version,
      version.tag,
      version.commit_sha,
      at,
    )
  }

  /** Its archive is to be fetched again, perhaps of another commit. */
  renewVersion(id: string, sha: string): void {
    this.#db.run(
      `UPDATE module_versions SET commit_sha = ?, error_message = NULL,
         status = iif(status = 'ok', 'ok', 'pending') WHERE id = ?`,
      sha,
      id,
    )
  }

  versionStored(id: string, file: { readonly bytes: number; readonly digest: string }): void {
    this.#db.run(
      `UPDATE module_versions SET status = 'ok', error_message = NULL, bytes = ?, digest = ? WHERE id = ?`,
      file.bytes,
      file.digest,
      id,
    )
  }

  /** One that was good stays as it is. */
  versionFailed(id: string, reason: string): void {
    this.#db.run(
      `UPDATE module_versions SET error_message = ?, status = iif(status = 'ok', 'ok', 'errored') WHERE id = ?`,
      reason,
      id,
    )
  }

  setStatus(
    id: string,
    status: 'no_version_tags' | 'pending' | 'setup_complete' | 'errored',
    errorMessage: string | null,
  ): void {
    this.#db.run(
      'UPDATE modules SET status = ?, error_message = ? WHERE id = ?',
      status,
      errorMessage,
      id,
    )
  }

  setLatest(id: string, latest: { readonly any: string | null; readonly ok: string | null }): void {
    this.#db.run(
      'UPDATE modules SET latest_version_id = ?, module_version_id = ? WHERE id = ?',
      latest.any,
      latest.ok,
      id,
    )
  }
}
