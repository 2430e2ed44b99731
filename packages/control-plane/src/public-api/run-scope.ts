import type { FastifyRequest } from 'fastify'

import type { Database } from '../store/index.ts'
import type { TokenOf } from '../tokens/index.ts'

import { notFound, publicApiPath, type Resource, type SqlCondition } from './json-api/index.ts'
import { stateVersions, workspaces } from './resources/index.ts'

/** Which rows a run sees, where it does not see all of its account. */
const own: Readonly<Record<string, string>> = {
  [workspaces.type]: 't.id = ?',
  [stateVersions.type]: 't.workspace_id = ?',
}

/** What narrows a list for the run of this workspace; `undefined` for other callers. */
export function runScope(
  resource: Resource,
  workspaceId: string | undefined,
): SqlCondition | undefined {
  const sql = own[resource.type]
  return workspaceId === undefined || sql === undefined ? undefined : { sql, values: [workspaceId] }
}

/** What is not the run's own workspace does not exist for it. @throws {@link PublicApiError} 404 */
export function requireOwn(
  db: Database,
  request: FastifyRequest,
  { workspaceId }: TokenOf<'run'>,
): void {
  const { params } = request
  if (typeof params !== 'object' || params === null || !('id' in params)) return
  const id = String(params.id)
  const url = request.routeOptions.url ?? ''
  if (url.startsWith(`${publicApiPath}${workspaces.path}/`) && id !== workspaceId) {
    throw notFound(workspaces.model, id)
  }
  if (
    url.startsWith(`${publicApiPath}${stateVersions.path}/`) &&
    db.get('SELECT 1 FROM state_versions WHERE id = ? AND workspace_id = ?', id, workspaceId) ===
      undefined
  ) {
    throw notFound(stateVersions.model, id)
  }
}
