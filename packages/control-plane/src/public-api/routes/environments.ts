import { z } from 'zod'

import {
  conflict,
  flagOf,
  invalidRelationship,
  parseWriteBody,
  PublicApiError,
  type WriteBody,
} from '../json-api/index.ts'
import { actionOf, does, nothing, oneOf, writeOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { agentPools, environments } from '../resources/index.ts'

import { requirePoolIn } from './pool-rules.ts'
import { registerReads } from './read-routes.ts'
import { always, refuseRelations } from './refusals.ts'
import { setTags, taggedEnvironments } from './tag-links.ts'
import {
  checkAccount,
  insertRow,
  nameSchema,
  parseActionBody,
  relatedRow,
  sendResource,
  updateRow,
  withUniqueName,
} from './writes.ts'

const updateSchema = z.object({
  name: nameSchema(255).optional(),
  'mask-sensitive-output': z.boolean().optional(),
  'is-federated-to-account': always(false, 'Here environments have no access to each other.'),
  'remote-backend': always(true, 'This control plane keeps the states of all workspaces.'),
  'remote-backend-overridable': z.boolean().optional(),
})
const createSchema = updateSchema.extend({ name: nameSchema(255) })
/** What other accounts of Scalr have, and nobody has here. */
const unknown = {
  one: { 'storage-profile': 'StorageProfile' },
  many: ['default-provider-configurations', 'provider-configurations'],
}
const lockSchema = z.object({ reason: z.string().max(1000).nullish() })

export function registerEnvironments(api: PublicApi): void {
  const { app, db } = api
  registerReads(api, environments)

  app.post(
    '/environments',
    does({
      id: 'create_environment',
      summary: 'Create an Environment',
      body: writeOf(environments, createSchema, 'account', 'default-workspace-agent-pool', 'tags'),
      answer: oneOf(environments, 201),
    }),
    (request, reply) => {
      const { accountId, userId } = userOf(request)
      const body = parseWriteBody(request.body, 'environments', createSchema)
      checkAccount(api, accountId, body)
      refuseRelations(body, unknown)
      const id = api.ids('env')
      withUniqueName('Environment', body.attributes.name, () =>
        db.transaction(() => {
          insertRow(api, 'environments', {
            id,
            account_id: accountId,
            name: body.attributes.name,
            mask_sensitive_output: body.attributes['mask-sensitive-output'],
            remote_backend_overridable: body.attributes['remote-backend-overridable'],
            created_by: userId,
            created_at: api.clock.now().toISOString(),
          })
          setDefaultPool(api, accountId, id, body)
          setTags(api, accountId, taggedEnvironments, { id, body })
        }),
      )
      return sendResource(api, request, reply, { resource: environments, id, status: 201 })
    },
  )

  app.patch(
    '/environments/:id',
    does({
      id: 'update_environment',
      summary: 'Update Environment',
      body: writeOf(environments, updateSchema, 'default-workspace-agent-pool', 'tags'),
      answer: oneOf(environments),
    }),
    (request, reply) => {
      const { accountId } = userOf(request)
      const id = idOf(request)
      api.reader.row(environments, accountId, id)
      const body = parseWriteBody(request.body, 'environments', updateSchema)
      refuseRelations(body, unknown)
      withUniqueName('Environment', body.attributes.name, () =>
        db.transaction(() => {
          updateRow(api, 'environments', id, {
            name: body.attributes.name,
            mask_sensitive_output: body.attributes['mask-sensitive-output'],
            remote_backend_overridable: body.attributes['remote-backend-overridable'],
            updated_at: api.clock.now().toISOString(),
          })
          setDefaultPool(api, accountId, id, body)
          setTags(api, accountId, taggedEnvironments, { id, body })
        }),
      )
      workspacesChanged(api, id)
      return sendResource(api, request, reply, { resource: environments, id })
    },
  )

  app.delete(
    '/environments/:id',
    does({
      id: 'delete_environment',
      summary: 'Delete an Environment',
      answer: nothing(),
      refusals: [403, 409],
    }),
    (request, reply) => {
      const id = idOf(request)
      api.reader.row(environments, userOf(request).accountId, id)
      db.transaction(() => {
        if (db.get('SELECT 1 FROM workspaces WHERE environment_id = ? LIMIT 1', id) !== undefined) {
          throw new PublicApiError(403, {
            title: 'Environment deletion is forbidden.',
            detail: 'It still has workspaces. Delete them first.',
          })
        }
        db.run('DELETE FROM environments WHERE id = ?', id)
      })
      return reply.code(204).send()
    },
  )

  app.post(
    '/environments/:id/actions/lock',
    does({
      id: 'lock_environment',
      summary: 'Lock an Environment',
      body: actionOf(lockSchema),
      answer: oneOf(environments),
      refusals: [409],
    }),
    (request, reply) => {
      const id = idOf(request)
      const row = api.reader.row(environments, userOf(request).accountId, id)
      const { reason } = parseActionBody(request.body, lockSchema)
      if (flagOf(row, 'locked')) throw conflict('Environment already locked.')
      updateRow(api, 'environments', id, { locked: true, lock_reason: reason ?? null })
      return sendResource(api, request, reply, { resource: environments, id })
    },
  )

  app.post(
    '/environments/:id/actions/unlock',
    does({
      id: 'unlock_environment',
      summary: 'Unlock an Environment',
      answer: oneOf(environments),
      refusals: [409],
    }),
    (request, reply) => {
      const id = idOf(request)
      const row = api.reader.row(environments, userOf(request).accountId, id)
      if (!flagOf(row, 'locked')) throw conflict('Environment is not locked.')
      updateRow(api, 'environments', id, { locked: false, lock_reason: null })
      workspacesChanged(api, id)
      return sendResource(api, request, reply, { resource: environments, id })
    },
  )
}

function setDefaultPool(
  api: PublicApi,
  accountId: string,
  environmentId: string,
  body: WriteBody<unknown>,
): void {
  const relation = 'default-workspace-agent-pool'
  const poolId = body.one(relation)
  if (poolId === undefined) return
  if (poolId !== null) {
    const pool = relatedRow(api, accountId, { name: relation, resource: agentPools, id: poolId })
    requirePoolIn(pool, environmentId, (detail) => invalidRelationship(relation, detail))
  }
  updateRow(api, 'environments', environmentId, { default_agent_pool_id: poolId })
}

/** Their queues may move on: another pool, or a lock that is gone. */
function workspacesChanged(api: PublicApi, environmentId: string): void {
  const rows = api.db.all<{ id: string }>(
    'SELECT id FROM workspaces WHERE environment_id = ?',
    environmentId,
  )
  for (const { id } of rows) api.engine.workspaceChanged(id)
}
