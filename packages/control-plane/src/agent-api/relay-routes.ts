import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import { problemMediaType, protocolPath } from '@scalr-agent/core/protocol'
import type { RelayGateway, RelayPrincipal } from '@scalr-agent/vcs-relay/gateway'
import type { FastifyInstance } from 'fastify'

import { bearerToken } from '../tokens/index.ts'

import type { AgentApiDeps } from './agent-api-deps.ts'
import { sendProblem } from './send-problem.ts'
import { requireSession } from './session-of.ts'
import { toProblem } from './to-problem.ts'

type RelayDeps = Omit<AgentApiDeps, 'gateway'> & { readonly gateway: RelayGateway }

const relayPath = `${protocolPath}/relay`

/** The gateway of the VCS relay, for sessions of VCS agents alone. */
export function registerRelayRoutes(app: FastifyInstance, deps: RelayDeps): void {
  void app.register(
    (scope, _options, done) => {
      // Bodies are streams of the gateway, whatever they are called.
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
      scope.setErrorHandler(async (error, request, reply) =>
        sendProblem(error, { request, reply, deps }),
      )
      scope.all('/*', { exposeHeadRoute: false }, async (request, reply) => {
        const principal = await relayPrincipal(request.headers.authorization, deps)
        reply.hijack()
        try {
          await deps.gateway.handle(request.raw, reply.raw, principal)
        } catch (error) {
          deps.logger.error(
            { err: error, requestId: request.id, agentId: principal.agentId },
            'A call of the VCS relay failed',
          )
          reply.raw.destroy()
        }
      })
      done()
    },
    { prefix: relayPath },
  )
}

/** Hands the WebSockets of VCS agents to the gateway; every other upgrade is refused. */
export async function upgradeRelay(
  deps: RelayDeps,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // Until the gateway has the socket, its end concerns nobody.
  const ignore = (): void => {}
  socket.on('error', ignore)
  try {
    if (request.url?.startsWith(`${relayPath}/`) !== true) {
      refuseUpgrade(socket, 404, JSON.stringify({ title: 'Not found', status: 404 }))
      return
    }
    const principal = await relayPrincipal(request.headers.authorization, deps)
    deps.gateway.upgrade(request, socket, head, principal)
    socket.off('error', ignore)
  } catch (error) {
    const problem = toProblem(error)
    if (problem.status >= 500) {
      deps.logger.error({ err: error }, 'The channel of a VCS agent could not be opened')
    }
    refuseUpgrade(socket, problem.status, JSON.stringify(problem))
  }
}

async function relayPrincipal(
  authorization: string | undefined,
  deps: RelayDeps,
): Promise<RelayPrincipal> {
  const token = await requireSession(deps.tokens, bearerToken(authorization))
  deps.engine.checkRelay(token)
  return { agentId: token.agentId, poolId: token.poolId }
}

function refuseUpgrade(socket: Duplex, status: number, body: string): void {
  if (socket.destroyed) return
  const bytes = Buffer.from(body)
  socket.end(
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: ${problemMediaType}\r\n` +
          `Content-Length: ${bytes.byteLength}\r\n${status === 401 ? 'WWW-Authenticate: Bearer\r\n' : ''}\r\n`,
      ),
      bytes,
    ]),
  )
}
