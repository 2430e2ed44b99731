import type { Database } from './database.ts'

export interface PhaseRow {
  readonly id: string
  readonly run_id: string
  readonly phase: 'plan' | 'apply' | 'policy'
  readonly status: string
  readonly has_changes: number | null
  readonly resource_additions: number | null
  readonly resource_changes: number | null
  readonly resource_destructions: number | null
  /** How its job ended, as the public API shows it; `null` until then. */
  readonly report_json: string | null
  readonly status_timestamps_json: string
}

export type PhaseResult = Pick<
  PhaseRow,
  | 'has_changes'
  | 'resource_additions'
  | 'resource_changes'
  | 'resource_destructions'
  | 'report_json'
>

export class PhasesRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  insert(phase: Pick<PhaseRow, 'id' | 'run_id' | 'phase'>, at: string): void {
    this.#db.run(
      `INSERT INTO phases (id, run_id, phase, status_timestamps_json)
       VALUES (?, ?, ?, json_object('pending-at', ?))`,
      phase.id,
      phase.run_id,
      phase.phase,
      at,
    )
  }

  get(id: string): PhaseRow | undefined {
    return this.#db.get<PhaseRow>('SELECT * FROM phases WHERE id = ?', id)
  }

  ofRun(runId: string, phase: PhaseRow['phase']): PhaseRow | undefined {
    return this.#db.get<PhaseRow>(
      'SELECT * FROM phases WHERE run_id = ? AND phase = ?',
      runId,
      phase,
    )
  }

  setStatus(id: string, status: string, at: string): void {
    this.#db.run(
      `UPDATE phases SET status = ?,
         status_timestamps_json = json_set(status_timestamps_json, '$."' || ? || '-at"', ?) WHERE id = ?`,
      status,
      status,
      at,
      id,
    )
  }

  setResult(id: string, result: PhaseResult): void {
    this.#db.run(
      `UPDATE phases SET has_changes = ?, resource_additions = ?, resource_changes = ?,
         resource_destructions = ?, report_json = ? WHERE id = ?`,
      result.has_changes,
      result.resource_additions,
      result.resource_changes,
      result.resource_destructions,
      result.report_json,
      id,
    )
  }

  /** For a job whose agent said nothing. */
  setReport(id: string, reportJson: string): void {
    this.#db.run('UPDATE phases SET report_json = ? WHERE id = ?', reportJson, id)
  }
}
