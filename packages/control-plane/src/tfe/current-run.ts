import { nullableTextOf, textOf, type Row } from '../public-api/index.ts'
import type { Database } from '../store/index.ts'

/**
 * The run that a workspace is about: the one at work, else the next in turn, else the last. Terraform tells
 * by it whether a run waits for other runs, or for a lock.
 */
export function currentRunOf(db: Database, workspace: Row): string | null {
  const holding = nullableTextOf(workspace, 'holding_run_id')
  if (holding !== null) return holding
  const next = db.get<{ id: string }>(
    `SELECT id FROM runs WHERE workspace_id = ? AND status = 'pending' AND is_dry = 0
     ORDER BY sequence LIMIT 1`,
    textOf(workspace, 'id'),
  )
  return next?.id ?? nullableTextOf(workspace, 'last_begun_run_id')
}
