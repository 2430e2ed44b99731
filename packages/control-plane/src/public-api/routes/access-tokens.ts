import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import {
  notFound,
  parseWriteBody,
  textOf,
  type ResourceObject,
  type Row,
} from '../json-api/index.ts'
import { does, listOf, nothing, oneOf, summaryOf, writeOf } from '../openapi/index.ts'
import { idOf, queryOf, sendDocument, userOf, type PublicApi } from '../public-api.ts'
import { accessTokens, agentPools, serviceAccounts } from '../resources/index.ts'

import { agentsOf, endAccess } from './pool-access.ts'
import { never } from './refusals.ts'
import { sendResource, updateRow } from './writes.ts'

const changesSchema = z.object({
  name: z.string().max(64).nullish(),
  description: z.string().max(255).nullish(),
})
/** Ten years of minutes: more is a slip of the pen. */
const createSchema = changesSchema.extend({ 'expires-in': z.int().min(1).max(5_256_000).nullish() })

const updateSchema = changesSchema.extend({
  'expires-in': never('The end of a token cannot be moved. Make another one.'),
})

const minuteMs = 60_000

type Owner =
  | { readonly kind: 'pool'; readonly poolId: string }
  | { readonly kind: 'service-account'; readonly serviceAccountId: string }
  | { readonly kind: 'user'; readonly userId: string }

export function registerAccessTokens(api: PublicApi): void {
  const { app } = api

  const lists = [
    {
      path: '/agent-pools/:id/access-tokens',
      ids: ['list_agent_pool_access_tokens', 'create_agent_pool_token'],
      ownerOf: (request: FastifyRequest): Owner => ({
        kind: 'pool',
        poolId: textOf(api.reader.row(agentPools, userOf(request).accountId, idOf(request)), 'id'),
      }),
    },
    {
      path: '/service-accounts/:id/access-tokens',
      ids: ['list_service_account_access_tokens', 'create_service_account_token'],
      ownerOf: (request: FastifyRequest): Owner => ({
        kind: 'service-account',
        serviceAccountId: textOf(
          api.reader.row(serviceAccounts, userOf(request).accountId, idOf(request)),
          'id',
        ),
      }),
    },
    {
      path: '/access-tokens',
      ids: ['list_access_tokens', 'create_access_token'],
      ownerOf: callerOf,
    },
  ] as const
  for (const { path, ids, ownerOf } of lists) {
    const [listId, createId] = ids
    const listing = does({ id: listId, summary: summaryOf(listId), answer: listOf(accessTokens) })
    app.get(path, listing, (request, reply) => list(api, request, reply, ownerOf(request)))
    const creating = does({
      id: createId,
      summary: summaryOf(createId),
      body: writeOf(accessTokens, createSchema),
      answer: oneOf(accessTokens, 201),
    })
    app.post(path, creating, (request, reply) => create(api, request, reply, ownerOf(request)))
  }

  app.get(
    '/access-tokens/:id',
    does({ id: 'get_access_token', summary: 'Get an Access Token', answer: oneOf(accessTokens) }),
    (request, reply) => {
      const id = textOf(tokenRow(api, request), 'id')
      return sendResource(api, request, reply, { resource: accessTokens, id })
    },
  )

  app.patch(
    '/access-tokens/:id',
    does({
      id: 'update_access_token',
      summary: 'Update an Access Token',
      body: writeOf(accessTokens, updateSchema),
      answer: oneOf(accessTokens),
    }),
    (request, reply) => {
      const id = textOf(tokenRow(api, request), 'id')
      const { attributes } = parseWriteBody(request.body, 'access-tokens', updateSchema)
      updateRow(api, 'access_tokens', id, {
        name: attributes.name,
        description: attributes.description,
      })
      return sendResource(api, request, reply, { resource: accessTokens, id })
    },
  )

  app.delete(
    '/access-tokens/:id',
    does({ id: 'delete_access_token', summary: 'Delete an Access Token', answer: nothing() }),
    (request, reply) => {
      const row = tokenRow(api, request)
      api.tokens.revoke(textOf(row, 'id'))
      if (textOf(row, 'kind') === 'pool') {
        endAccess(api, agentsOf(api, textOf(row, 'owner_id')), 'A token of its pool was revoked.')
      }
      return reply.code(204).send()
    },
  )
}

function callerOf(request: FastifyRequest): Owner {
  const { kind, userId } = userOf(request)
  return kind === 'service-account' ? { kind, serviceAccountId: userId } : { kind: 'user', userId }
}

/** A user sees all of the account; a service account its own, and those of pools. */
function tokenRow(api: PublicApi, request: FastifyRequest): Row {
  const { accountId, userId, kind } = userOf(request)
  const row = api.reader.row(accessTokens, accountId, idOf(request))
  const isVisible =
    kind === 'user' || textOf(row, 'kind') === 'pool' || textOf(row, 'owner_id') === userId
  if (!isVisible) throw notFound(accessTokens.model, idOf(request))
  return row
}

function ownerIdOf(owner: Owner): string {
  switch (owner.kind) {
    case 'pool':
      return owner.poolId
    case 'service-account':
      return owner.serviceAccountId
    case 'user':
      return owner.userId
  }
}

function list(
  api: PublicApi,
  request: FastifyRequest,
  reply: FastifyReply,
  owner: Owner,
): FastifyReply {
  return sendDocument(
    reply,
    api.reader.list(accessTokens, userOf(request).accountId, queryOf(request), {
      sql: 't.kind = ? AND t.owner_id = ?',
      values: [owner.kind, ownerIdOf(owner)],
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
  const document = api.reader.one(accessTokens, accountId, id, queryOf(request))
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
