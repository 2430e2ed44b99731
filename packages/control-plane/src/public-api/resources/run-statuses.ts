import { activeStatuses } from '../../engine/index.ts'

const list = (statuses: readonly string[]): string =>
  `(${statuses.map((status) => `'${status}'`).join(', ')})`

/** SQL: a run that waits or works. A saved plan does neither. */
export const unfinishedRunStatusesSql = list(['pending', ...activeStatuses])

/** SQL: the run that holds the lock of workspace `workspace`, which is an expression. */
export function holdingRunSql(workspace: string): string {
  return `(SELECT r.id FROM runs r WHERE r.workspace_id = ${workspace} AND r.is_dry = 0
    AND r.status IN ${list(activeStatuses)} ORDER BY r.sequence LIMIT 1)`
}
