import {
  findScopedVariables,
  findWorkspaceFacts,
  type ScopedVariableRow,
} from '../../store/index.ts'
import { invalidAttribute } from '../json-api/index.ts'
import type { PublicApi } from '../public-api.ts'

/** Where a variable is; both `null`: in the account. */
export interface VariableScope {
  readonly environmentId: string | null
  readonly workspaceId: string | null
}

interface VariableName {
  readonly key: string
  readonly category: string
}

/** As JSON: `env` and `shell` end up in the same place. */
export function sameCategories(category: string): string {
  return JSON.stringify(category === 'terraform' ? ['terraform'] : ['shell', 'env'])
}

/** A final variable of a wider scope cannot be overridden. @throws {@link PublicApiError} 422 */
export function checkOverriding(
  api: PublicApi,
  accountId: string,
  scope: VariableScope,
  { key, category }: VariableName,
): void {
  if (scope.workspaceId === null && scope.environmentId === null) return
  const wider = api.db.get<{ environment_id: string | null }>(
    `SELECT environment_id FROM variables
     WHERE account_id = ? AND final = 1 AND workspace_id IS NULL AND key = ?
     AND category IN (SELECT value FROM json_each(?))
     AND (environment_id IS NULL OR environment_id = (SELECT environment_id FROM workspaces WHERE id = ?))
     ORDER BY environment_id LIMIT 1`,
    accountId,
    key,
    sameCategories(category),
    scope.workspaceId,
  )
  if (wider === undefined) return
  const where = wider.environment_id === null ? 'account' : 'environment'
  throw invalidAttribute(
    'key',
    `Variable with key '${key}' is final in the ${where} and cannot be overridden.`,
  )
}

/**
 * A variable becomes final only if nothing narrower says otherwise, or when it is forced: those stay, and
 * no job is told of them.
 * @throws {@link PublicApiError} 422
 */
export function checkOverridden(
  api: PublicApi,
  accountId: string,
  scope: VariableScope,
  { key, category, isForced }: VariableName & { readonly isForced: boolean },
): void {
  if (isForced || scope.workspaceId !== null) return
  const narrower = api.db.get<{ count: number }>(
    `SELECT count(*) AS count FROM variables v LEFT JOIN workspaces w ON w.id = v.workspace_id
     WHERE v.account_id = ? AND v.key = ? AND v.category IN (SELECT value FROM json_each(?))
     AND iif(?4 IS NULL, v.workspace_id IS NOT NULL OR v.environment_id IS NOT NULL, w.environment_id = ?4)`,
    accountId,
    key,
    sameCategories(category),
    scope.environmentId,
  )
  const count = narrower?.count ?? 0
  if (count === 0) return
  throw invalidAttribute(
    'final',
    `Variable with key '${key}' cannot be final: narrower scopes have ${count} of that key. Remove them, or use force=true to override them.`,
  )
}

/**
 * Variables of a run come once each, and override nothing that is final.
 * @throws {@link PublicApiError} 422
 */
export function checkRunVariables(
  api: PublicApi,
  workspaceId: string,
  variables: readonly VariableName[],
): void {
  if (variables.length === 0) return
  const facts = findWorkspaceFacts(api.db, workspaceId)
  const scoped = facts === undefined ? [] : findScopedVariables(api.db, facts)
  const finals = new Map(
    scoped.filter((row) => row.final === 1).map((row) => [nameOf(row), row] as const),
  )
  const seen = new Set<string>()
  for (const [index, variable] of variables.entries()) {
    const name = nameOf(variable)
    const final = finals.get(name)
    const pointer = `variables/${index}/key`
    if (final !== undefined) {
      throw invalidAttribute(
        pointer,
        `Variable with key '${variable.key}' is final in the ${whereOf(final)} and cannot be overridden.`,
      )
    }
    if (seen.has(name)) {
      throw invalidAttribute(pointer, `Variable with key '${variable.key}' is given twice.`)
    }
    seen.add(name)
  }
}

function nameOf({ key, category }: VariableName): string {
  return `${category === 'terraform' ? 'terraform' : 'shell'}:${key}`
}

function whereOf(row: ScopedVariableRow): string {
  if (row.workspace_id !== null) return 'workspace'
  return row.environment_id === null ? 'account' : 'environment'
}
