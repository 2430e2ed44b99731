import { EngineError } from '../../src/engine/index.ts'
import type { EngineFixture } from './engine-fixture.ts'

/** What must hold in the database of the control plane, whatever happened. */
export class WorldInvariants {
  /** Jobs as they were when they ended. */
  readonly #ended = new Map<string, string>()

  check(fixture: EngineFixture): void {
    this.#checkOneAtATime(fixture)
    this.#checkEndsAreFinal(fixture)
  }

  #checkOneAtATime({ db }: EngineFixture): void {
    const crowded = db.get<{ workspace_id: string; live: number }>(
      `SELECT jobs.workspace_id, count(*) AS live FROM jobs JOIN runs ON runs.id = jobs.run_id
       WHERE jobs.state <> 'finished' AND runs.is_dry = 0
       GROUP BY jobs.workspace_id HAVING count(*) > 1`,
    )
    if (crowded === undefined) return
    throw new Error(`I6: ${crowded.live} live jobs on ${crowded.workspace_id}`)
  }

  #checkEndsAreFinal({ db, jobs }: EngineFixture): void {
    for (const job of jobs.inState('finished')) {
      const now = JSON.stringify(job)
      const before = this.#ended.get(job.id)
      if (before !== undefined && before !== now) throw new Error(`I4: ${job.id} ended twice`)
      this.#ended.set(job.id, now)
    }
    const twice = db.get<{ run_id: string }>(
      `SELECT run_id FROM status_transitions
       WHERE status IN ('applied', 'planned_and_finished', 'errored', 'canceled', 'discarded')
       GROUP BY run_id HAVING count(*) > 1`,
    )
    if (twice !== undefined) throw new Error(`I4: the run ${twice.run_id} ended twice`)
    const applies = db.get<{ run_id: string }>(
      `SELECT run_id FROM status_transitions WHERE status = 'applying'
       GROUP BY run_id HAVING count(*) > 1`,
    )
    if (applies !== undefined) throw new Error(`I6: ${applies.run_id} was applied twice`)
  }
}

/** Everything that a call which is refused must leave alone. */
export function snapshotOf({ db }: EngineFixture): string {
  const tables = ['runs', 'jobs', 'phases', 'status_transitions', 'state_versions', 'state_locks']
  return JSON.stringify(tables.map((table) => db.all(`SELECT * FROM ${table}`)))
}

export function mustBeUnchanged(fixture: EngineFixture, before: string, what: string): void {
  if (snapshotOf(fixture) !== before) throw new Error(`I5: ${what} changed something`)
}

/** Throws what is no refusal of that kind. */
export function mustBe(error: unknown, code: EngineError['code']): void {
  if (!(error instanceof EngineError) || error.code !== code) throw error
}
