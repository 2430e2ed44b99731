import type { FastifyInstance, FastifyRequest } from 'fastify'

import {
  environments,
  notFound,
  textOf,
  workspaces,
  type ApiUser,
  type PublicApi,
  type Row,
} from '../public-api/index.ts'
import type { StateLocks, StateStore } from '../state/index.ts'
import type { DownloadLinks } from '../tokens/index.ts'

/** What each group of routes gets. Rules and rows are the public API's; the documents differ. */
export interface TfeApi extends PublicApi {
  readonly states: StateStore
  readonly locks: StateLocks
  /** Scope of the routes that a link opens, not a token: clients send none with what they upload or follow. */
  readonly linked: FastifyInstance
  readonly links: DownloadLinks
}

/** The workspace, if the caller may see it. @throws {@link PublicApiError} 404 */
export function workspaceRow(api: PublicApi, user: ApiUser, id: string): Row {
  requireOwn(user, id, () => notFound('Workspace', id))
  return api.reader.row(workspaces, user.accountId, id)
}

/** A run sees its own workspace and what belongs to it. @throws what `missing` makes */
export function requireOwn(user: ApiUser, workspaceId: string, missing: () => Error): void {
  if (user.workspaceId !== undefined && user.workspaceId !== workspaceId) throw missing()
}

/** The environment that stands for an organization. @throws {@link PublicApiError} 404 */
export function environmentIdOf(api: PublicApi, user: ApiUser, id: string): string {
  const found = api.reader.find(environments, user.accountId, id)
  const own =
    user.workspaceId === undefined
      ? id
      : textOf(workspaceRow(api, user, user.workspaceId), 'environment_id')
  if (found === undefined || own !== id) throw notFound('Environment', id)
  return id
}

/** A part of the path, such as `:name`. */
export function parameterOf(request: FastifyRequest, name: string): string {
  const { params } = request
  const value: unknown =
    typeof params === 'object' && params !== null ? Reflect.get(params, name) : undefined
  if (typeof value === 'string') return value
  throw new TypeError(`The route has no :${name}`)
}
