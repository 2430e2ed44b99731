import type { RelayGateway } from '@scalr-agent/vcs-relay/gateway'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import type { RunEngine } from '../engine/index.ts'
import type { Clock, IdSource, Logger } from '../runtime/index.ts'
import type { Database, FileStore } from '../store/index.ts'
import type { TokenService } from '../tokens/index.ts'
import type { Vcs } from '../vcs/index.ts'

import {
  jsonApiType,
  parseListQuery,
  type JsonApiDocument,
  type ListQuery,
  type Reader,
} from './json-api/index.ts'

export interface PublicApiLimits {
  readonly configurationBytes: number
  readonly configurationUnpackedBytes: number
  readonly configurationEntries: number
  readonly stateBytes: number
}

/** What the public API is made of. */
export interface PublicApiDeps {
  readonly db: Database
  readonly files: FileStore
  readonly tokens: TokenService
  readonly engine: RunEngine
  readonly vcs: Vcs
  /** Where VCS agents have their channels. */
  readonly gateway: Pick<RelayGateway, 'drop'>
  readonly clock: Clock
  readonly ids: IdSource
  readonly logger: Logger
  readonly limits: PublicApiLimits
  readonly publicUrl: () => string
}

/** What each group of routes gets. */
export interface PublicApi extends PublicApiDeps {
  /** Scope of the API: prefix, authentication, error bodies. */
  readonly app: FastifyInstance
  readonly reader: Reader
}

/** Who asks. */
export interface ApiUser {
  readonly kind: 'user' | 'service-account' | 'run'
  /** Id of the user or the service account: what is kept of who did something. */
  readonly userId: string
  readonly accountId: string
  /** All that a run sees of its account's workspaces. */
  readonly workspaceId?: string
}

const users = new WeakMap<FastifyRequest, ApiUser>()

export function setUser(request: FastifyRequest, user: ApiUser): void {
  users.set(request, user)
}

/** Every route of the API runs behind authentication. */
export function userOf(request: FastifyRequest): ApiUser {
  const user = users.get(request)
  if (user === undefined) throw new TypeError('The request was not authenticated')
  return user
}

/** The query of a read. A run gets nothing along with what it reads: `include` would lead beyond its workspace. */
export function queryOf(request: FastifyRequest): ListQuery {
  const query = parseListQuery(request.url)
  return userOf(request).kind === 'run' ? { ...query, include: [] } : query
}

export function sendDocument(
  reply: FastifyReply,
  document: JsonApiDocument,
  status = 200,
): FastifyReply {
  // As bytes, since fastify gives a string a charset, which JSON:API does not allow.
  return reply
    .code(status)
    .type(jsonApiType)
    .send(Buffer.from(JSON.stringify(document)))
}

/** The id in a path such as `/runs/:id`. */
export function idOf(request: FastifyRequest): string {
  const { params } = request
  if (typeof params === 'object' && params !== null && 'id' in params) return String(params.id)
  throw new TypeError('The route has no id')
}
