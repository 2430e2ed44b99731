import type { Database } from './database.ts'

/** A hook that is linked to an environment and has its files. */
export interface LinkedHookRow {
  readonly id: string
  readonly name: string
  readonly interpreter: string
  readonly scriptfile_path: string
  readonly events_json: string
  readonly archive_id: string
  readonly bytes: number
  readonly digest: string
}

/** Hooks of the registry, as jobs need them. */
export class HooksRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** In the order in which they were linked, which is the order in which they run. */
  ofEnvironment(environmentId: string): LinkedHookRow[] {
    return this.#db.all<LinkedHookRow>(
      `SELECT h.id, h.name, h.interpreter, h.scriptfile_path, l.events_json, a.id AS archive_id, a.bytes, a.digest
       FROM hook_environment_links l JOIN hooks h ON h.id = l.hook_id
       JOIN hook_archives a ON a.hook_id = h.id AND a.replaced_at IS NULL
       WHERE l.environment_id = ? AND h.status = 'active' ORDER BY l.rowid`,
      environmentId,
    )
  }

  /** The archive that a job was told of, also when another has replaced it since. */
  archive(hookId: string, digest: string): string | undefined {
    return this.#db.get<{ id: string }>(
      'SELECT id FROM hook_archives WHERE hook_id = ? AND digest = ? ORDER BY rowid DESC LIMIT 1',
      hookId,
      digest,
    )?.id
  }

  /** Makes it the hook's present archive. */
  replaceArchive(archive: {
    readonly id: string
    readonly hookId: string
    readonly bytes: number
    readonly digest: string
    readonly at: string
  }): void {
    this.retireArchive(archive.hookId, archive.at)
    this.#db.run(
      'INSERT INTO hook_archives (id, hook_id, bytes, digest, uploaded_at) VALUES (?, ?, ?, ?, ?)',
      archive.id,
      archive.hookId,
      archive.bytes,
      archive.digest,
      archive.at,
    )
  }

  /** It has its files: it may be linked, and runs. */
  activate(hookId: string, at: string): void {
    this.#db.run(
      "UPDATE hooks SET status = 'active', error_message = NULL, updated_at = ? WHERE id = ?",
      at,
      hookId,
    )
  }

  /** Its files are wrong. One that is active keeps those that it has, and goes on. */
  noteFault(hookId: string, fault: string, at: string): void {
    this.#db.run(
      `UPDATE hooks SET status = iif(status = 'active', 'active', 'errored'), error_message = ?, updated_at = ?
       WHERE id = ?`,
      fault,
      at,
      hookId,
    )
  }

  /** For a hook that gets another archive, or is deleted. */
  retireArchive(hookId: string, at: string): void {
    this.#db.run(
      'UPDATE hook_archives SET replaced_at = ? WHERE hook_id = ? AND replaced_at IS NULL',
      at,
      hookId,
    )
  }

  /** Forgets archives that were replaced before then and that no started job was told of. */
  forgetReplaced(before: string): string[] {
    return this.#db
      .all<{ id: string }>(
        `DELETE FROM hook_archives WHERE replaced_at < ? AND NOT EXISTS (
           SELECT 1 FROM job_specs s WHERE instr(s.spec_json, hook_archives.digest) > 0) RETURNING id`,
        before,
      )
      .map(({ id }) => id)
  }
}
