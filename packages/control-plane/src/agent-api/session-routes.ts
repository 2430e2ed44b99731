import {
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  jobsResponseSchema,
  problemTypes,
  protocolVersion,
  registerRequestSchema,
  registerResponseSchema,
  signalsResponseSchema,
} from '@scalr-agent/core/protocol'
import { z } from 'zod'

import type { TokenOf } from '../tokens/index.ts'

import type { AgentApiDeps } from './agent-api-deps.ts'
import { AgentApiError } from './agent-api-error.ts'
import { defineRoute, type AgentRoute } from './agent-route.ts'

const waitSchema = z.coerce.number().min(0).max(3600).default(0)
const jobsQuerySchema = z.object({
  wait: waitSchema,
  max: z.coerce.number().int().min(1).max(1000).default(1),
})
const signalsQuerySchema = z.object({
  wait: waitSchema,
  after: z.coerce.number().int().min(0).default(0),
})

/** Calls about the session. */
export function sessionRoutes(deps: AgentApiDeps): readonly AgentRoute[] {
  const { engine, gateway, tokens, timing, clock } = deps

  async function issue(session: Omit<TokenOf<'session'>, 'kind' | 'id' | 'expiresAt'>) {
    const { agentId, sessionId, poolId, poolTokenId } = session
    const issued = await tokens.issue({
      kind: 'session',
      agentId,
      sessionId,
      poolId,
      poolTokenId,
      expiresInMs: timing.sessionTokenMs,
    })
    const expiresAt = issued.expiresAt ?? new Date(clock.now().getTime() + timing.sessionTokenMs)
    return { sessionToken: issued.token, sessionExpiresAt: expiresAt.toISOString() }
  }

  return [
    defineRoute({
      method: 'POST',
      path: '/sessions',
      summary: 'Registers an agent and opens its session.',
      token: 'pool',
      body: registerRequestSchema,
      response: registerResponseSchema,
      isIdempotent: true,
      handle: async ({ token, body, reply }) => {
        if (!body.protocolVersions.includes(protocolVersion)) {
          throw new AgentApiError(
            426,
            problemTypes.versionUnsupported,
            `This control plane speaks version ${protocolVersion} of the agent protocol; the agent offers ${body.protocolVersions.join(', ')}. Update one of them.`,
          )
        }
        const session = engine.register(token.poolId, body)
        gateway.drop(session.agentId, 'The agent opened another session.')
        const issued = await issue({ ...session, poolTokenId: token.id })
        void reply.code(201)
        return {
          protocolVersion,
          agentId: session.agentId,
          poolId: session.poolId,
          ...issued,
          intervals: {
            heartbeatMs: timing.heartbeatMs,
            leaseMs: timing.leaseMs,
            longPollMs: timing.longPollMs,
          },
          found: [...session.found],
        }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/sessions/self/heartbeat',
      summary: 'Tells that the agent lives, and renews the leases of the jobs it names.',
      token: 'session',
      body: heartbeatRequestSchema,
      response: heartbeatResponseSchema,
      handle: async ({ token, body }) => {
        const answer = engine.heartbeat(token, body)
        const leftMs = token.expiresAt.getTime() - clock.now().getTime()
        if (leftMs > timing.sessionTokenMs / 2) return answer
        const { sessionToken } = await issue(token)
        return { ...answer, sessionToken }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/sessions/self/jobs',
      summary:
        'Waits for jobs: answers as soon as there is one, or with none after `wait` seconds.',
      token: 'session',
      query: jobsQuerySchema,
      response: jobsResponseSchema,
      handle: async ({ token, query, signal }) => {
        const waitMs = Math.min(query.wait * 1000, timing.longPollMs)
        const jobs = await engine.acquire(token, {
          max: query.max,
          waitMs,
          signal,
          checkAccess: () => tokens.recheck(token),
        })
        return { jobs: [...jobs] }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/sessions/self/signals',
      summary:
        'Waits for cancel signals newer than the cursor `after`. They stay until their job ends.',
      token: 'session',
      query: signalsQuerySchema,
      response: signalsResponseSchema,
      handle: async ({ token, query, signal }) => {
        const waitMs = Math.min(query.wait * 1000, timing.longPollMs)
        return engine.signals(token, {
          after: query.after,
          waitMs,
          signal,
          checkAccess: () => tokens.recheck(token),
        })
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/sessions/self',
      summary: 'Ends the session. Started jobs stay with the agent until their leases end.',
      token: 'session',
      handle: async ({ token, reply }) => {
        engine.disconnect(token)
        gateway.drop(token.agentId, 'The agent ended its session.')
        return reply.code(204).send()
      },
    }),
  ]
}
