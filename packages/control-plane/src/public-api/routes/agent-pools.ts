import { z } from 'zod'

import {
  conflict,
  flagOf,
  idsOf,
  invalidAttribute,
  invalidRelationship,
  parseWriteBody,
  relationsNotFound,
  textOf,
  type Resource,
  type Row,
  type WriteBody,
} from '../json-api/index.ts'
import { does, nothing, oneOf, writeOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { agentPools, environments, workspaces } from '../resources/index.ts'

import { agentsOf, endAccess } from './pool-access.ts'
import { isPoolIn, relaysOnly } from './pool-rules.ts'
import { checkWebhook, webhookAttributes, webhookColumns } from './pool-webhook.ts'
import { registerReads } from './read-routes.ts'
import {
  checkAccount,
  insertRow,
  nameSchema,
  sendResource,
  updateRow,
  withUniqueName,
} from './writes.ts'

const updateSchema = z.object({
  name: nameSchema(64).optional(),
  default: z.boolean().optional(),
  'is-shared': z.boolean().optional(),
  'vcs-enabled': z.boolean().optional(),
  ...webhookAttributes,
})
const createSchema = updateSchema.extend({ name: nameSchema(64) })
type Body = WriteBody<z.infer<typeof updateSchema>>

export function registerAgentPools(api: PublicApi): void {
  const { app, db } = api
  registerReads(api, agentPools)

  app.post(
    '/agent-pools',
    does({
      id: 'create_agent_pool',
      summary: 'Create an Agent Pool',
      body: writeOf(agentPools, createSchema, 'account', 'environments', 'workspaces'),
      answer: oneOf(agentPools, 201),
      refusals: [409],
    }),
    (request, reply) => {
      const { accountId } = userOf(request)
      const body = parseWriteBody(request.body, 'agent-pools', createSchema)
      checkAccount(api, accountId, body)
      refuseEnvironment(body)
      const id = api.ids('apool')
      withUniqueName('Agent pool', body.attributes.name, () =>
        db.transaction(() => {
          insertRow(api, 'agent_pools', {
            id,
            account_id: accountId,
            name: body.attributes.name,
            is_shared: body.attributes['is-shared'],
            vcs_enabled: body.attributes['vcs-enabled'],
            ...webhookColumns(body.attributes),
            created_at: api.clock.now().toISOString(),
          })
          setLinks(api, accountId, id, body)
        }),
      )
      return sendResource(api, request, reply, { resource: agentPools, id, status: 201 })
    },
  )

  app.patch(
    '/agent-pools/:id',
    does({
      id: 'update_agent_pool',
      summary: 'Update an Agent Pool',
      body: writeOf(agentPools, updateSchema, 'environments', 'workspaces'),
      answer: oneOf(agentPools),
      refusals: [409],
    }),
    (request, reply) => {
      const { accountId } = userOf(request)
      const id = idOf(request)
      const before = api.reader.row(agentPools, accountId, id)
      const body = parseWriteBody(request.body, 'agent-pools', updateSchema)
      refuseEnvironment(body)
      withUniqueName('Agent pool', body.attributes.name, () =>
        db.transaction(() => {
          checkKind(before, body)
          updateRow(api, 'agent_pools', id, {
            name: body.attributes.name,
            is_shared: body.attributes['is-shared'],
            vcs_enabled: body.attributes['vcs-enabled'],
            ...webhookColumns(body.attributes, before),
          })
          setLinks(api, accountId, id, body)
          api.engine.poolWebhookChanged(id)
        }),
      )
      const after = api.reader.row(agentPools, accountId, id)
      const touched = new Set([...idsOf(before, 'workspace_ids'), ...idsOf(after, 'workspace_ids')])
      for (const workspaceId of touched) api.engine.workspaceChanged(workspaceId)
      return sendResource(api, request, reply, { resource: agentPools, id })
    },
  )

  app.delete(
    '/agent-pools/:id',
    does({
      id: 'delete_agent_pool',
      summary: 'Delete an Agent Pool',
      answer: nothing(),
      refusals: [409],
    }),
    (request, reply) => {
      const id = idOf(request)
      const agents = db.transaction(() => {
        const row = api.reader.row(agentPools, userOf(request).accountId, id)
        if (api.engine.isPoolBusy(id)) throw conflict("Can't be deleted. Has busy agents.")
        if (flagOf(row, 'in_use')) {
          throw conflict(
            "Can't be deleted. Workspaces, environments or VCS providers are linked to it.",
          )
        }
        const queued = db.get(
          "SELECT 1 FROM jobs WHERE pool_id = ? AND state <> 'finished' LIMIT 1",
          id,
        )
        if (queued !== undefined)
          throw conflict("Can't be deleted. Runs are waiting for its agents.")
        db.run("DELETE FROM access_tokens WHERE kind = 'pool' AND owner_id = ?", id)
        const found = agentsOf(api, id)
        db.run('DELETE FROM agent_pools WHERE id = ?', id)
        return found
      })
      endAccess(api, agents, 'Its pool was deleted.')
      return reply.code(204).send()
    },
  )
}

/** Default flag, environments and workspaces; then the rules that hold between them. */
function setLinks(api: PublicApi, accountId: string, poolId: string, body: Body): void {
  const { db } = api
  const makeDefault = body.attributes.default
  if (makeDefault === true) {
    db.run('UPDATE agent_pools SET is_default = 0 WHERE account_id = ?', accountId)
  }
  if (makeDefault !== undefined) updateRow(api, 'agent_pools', poolId, { is_default: makeDefault })

  const environmentIds = body.many('environments')
  if (environmentIds !== undefined) {
    requireAll(api, accountId, 'environments', environments, environmentIds)
    db.run('DELETE FROM agent_pool_environments WHERE pool_id = ?', poolId)
    for (const id of environmentIds) {
      insertRow(api, 'agent_pool_environments', { pool_id: poolId, environment_id: id })
    }
  }
  const workspaceIds = body.many('workspaces')
  if (workspaceIds !== undefined) {
    requireAll(api, accountId, 'workspaces', workspaces, workspaceIds)
    db.run('UPDATE workspaces SET agent_pool_id = NULL WHERE agent_pool_id = ?', poolId)
    for (const id of workspaceIds) updateRow(api, 'workspaces', id, { agent_pool_id: poolId })
  }
  checkRules(api, accountId, poolId)
  checkWebhook(api.reader.row(agentPools, accountId, poolId))
}

/** Agents of a pool run jobs, or they relay: that follows from the pool, and not from one day to the other. */
/** Scalr's older way to say who may use the pool, which it has given up. */
function refuseEnvironment(body: Body): void {
  if (typeof body.one('environment') !== 'string') return
  throw invalidRelationship('environment', "Give 'environments', the list of them.")
}

function checkKind(before: Row, body: Body): void {
  const wanted = body.attributes['vcs-enabled']
  if (wanted === undefined || wanted === flagOf(before, 'vcs_enabled')) return
  if (flagOf(before, 'in_use') || idsOf(before, 'agent_ids').length > 0) {
    throw invalidAttribute(
      'vcs-enabled',
      'It cannot be changed while the pool has agents, or workspaces, environments or VCS providers are linked to it.',
    )
  }
}

function checkRules(api: PublicApi, accountId: string, poolId: string): void {
  const pool = api.reader.row(agentPools, accountId, poolId)
  if (flagOf(pool, 'vcs_enabled') && flagOf(pool, 'is_default')) {
    throw invalidAttribute('default', relaysOnly(pool))
  }
  if (flagOf(pool, 'is_default') && !flagOf(pool, 'is_shared')) {
    throw invalidAttribute('default', 'The default agent pool of the account must be shared.')
  }
  for (const workspaceId of idsOf(pool, 'workspace_ids')) {
    if (flagOf(pool, 'vcs_enabled')) throw invalidRelationship('workspaces', relaysOnly(pool))
    const workspace = api.reader.row(workspaces, accountId, workspaceId)
    if (isPoolIn(pool, textOf(workspace, 'environment_id'))) continue
    throw invalidRelationship(
      'environments',
      `Workspace '${textOf(workspace, 'name')}' uses the agent pool, but its environment ` +
        `'${textOf(workspace, 'environment_id')}' would not be linked to it.`,
    )
  }
  for (const environmentId of idsOf(pool, 'default_environment_ids')) {
    if (isPoolIn(pool, environmentId)) continue
    throw invalidRelationship(
      'environments',
      `The agent pool is the default of environment '${environmentId}', which would not be linked to it.`,
    )
  }
}

function requireAll(
  api: PublicApi,
  accountId: string,
  relation: string,
  resource: Resource,
  ids: readonly string[],
): void {
  for (const id of ids) {
    if (api.reader.find(resource, accountId, id) === undefined) {
      throw relationsNotFound(relation, id)
    }
  }
}
