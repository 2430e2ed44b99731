import {
  digestSchema,
  finishJobRequestSchema,
  finishJobResponseSchema,
  jobSpecSchema,
  jobTokenRequestSchema,
  jobTokenResponseSchema,
  logOffsetResponseSchema,
  maxLogAppendBytes,
  problemTypes,
  protocolHeaders,
  startJobRequestSchema,
} from '@scalr-agent/core/protocol'
import type { FastifyRequest } from 'fastify'

import type { JobRef } from '../engine/index.ts'
import type { TokenOf } from '../tokens/index.ts'

import type { AgentApiDeps } from './agent-api-deps.ts'
import { AgentApiError } from './agent-api-error.ts'
import { defineRoute, type AgentRoute } from './agent-route.ts'
import { readBody, streamOf } from './read-body.ts'

/** Calls about one job, each for the holder of its present fencing token (I5). */
export function jobRoutes(deps: AgentApiDeps): readonly AgentRoute[] {
  const { engine, tokens, timing, clock, limits } = deps
  return [
    defineRoute({
      method: 'POST',
      path: '/jobs/:jobId/start',
      summary: 'Accepts an assigned job: its lease begins, and the whole job is told.',
      token: 'session',
      body: startJobRequestSchema,
      response: jobSpecSchema,
      isIdempotent: true,
      handle: async ({ token, body, params }) =>
        engine.start(token, { jobId: params['jobId'] ?? '', fencingToken: body.fencingToken }),
    }),
    defineRoute({
      method: 'POST',
      path: '/jobs/:jobId/token',
      summary: 'Gives a fresh job token.',
      token: 'job',
      body: jobTokenRequestSchema,
      response: jobTokenResponseSchema,
      isIdempotent: true,
      handle: async ({ token, body, request }) => {
        const ref = jobRef(token, request, body.fencingToken)
        engine.checkJob(ref)
        const issued = await tokens.issue({
          kind: 'job',
          ...ref,
          agentId: token.agentId,
          expiresInMs: timing.jobTokenMs,
        })
        const expiresAt = issued.expiresAt ?? new Date(clock.now().getTime() + timing.jobTokenMs)
        return { jobToken: issued.token, jobTokenExpiresAt: expiresAt.toISOString() }
      },
    }),
    defineRoute({
      method: 'HEAD',
      path: '/jobs/:jobId/log',
      summary: 'Tells in the header `upload-offset` how many bytes of the log are held.',
      token: 'job',
      handle: async ({ token, request, reply }) => {
        const offset = await engine.logOffset(jobRef(token, request))
        return reply.header(protocolHeaders.uploadOffset, offset).send()
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: '/jobs/:jobId/log',
      summary: 'Appends to the log at `upload-offset`; 409 tells where the log ends.',
      token: 'job',
      body: 'bytes',
      response: logOffsetResponseSchema,
      bodyLimit: maxLogAppendBytes,
      handle: async ({ token, request, reply }) => {
        const ref = jobRef(token, request)
        const at = uploadOffset(request)
        // Stale ones are refused before their bytes are read.
        engine.checkJob(ref)
        const bytes = await readBody(request, maxLogAppendBytes)
        const { appended, offset } = await engine.appendLog(ref, at, bytes)
        void reply.header(protocolHeaders.uploadOffset, offset)
        if (appended) return { offset }
        throw new AgentApiError(
          409,
          problemTypes.offsetMismatch,
          `The log ends at byte ${offset}, not at ${at}.`,
          { offset },
        )
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/jobs/:jobId/files/:name',
      summary: 'Downloads a file of the job; `repr-digest` names its SHA-256.',
      token: 'job',
      response: 'bytes',
      handle: async ({ token, params, request, reply }) => {
        const file = await engine.openFile(jobRef(token, request), params['name'] ?? '')
        return reply
          .header('content-type', 'application/octet-stream')
          .header('content-length', file.bytes)
          .header(protocolHeaders.reprDigest, file.digest)
          .send(file.content)
      },
    }),
    defineRoute({
      method: 'PUT',
      path: '/jobs/:jobId/files/:name',
      summary:
        'Uploads a result file; it is kept only when it has the size and the `repr-digest` declared.',
      token: 'job',
      body: 'bytes',
      bodyLimit: limits.jobFileBytes,
      handle: async ({ token, params, request, reply }) => {
        const length = request.headers['content-length']
        await engine.storeFile(jobRef(token, request), params['name'] ?? '', {
          content: streamOf(request),
          bytes: length === undefined ? undefined : Number(length),
          digest: reprDigest(request),
        })
        return reply.code(204).send()
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/jobs/:jobId/finish',
      summary:
        'Reports how the job ended. Taken only when the whole log and every file named are held.',
      token: 'job',
      body: finishJobRequestSchema,
      response: finishJobResponseSchema,
      isIdempotent: true,
      handle: async ({ token, body, request }) => {
        await engine.finish(jobRef(token, request, body.fencingToken), body)
        return { accepted: true } as const
      },
    }),
  ]
}

/** The job of the token, which must be the one that path, header and body name. */
function jobRef(token: TokenOf<'job'>, request: FastifyRequest, inBody?: number): JobRef {
  const { jobId, fencingToken } = token
  const { params } = request
  const named =
    typeof params === 'object' && params !== null && 'jobId' in params ? params.jobId : ''
  const header = request.headers[protocolHeaders.fencingToken]
  const fences = [inBody, header === undefined ? undefined : Number(header)]
  if (named !== jobId || fences.some((fence) => fence !== undefined && fence !== fencingToken)) {
    throw new AgentApiError(
      403,
      problemTypes.forbidden,
      'The job token is for another job, or for another fencing token than the request names.',
    )
  }
  return { jobId, fencingToken }
}

function uploadOffset(request: FastifyRequest): number {
  const value = request.headers[protocolHeaders.uploadOffset]
  if (typeof value === 'string' && /^\d{1,15}$/u.test(value)) return Number(value)
  throw missingHeader(protocolHeaders.uploadOffset, 'the offset in bytes where the body starts')
}

function reprDigest(request: FastifyRequest): string {
  const digest = digestSchema.safeParse(request.headers[protocolHeaders.reprDigest])
  if (digest.success) return digest.data
  throw missingHeader(protocolHeaders.reprDigest, 'sha-256=:<base64>: of the whole file')
}

function missingHeader(name: string, form: string): AgentApiError {
  return new AgentApiError(
    400,
    problemTypes.invalidRequest,
    `The header ${name} is missing or malformed; it must be ${form}.`,
    { issues: [{ path: name, message: `must be ${form}` }] },
  )
}
