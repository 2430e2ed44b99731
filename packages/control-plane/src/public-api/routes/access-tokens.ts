import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { parseListQuery, parseWriteBody, textOf, type ResourceObject } from '../json-api/index.ts'
import { idOf, sendDocument, userOf, type PublicApi } from '../public-api.ts'
import { accessTokens, agentPools } from '../resources/index.ts'

import { registerRead } from './read-routes.ts'
import { sendResource, updateRow } from './writes.ts'

const updateSchema = z.object({
  name: z.string().max(64).nullish(),
  description: z.string().max(255).nullish(),
})
/** Ten years of minutes: more is a slip of the pen. */
const createSchema = updateSchema.extend({ 'expires-in': z.int().min(1).max(5_256_000).nullish() })

const minuteMs = 60_000

type Owner =
  | { readonly kind: 'pool'; readonly poolId: string }
  | { readonly kind: 'user'; readonly userId: string }

export function registerAccessTokens(api: PublicApi): void {
  const { app } = api
  registerRead(api, accessTokens)

  app.get('/agent-pools/:id/access-tokens', (request, reply) => {
    const poolId = idOf(request)
    api.reader.row(agentPools, userOf(request).accountId, poolId)
    return list(api, request, reply, { kind: 'pool', poolId })
  })
  app.post('/agent-pools/:id/access-tokens', (request, reply) => {
    const poolId = idOf(request)
    api.reader.row(agentPools, userOf(request).accountId, poolId)
    return create(api, request, reply, { kind: 'pool', poolId })
  })
  app.get('/access-tokens', (request, reply) =>
    list(api, request, reply, { kind: 'user', userId: userOf(request).userId }),
  )
  app.post('/access-tokens', (request, reply) =>
    create(api, request, reply, { kind: 'user', userId: userOf(request).userId }),
  )

  app.patch('/access-tokens/:id', (request, reply) => {
    const id = idOf(request)
    api.reader.row(accessTokens, userOf(request).accountId, id)
    const { attributes } = parseWriteBody(request.body, 'access-tokens', updateSchema)
    updateRow(api, 'access_tokens', id, {
      name: attributes.name,
      description: attributes.description,
    })
    return sendResource(api, request, reply, { resource: accessTokens, id })
  })

  app.delete('/access-tokens/:id', (request, reply) => {
    const id = idOf(request)
    const row = api.reader.row(accessTokens, userOf(request).accountId, id)
    api.tokens.revoke(id)
    // An open channel was let in by its token: those with another come back at once.
    for (const agent of api.db.all<{ id: string }>(
      "SELECT id FROM agents WHERE pool_id = ? AND kind = 'vcs'",
      textOf(row, 'owner_id'),
    )) {
      api.gateway.drop(agent.id, 'A token of its pool was revoked.')
    }
    return reply.code(204).send()
  })
}

function list(
  api: PublicApi,
  request: FastifyRequest,
  reply: FastifyReply,
  owner: Owner,
): FastifyReply {
  const ownerId = owner.kind === 'pool' ? owner.poolId : owner.userId
  return sendDocument(
    reply,
    api.reader.list(accessTokens, userOf(request).accountId, parseListQuery(request.url), {
      sql: 't.kind = ? AND t.owner_id = ?',
      values: [owner.kind, ownerId],
    }),
  )
}

async function create(
  api: PublicApi,
  request: FastifyRequest,
  reply: FastifyReply,
  owner: Owner,
): Promise<FastifyReply> {
  const { accountId, userId } = userOf(request)
  const { attributes } = parseWriteBody(request.body, 'access-tokens', createSchema)
  const expiresInMinutes = attributes['expires-in']
  const { id, token } = await api.tokens.issue({
    ...owner,
    name: attributes.name ?? null,
    description: attributes.description ?? null,
    createdBy: userId,
    ...(typeof expiresInMinutes === 'number' ? { expiresInMs: expiresInMinutes * minuteMs } : {}),
  })
  const document = api.reader.one(accessTokens, accountId, id, parseListQuery(request.url))
  // The one time that the secret is shown.
  return sendDocument(reply, { ...document, data: withToken(document.data, token) }, 201)
}

function withToken(
  data: ResourceObject | readonly ResourceObject[],
  token: string,
): ResourceObject | readonly ResourceObject[] {
  if (!('attributes' in data)) return data
  return { ...data, attributes: { ...data.attributes, token } }
}
