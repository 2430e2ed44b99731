import type { Database } from './database.ts'

/**
 * The Terraform variables of a plan, as JSON: a secret. Kept from the start of the plan until its run has
 * ended, when a trigger of the schema removes them.
 */
export class PlanVariablesRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  get(runId: string): string | undefined {
    return this.#db.get<{ readonly variables_json: string }>(
      'SELECT variables_json FROM plan_variables WHERE run_id = ?',
      runId,
    )?.variables_json
  }

  put(runId: string, variablesJson: string): void {
    this.#db.run(
      'INSERT OR REPLACE INTO plan_variables (run_id, variables_json) VALUES (?, ?)',
      runId,
      variablesJson,
    )
  }
}
