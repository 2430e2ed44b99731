import { problemTypes } from '@scalr-agent/core/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'

import type { TokenOf } from '../tokens/index.ts'

import { AgentApiError } from './agent-api-error.ts'

export type RouteTokenKind = 'pool' | 'session' | 'job'

/** What a handler gets: everything checked. */
export interface RouteCall<Kind extends RouteTokenKind, Body, Query> {
  readonly token: TokenOf<Kind>
  readonly body: Body
  readonly query: Query
  readonly params: Readonly<Record<string, string>>
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal
}

interface RouteSpec<Kind extends RouteTokenKind, Body, Query, Response> {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the protocol's path. */
  readonly path: string
  readonly summary: string
  /** The one kind of token that may call it. */
  readonly token: Kind
  /** `bytes`: an octet stream, for the handler to read. */
  readonly body?: z.ZodType<Body> | 'bytes'
  readonly query?: z.ZodType<Query>
  /** `bytes`: the handler answers with a stream; absent: 204. */
  readonly response?: z.ZodType<Response> | 'bytes'
  readonly bodyLimit?: number
  /** Whether an `Idempotency-Key` is looked at. */
  readonly isIdempotent?: boolean
  readonly handle: (call: RouteCall<Kind, Body, Query>) => Promise<NoInfer<Response> | FastifyReply>
}

/** A route of the agent protocol: what it serves and what its documentation says are one thing. */
export interface AgentRoute {
  readonly method: RouteSpec<RouteTokenKind, unknown, unknown, unknown>['method']
  readonly path: string
  readonly summary: string
  readonly token: RouteTokenKind
  readonly body: z.ZodType | 'bytes' | undefined
  readonly query: z.ZodType | undefined
  readonly response: z.ZodType | 'bytes' | undefined
  readonly bodyLimit: number | undefined
  readonly isIdempotent: boolean
  /** `token` is of the route's kind. */
  readonly run: (
    call: Omit<RouteCall<RouteTokenKind, unknown, unknown>, 'body' | 'query'>,
  ) => Promise<unknown>
}

/** Request and answer are both checked against their schemas. */
export function defineRoute<
  Kind extends RouteTokenKind,
  Body = undefined,
  Query = undefined,
  Response = undefined,
>(spec: RouteSpec<Kind, Body, Query, Response>): AgentRoute {
  const { body, query, response } = spec
  return {
    method: spec.method,
    path: spec.path,
    summary: spec.summary,
    token: spec.token,
    body,
    query,
    response,
    bodyLimit: spec.bodyLimit,
    isIdempotent: spec.isIdempotent ?? false,
    run: async ({ token, request, reply, ...call }) => {
      const answer = await spec.handle({
        ...call,
        request,
        reply,
        // The caller has compared the kind with the route's.
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion
        token: token as TokenOf<Kind>,
        body: check(body === 'bytes' ? undefined : body, request.body, 'body'),
        query: check(query, request.query, 'query'),
      })
      return response === undefined || response === 'bytes' ? answer : response.parse(answer)
    },
  }
}

function check<T>(schema: z.ZodType<T> | undefined, value: unknown, what: 'body' | 'query'): T {
  // Without a schema `T` is undefined, and nobody reads it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  if (schema === undefined) return undefined as T
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issues = result.error.issues.map((issue) => ({
    path: issue.path.map(String).join('.'),
    message: issue.message,
  }))
  throw new AgentApiError(
    400,
    problemTypes.invalidRequest,
    `The ${what} of the request does not match the protocol.`,
    { issues },
  )
}
