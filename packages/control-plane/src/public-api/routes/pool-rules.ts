import { flagOf, idsOf, textOf, type PublicApiError, type Row } from '../json-api/index.ts'

/** Whether workspaces of the environment may use the pool: it is shared, or linked to it. */
export function isPoolIn(pool: Row, environmentId: string): boolean {
  return flagOf(pool, 'is_shared') || idsOf(pool, 'environment_ids').includes(environmentId)
}

/** Why a pool cannot have jobs. */
export function relaysOnly(pool: Row): string {
  return `Agent pool '${textOf(pool, 'name')}' is VCS-enabled: its agents relay and run nothing. Name a pool for runs.`
}

export function requirePoolIn(
  pool: Row,
  environmentId: string,
  refuse: (detail: string) => PublicApiError,
): void {
  if (flagOf(pool, 'vcs_enabled')) throw refuse(relaysOnly(pool))
  if (isPoolIn(pool, environmentId)) return
  throw refuse(
    `Agent pool '${textOf(pool, 'name')}' is neither shared nor linked to environment '${environmentId}'. ` +
      'Link it to the environment first.',
  )
}
