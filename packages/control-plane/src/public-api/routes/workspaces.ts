import { z } from 'zod'

import {
  conflict,
  flagOf,
  invalidRelationship,
  nullableTextOf,
  parseWriteBody,
  textOf,
  type WriteBody,
} from '../json-api/index.ts'
import { actionOf, does, nothing, oneOf, writeOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { agentPools, configurationVersions, environments, workspaces } from '../resources/index.ts'

import { deleteWorkspace } from './delete-workspace.ts'
import { requirePoolIn } from './pool-rules.ts'
import { registerReads } from './read-routes.ts'
import { setTags, taggedWorkspaces } from './tag-links.ts'
import { registerUnlockState } from './unlock-state.ts'
import { vcsBinding } from './vcs-binding.ts'
import { workspaceChangesSchema, workspaceColumns, workspaceSchema } from './workspace-settings.ts'
import {
  insertRow,
  parseActionBody,
  relatedRow,
  requiredRow,
  sendResource,
  updateRow,
  withUniqueName,
} from './writes.ts'

const lockSchema = z.object({ reason: z.string().max(1000).nullish() })

export function registerWorkspaces(api: PublicApi): void {
  const { app, db } = api
  registerReads(api, workspaces)
  registerUnlockState(api)

  app.post(
    '/workspaces',
    does({
      id: 'create_workspace',
      summary: 'Create a Workspace',
      body: writeOf(
        workspaces,
        workspaceSchema,
        'environment!',
        'agent-pool',
        'vcs-provider',
        'tags',
      ),
      answer: oneOf(workspaces, 201),
    }),
    (request, reply) => {
      const { accountId, userId } = userOf(request)
      const body = parseWriteBody(request.body, 'workspaces', workspaceSchema)
      refuseModule(body)
      const environment = { name: 'environment', resource: environments }
      const environmentId = textOf(requiredRow(api, accountId, body, environment), 'id')
      const id = api.ids('ws')
      const binding = vcsBinding(api, accountId, environmentId, body)
      withUniqueName('Workspace', body.attributes.name, () =>
        db.transaction(() => {
          insertRow(api, 'workspaces', {
            id,
            environment_id: environmentId,
            created_by: userId,
            created_at: api.clock.now().toISOString(),
            ...workspaceColumns(body.attributes),
            ...binding.columns,
            agent_pool_id: poolOf(api, accountId, environmentId, body),
          })
          setTags(api, accountId, taggedWorkspaces, { id, body })
          if (binding.isNew) api.vcs.syncWorkspace(id)
        }),
      )
      return sendResource(api, request, reply, { resource: workspaces, id, status: 201 })
    },
  )

  app.patch(
    '/workspaces/:id',
    does({
      id: 'update_workspace',
      summary: 'Update a Workspace',
      body: writeOf(
        workspaces,
        workspaceChangesSchema,
        'environment',
        'agent-pool',
        'vcs-provider',
        'tags',
      ),
      answer: oneOf(workspaces),
      refusals: [409],
    }),
    (request, reply) => {
      const { accountId } = userOf(request)
      const id = idOf(request)
      const row = api.reader.row(workspaces, accountId, id)
      const body = parseWriteBody(request.body, 'workspaces', workspaceChangesSchema)
      refuseModule(body)
      const environmentId = textOf(row, 'environment_id')
      const wanted = body.one('environment')
      if (wanted !== undefined && wanted !== environmentId) {
        throw invalidRelationship('environment', 'A workspace cannot move to another environment.')
      }
      const binding = vcsBinding(api, accountId, environmentId, body, row)
      withUniqueName('Workspace', body.attributes.name, () =>
        db.transaction(() => {
          updateRow(api, 'workspaces', id, {
            ...workspaceColumns(body.attributes, row),
            ...binding.columns,
            agent_pool_id: poolOf(api, accountId, environmentId, body),
            updated_at: api.clock.now().toISOString(),
          })
          setTags(api, accountId, taggedWorkspaces, { id, body })
          if (binding.isNew) api.vcs.syncWorkspace(id)
        }),
      )
      api.engine.workspaceChanged(id)
      return sendResource(api, request, reply, { resource: workspaces, id })
    },
  )

  app.delete(
    '/workspaces/:id',
    does({
      id: 'delete_workspace',
      summary: 'Delete a Workspace',
      answer: nothing(),
      refusals: [409],
    }),
    async (request, reply) => {
      const id = idOf(request)
      await deleteWorkspace(api, api.reader.row(workspaces, userOf(request).accountId, id))
      return reply.code(204).send()
    },
  )

  app.post(
    '/workspaces/:id/actions/resync',
    does({
      id: 'resync_workspace',
      summary: 'Resync a Workspace',
      answer: oneOf(configurationVersions, 201),
      refusals: [409],
    }),
    (request, reply) => {
      const row = api.reader.row(workspaces, userOf(request).accountId, idOf(request))
      if (nullableTextOf(row, 'vcs_provider_id') === null) {
        throw conflict('Workspace is not bound to any repository.')
      }
      const id = api.vcs.syncWorkspace(textOf(row, 'id'))
      return sendResource(api, request, reply, { resource: configurationVersions, id, status: 201 })
    },
  )

  app.post(
    '/workspaces/:id/actions/lock',
    does({
      id: 'lock_workspace',
      summary: 'Lock a Workspace',
      body: actionOf(lockSchema),
      answer: oneOf(workspaces),
      refusals: [409],
    }),
    (request, reply) => {
      const { accountId, userId } = userOf(request)
      const id = idOf(request)
      const { reason } = parseActionBody(request.body, lockSchema)
      db.transaction(() => {
        const row = api.reader.row(workspaces, accountId, id)
        if (flagOf(row, 'locked') || nullableTextOf(row, 'holding_run_id') !== null) {
          throw conflict('Workspace already locked.')
        }
        updateRow(api, 'workspaces', id, {
          locked: true,
          lock_reason: reason ?? null,
          locked_by: userId,
        })
      })
      return sendResource(api, request, reply, { resource: workspaces, id })
    },
  )

  app.post(
    '/workspaces/:id/actions/unlock',
    does({
      id: 'unlock_workspace',
      summary: 'Unlock a Workspace',
      answer: oneOf(workspaces),
      refusals: [409],
    }),
    (request, reply) => {
      const { accountId, userId } = userOf(request)
      const id = idOf(request)
      db.transaction(() => {
        const row = api.reader.row(workspaces, accountId, id)
        const lockedBy = nullableTextOf(row, 'locked_by')
        if (!flagOf(row, 'locked') || (lockedBy !== null && lockedBy !== userId)) {
          throw conflict('Workspace already unlocked, or locked by a different user.')
        }
        updateRow(api, 'workspaces', id, { locked: false, lock_reason: null, locked_by: null })
      })
      api.engine.workspaceChanged(id)
      return sendResource(api, request, reply, { resource: workspaces, id })
    },
  )
}

/** Passed over, it would leave a workspace that waits for a configuration for ever. */
function refuseModule(body: WriteBody<unknown>): void {
  const relation = 'module-version'
  if (typeof body.one(relation) !== 'string') return
  throw invalidRelationship(
    relation,
    'Workspaces are not made of modules here: bind the repository of the module, or upload a configuration that calls it.',
  )
}

function poolOf(
  api: PublicApi,
  accountId: string,
  environmentId: string,
  body: WriteBody<unknown>,
): string | null | undefined {
  const poolId = body.one('agent-pool')
  if (typeof poolId !== 'string') return poolId
  const pool = relatedRow(api, accountId, {
    name: 'agent-pool',
    resource: agentPools,
    id: poolId,
  })
  requirePoolIn(pool, environmentId, (detail) => invalidRelationship('agent-pool', detail))
  return poolId
}
