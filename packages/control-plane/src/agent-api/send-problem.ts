import { problemMediaType } from '@scalr-agent/core/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'

import type { AgentApiDeps } from './agent-api-deps.ts'
import { toProblem } from './to-problem.ts'

/** Answers with the problem document of an error. */
export async function sendProblem(
  error: unknown,
  context: {
    readonly request: FastifyRequest
    readonly reply: FastifyReply
    readonly deps: Pick<AgentApiDeps, 'logger'>
  },
): Promise<FastifyReply> {
  const { request, reply, deps } = context
  const problem = toProblem(error)
  if (problem.status >= 500) {
    deps.logger.error(
      {
        err: error,
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url,
      },
      'A call of the agent protocol failed',
    )
  }
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer')
  return reply
    .code(problem.status)
    .header('content-type', problemMediaType)
    .send(JSON.stringify(problem))
}
