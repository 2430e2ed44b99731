import { protocolPath } from '@scalr-agent/core/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import {
  ControlPlaneError,
  errorCode,
  type Clock,
  type IdSource,
  type Logger,
} from '../runtime/index.ts'
import { dataFiles, type Database, type FileStore } from '../store/index.ts'
import { TokenRejectedError, type TokenService } from '../tokens/index.ts'

import { authorizeState, type StateAccess } from './authorize-state.ts'
import { StateError } from './state-error.ts'
import { StateLocks } from './state-locks.ts'
import { StateStore } from './state-store.ts'
import { writeState } from './write-state.ts'

export interface StateRoutesDeps {
  readonly db: Database
  readonly files: FileStore
  readonly tokens: TokenService
  /** Told when a lock was released that may have held up the workspace's queue. */
  readonly engine: { workspaceChanged(workspaceId: string): void }
  readonly clock: Clock
  readonly ids: IdSource
  readonly logger: Logger
  readonly limits: { readonly stateBytes: number }
}

const lockInfoSchema = z.looseObject({ ID: z.string().min(1).max(256) })
const maxLockBytes = 64 * 1024

interface StateCall {
  readonly workspaceId: string
  readonly access: StateAccess
  readonly body: Buffer
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** Serves Terraform's `http` backend: GET, POST, LOCK and UNLOCK of one state a workspace. */
export function registerStateRoutes(app: FastifyInstance, deps: StateRoutesDeps): void {
  const { db, files, engine, logger, limits } = deps
  const states = new StateStore(deps)
  const locks = new StateLocks(deps)

  async function read({ workspaceId, reply }: StateCall): Promise<FastifyReply> {
    const current = states.current(workspaceId)
    if (current === undefined) return reply.code(204).send()
    return reply
      .header('content-type', 'application/json')
      .header('content-length', current.bytes)
      .header('content-md5', Buffer.from(current.md5, 'hex').toString('base64'))
      .send(files.read(dataFiles.state(current.id)))
  }

  async function write(call: StateCall): Promise<FastifyReply> {
    const { workspaceId, access, body, request, reply } = call
    const { caller } = access
    if (caller.kind === 'run' && caller.isDry) {
      throw new StateError(403, 'A dry run does not change the state.')
    }
    const lockId = lockIdOf(request)
    await writeState(
      { db, states },
      {
        workspaceId,
        content: body,
        runId: caller.kind === 'run' ? caller.runId : null,
        check: () => {
          access.recheck()
          locks.check(workspaceId, lockId)
        },
      },
    )
    return reply.code(200).send()
  }

  async function lock({ workspaceId, access, body, reply }: StateCall): Promise<FastifyReply> {
    const parsed = lockInfoSchema.safeParse(parseJson(body))
    if (!parsed.success) throw new StateError(400, 'The lock info names no ID.')
    db.transaction(() => {
      access.recheck()
      locks.lock(workspaceId, access.caller, { id: parsed.data.ID, info: body.toString('utf8') })
    })
    return reply.code(200).send()
  }

  async function unlock({ workspaceId, access, body, reply }: StateCall): Promise<FastifyReply> {
    const parsed = lockInfoSchema.safeParse(parseJson(body))
    if (locks.unlock(workspaceId, access.caller, parsed.success ? parsed.data.ID : undefined)) {
      engine.workspaceChanged(workspaceId)
    }
    return reply.code(200).send()
  }

  app.addHttpMethod('LOCK', { hasBody: true })
  app.addHttpMethod('UNLOCK', { hasBody: true })
  void app.register(
    async (scope) => {
      // Terraform says application/json also where it sends nothing; every body is taken as it is.
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
        done(null, body),
      )
      scope.setErrorHandler(async (error, request, reply) => {
        const answer = toAnswer(error)
        if (answer.status >= 500) {
          logger.error(
            { err: error, requestId: request.id, method: request.method },
            'A call about a state failed',
          )
        }
        if (answer.status === 401) void reply.header('www-authenticate', 'Basic realm="state"')
        return reply.code(answer.status).header('content-type', answer.type).send(answer.body)
      })
      const actions = { GET: read, POST: write, LOCK: lock, UNLOCK: unlock } as const
      const accesses = new WeakMap<FastifyRequest, StateAccess>()
      for (const [method, action] of Object.entries(actions)) {
        scope.route<{ Params: { workspaceId: string } }>({
          method,
          url: '/:workspaceId',
          exposeHeadRoute: false,
          bodyLimit: method === 'POST' ? limits.stateBytes : maxLockBytes,
          onRequest: async (request) => {
            const { authorization } = request.headers
            const { workspaceId } = request.params
            accesses.set(request, await authorizeState(deps, { authorization, workspaceId }))
          },
          handler: async (request, reply) => {
            const access = accesses.get(request)
            if (access === undefined) throw new StateError(403, 'Nobody has asked.')
            const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
            return action({ workspaceId: request.params.workspaceId, access, body, request, reply })
          },
        })
      }
    },
    { prefix: `${protocolPath}/state` },
  )
}

function lockIdOf(request: FastifyRequest): string | undefined {
  const { query } = request
  const id = typeof query === 'object' && query !== null && 'ID' in query ? query.ID : undefined
  return typeof id === 'string' && id !== '' ? id : undefined
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

interface StateAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

function text(status: number, message: string): StateAnswer {
  return { status, type: 'text/plain; charset=utf-8', body: message }
}

/** Terraform reads the lock info out of 423 and 409, and shows the rest as it is. */
function toAnswer(error: unknown): StateAnswer {
  if (error instanceof StateError) {
    return error.lockInfo === undefined
      ? text(error.status, error.message)
      : { status: error.status, type: 'application/json', body: error.lockInfo }
  }
  if (error instanceof TokenRejectedError) return text(401, error.message)
  if (errorCode(error) === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return text(413, 'The state is larger than this control plane takes. Nothing was changed.')
  }
  if (error instanceof ControlPlaneError && error.code === 'DISK_FULL') {
    return text(507, error.message)
  }
  return text(500, 'The control plane could not do this. Its log says why.')
}
