import type { FastifyInstance, FastifyReply } from 'fastify'

import { callersOf } from '../access/index.ts'
import type { Logger } from '../runtime/index.ts'
import { bearerToken, TokenRejectedError, type TokenService } from '../tokens/index.ts'

import type { ControlPlaneMetrics } from './control-plane-metrics.ts'

const path = '/metrics'

/** `GET /metrics`, for Prometheus: with a token as `authorization` of its scrape configuration, or without. */
export function registerMetrics(
  app: FastifyInstance,
  deps: {
    readonly metrics: ControlPlaneMetrics
    readonly isOpen: boolean
    readonly tokens: TokenService
    readonly logger: Logger
  },
): void {
  const { metrics, tokens, isOpen, logger } = deps
  // Of all routes that come after.
  app.addHook('onResponse', (request, reply, counted) => {
    metrics.answered(request, reply)
    counted()
  })
  app.get(path, async (request, reply) => {
    try {
      if (!isOpen) {
        const token = await tokens.verify(bearerToken(request.headers.authorization))
        if (callersOf('GET', path)?.includes(token.kind) !== true) {
          return await refuse(reply, 403, `A ${token.kind} token does not read metrics.`)
        }
      }
      const text = await metrics.text()
      return await reply.type(metrics.contentType).send(text)
    } catch (error) {
      if (error instanceof TokenRejectedError) {
        return await refuse(reply.header('www-authenticate', 'Bearer'), 401, error.message)
      }
      logger.error({ requestId: request.id, err: error }, 'The metrics could not be read')
      return await refuse(reply, 500, `The metrics could not be read. See the log: ${request.id}`)
    }
  })
}

function refuse(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(`${text}\n`)
}
