import type { Database } from './database.ts'

export interface JobSpecRow {
  /** What `start` answered, without tokens. Holds variables: a secret. */
  readonly spec_json: string
  /** Of the run token, which is signed again and not kept. */
  readonly issuer: string
}

/** What a started job was told, for as long as it is started: a trigger of the schema removes it then. */
export class JobSpecsRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  get(jobId: string): JobSpecRow | undefined {
    return this.#db.get<JobSpecRow>(
      'SELECT spec_json, issuer FROM job_specs WHERE job_id = ?',
      jobId,
    )
  }

  put(jobId: string, row: JobSpecRow): void {
    this.#db.run(
      'INSERT OR REPLACE INTO job_specs (job_id, spec_json, issuer) VALUES (?, ?, ?)',
      jobId,
      row.spec_json,
      row.issuer,
    )
  }
}
