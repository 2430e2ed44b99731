import type { Database } from './database.ts'

export interface RunRow {
  readonly id: string
  readonly workspace_id: string
  readonly configuration_version_id: string
  readonly sequence: number
  readonly status: string
  readonly source: string
  readonly message: string | null
  readonly is_destroy: number
  readonly is_dry: number
  readonly auto_apply: number
  readonly refresh: number
  readonly refresh_only: number
  readonly save_plan: number
  readonly target_addrs_json: string
  readonly replace_addrs_json: string
  readonly iac_platform: 'terraform' | 'opentofu'
  readonly has_changes: number
  readonly error_message: string | null
  readonly cancel_requested: 'soft' | 'force' | null
  readonly created_by: string | null
  readonly created_at: string
  readonly finished_at: string | null
  readonly status_timestamps_json: string
  /** What its plan was made with; `null` before. */
  readonly settings_json: string | null
  /** The state that a saved plan was made of; `null`: of none, or it is no saved plan. */
  readonly planned_state_id: string | null
}

export interface RunVariableRow {
  readonly key: string
  readonly value: string
  readonly category: 'terraform' | 'shell' | 'env'
  readonly hcl: number
  readonly sensitive: number
}

export type NewRun = Omit<
  RunRow,
  | 'sequence'
  | 'status'
  | 'has_changes'
  | 'error_message'
  | 'cancel_requested'
  | 'finished_at'
  | 'status_timestamps_json'
  | 'settings_json'
  | 'planned_state_id'
>

export class RunsRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  get(id: string): RunRow | undefined {
    return this.#db.get<RunRow>('SELECT * FROM runs WHERE id = ?', id)
  }

  insert(run: NewRun): void {
    this.#db.run(
      `INSERT INTO runs (id, workspace_id, configuration_version_id, sequence, source, message, is_destroy,
         is_dry, auto_apply, refresh, refresh_only, save_plan, target_addrs_json, replace_addrs_json,
         iac_platform, created_by, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      run.id,
      run.workspace_id,
      run.configuration_version_id,
      this.#db.nextCounter('run-sequence'),
      run.source,
      run.message,
      run.is_destroy,
      run.is_dry,
      run.auto_apply,
      run.refresh,
      run.refresh_only,
      run.save_plan,
      run.target_addrs_json,
      run.replace_addrs_json,
      run.iac_platform,
      run.created_by,
      run.created_at,
    )
  }

  /** Sets the status, its timestamp and a row of its history. */
  setStatus(
    run: RunRow,
    status: string,
    change: {
      readonly at: string
      readonly reason?: string | undefined
      readonly by?: string | null | undefined
      readonly errorMessage?: string | undefined
      readonly isTerminal: boolean
    },
  ): void {
    this.#db.run(
      `UPDATE runs SET status = ?, finished_at = ?, error_message = coalesce(?, error_message),
         status_timestamps_json = json_set(status_timestamps_json, '$."' || ? || '"', ?) WHERE id = ?`,
      status,
      change.isTerminal ? change.at : null,
      change.errorMessage ?? null,
      timestampName(status),
      change.at,
      run.id,
    )
    this.addTransition(run.id, status, change)
  }

  addTransition(
    runId: string,
    status: string,
    change: {
      readonly at: string
      readonly reason?: string | undefined
      readonly by?: string | null | undefined
    },
  ): void {
    this.#db.run(
      `INSERT INTO status_transitions (run_id, status, reason, user_id, occurred_at)
       VALUES (?, ?, ?, ?, ?)`,
      runId,
      status,
      change.reason ?? null,
      change.by ?? null,
      change.at,
    )
  }

  setTimestamp(runId: string, status: string, at: string): void {
    this.#db.run(
      `UPDATE runs SET status_timestamps_json = json_set(status_timestamps_json, '$."' || ? || '"', ?)
       WHERE id = ?`,
      timestampName(status),
      at,
      runId,
    )
  }

  setSettings(id: string, settingsJson: string): void {
    this.#db.run('UPDATE runs SET settings_json = ? WHERE id = ?', settingsJson, id)
  }

  setPlannedState(id: string, stateVersionId: string | null): void {
    this.#db.run('UPDATE runs SET planned_state_id = ? WHERE id = ?', stateVersionId, id)
  }

  setHasChanges(id: string, hasChanges: boolean): void {
    this.#db.run('UPDATE runs SET has_changes = ? WHERE id = ?', hasChanges, id)
  }

  setCancelRequested(id: string, mode: 'soft' | 'force'): void {
    this.#db.run('UPDATE runs SET cancel_requested = ? WHERE id = ?', mode, id)
  }

  /** Runs of the workspace in one of these statuses, oldest first. */
  inStatuses(workspaceId: string, statuses: readonly string[]): RunRow[] {
    return this.#db.all<RunRow>(
      `SELECT * FROM runs WHERE workspace_id = ? AND status IN (SELECT value FROM json_each(?))
       ORDER BY sequence`,
      workspaceId,
      JSON.stringify(statuses),
    )
  }

  workspacesWithStatus(status: string): string[] {
    return this.#db
      .all<{ workspace_id: string }>(
        'SELECT DISTINCT workspace_id FROM runs WHERE status = ?',
        status,
      )
      .map((row) => row.workspace_id)
  }

  /** Dry runs do not count. */
  countAppliable(workspaceId: string): number {
    const row = this.#db.get<{ count: number }>(
      'SELECT count(*) AS count FROM runs WHERE workspace_id = ? AND is_dry = 0',
      workspaceId,
    )
    return row?.count ?? 0
  }

  addVariables(runId: string, variables: readonly RunVariableRow[]): void {
    for (const variable of variables) {
      this.#db.run(
        'INSERT INTO run_variables (run_id, key, value, category, hcl, sensitive) VALUES (?, ?, ?, ?, ?, ?)',
        runId,
        variable.key,
        variable.value,
        variable.category,
        variable.hcl,
        variable.sensitive,
      )
    }
  }

  variables(runId: string): RunVariableRow[] {
    return this.#db.all<RunVariableRow>(
      'SELECT key, value, category, hcl, sensitive FROM run_variables WHERE run_id = ? ORDER BY rowid',
      runId,
    )
  }
}

/** Scalr's name of the timestamp: `plan_queued` becomes `plan-queued-at`. */
function timestampName(status: string): string {
  return `${status.replaceAll('_', '-')}-at`
}
