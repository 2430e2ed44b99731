import {
  maxJsonBodyBytes,
  problemTypes,
  protocolHeaders,
  protocolPath,
} from '@scalr-agent/core/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { bearerToken, type VerifiedToken } from '../tokens/index.ts'

import type { AgentApiDeps } from './agent-api-deps.ts'
import { AgentApiError } from './agent-api-error.ts'
import type { AgentRoute, RouteTokenKind } from './agent-route.ts'
import { IdempotencyGuard } from './idempotency.ts'
import { jobRoutes } from './job-routes.ts'
import { openApiDocument } from './openapi.ts'
import { sendProblem } from './send-problem.ts'
import { sessionRoutes } from './session-routes.ts'

/** Serves the agent protocol below {@link protocolPath}. */
export function registerAgentApi(app: FastifyInstance, deps: AgentApiDeps): void {
  void app.register(
    async (scope) => {
      const routes = [...sessionRoutes(deps), ...jobRoutes(deps)]
      const document = openApiDocument(routes)
      const idempotency = new IdempotencyGuard(deps)
      // The handler reads it: a file may be larger than what fits in memory.
      scope.addContentTypeParser('application/octet-stream', (_request, payload, done) =>
        done(null, payload),
      )
      scope.addHook('onRequest', async (request, reply) => {
        void reply.header(protocolHeaders.requestId, request.id)
      })
      scope.setErrorHandler(async (error, request, reply) =>
        sendProblem(error, { request, reply, deps }),
      )
      scope.setNotFoundHandler(async (request, reply) =>
        sendProblem(
          new AgentApiError(404, problemTypes.notFound, 'The agent protocol has no such call.'),
          { request, reply, deps },
        ),
      )
      for (const route of routes) serve(scope, route, { deps, idempotency })
      scope.get('/openapi.json', async (_request, reply) => reply.send(document))
    },
    { prefix: protocolPath },
  )
}

function serve(
  scope: FastifyInstance,
  route: AgentRoute,
  parts: { readonly deps: AgentApiDeps; readonly idempotency: IdempotencyGuard },
): void {
  const { deps, idempotency } = parts
  const verified = new WeakMap<FastifyRequest, VerifiedToken & { readonly kind: RouteTokenKind }>()
  scope.route<{ Params: Record<string, string> }>({
    method: route.method,
    url: route.path,
    exposeHeadRoute: false,
    bodyLimit: route.bodyLimit ?? maxJsonBodyBytes,
    // Before the body is read: nobody without the right token makes us parse anything.
    onRequest: async (request) => {
      verified.set(request, await authenticate(request, route, deps))
    },
    handler: async (request, reply) => {
      const token = verified.get(request) ?? (await authenticate(request, route, deps))
      if (route.isIdempotent) idempotency.check(ownerOf(token), request)
      const { signal, stop } = clientSignal(reply)
      try {
        const { params } = request
        const answer = await route.run({ token, params, request, reply, signal })
        return answer === reply ? reply : await reply.send(answer)
      } finally {
        stop()
      }
    },
  })
}

async function authenticate(
  request: FastifyRequest,
  route: AgentRoute,
  deps: AgentApiDeps,
): Promise<VerifiedToken & { readonly kind: RouteTokenKind }> {
  const token = await deps.tokens.verify(bearerToken(request.headers.authorization))
  if (token.kind === route.token) {
    switch (token.kind) {
      case 'pool':
      case 'session':
      case 'job':
        return token
    }
  }
  throw new AgentApiError(
    403,
    problemTypes.forbidden,
    `This call takes a ${route.token} token; a ${token.kind} token was sent.`,
  )
}

function ownerOf(token: VerifiedToken & { readonly kind: RouteTokenKind }): string {
  switch (token.kind) {
    case 'pool':
      return token.poolId
    case 'session':
      return token.agentId
    case 'job':
      return token.jobId
  }
}

/** Aborts when the connection ends before the answer. */
function clientSignal(reply: FastifyReply): {
  readonly signal: AbortSignal
  readonly stop: () => void
} {
  const gone = new AbortController()
  const onClose = (): void => {
    if (!reply.raw.writableFinished) gone.abort(new Error('The client has gone.'))
  }
  reply.raw.once('close', onClose)
  return { signal: gone.signal, stop: () => reply.raw.off('close', onClose) }
}
