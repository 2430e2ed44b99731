import { z } from 'zod'

import {
  conflict,
  flagOf,
  invalidAttribute,
  invalidRelationship,
  nullableTextOf,
  parseWriteBody,
  textOf,
  type WriteBody,
} from '../json-api/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { agentPools, environments, workspaces } from '../resources/index.ts'

import { deleteWorkspace } from './delete-workspace.ts'
import { requirePoolIn } from './pool-rules.ts'
import { registerReads } from './read-routes.ts'
import {
  insertRow,
  nameSchema,
  parseActionBody,
  relatedRow,
  requiredRow,
  sendResource,
  updateRow,
  withUniqueName,
  type Changes,
} from './writes.ts'

const hook = z.string().max(65_535).nullish()
const workspaceName = nameSchema(255).refine((name) => /^[A-Za-z0-9_-]+$/u.test(name), {
  message: 'Name may hold letters, numbers, `-` and `_` only.',
})
/** A path below the configuration's root. */
const relativePath = z
  .string()
  .max(255)
  .refine(
    (path) => !path.startsWith('/') && !path.split('/').includes('..') && !path.includes('\0'),
    { message: 'The path must be relative and stay in the configuration.' },
  )

const updateSchema = z.object({
  name: workspaceName.optional(),
  'auto-apply': z.boolean().optional(),
  'auto-queue-runs': z.enum(['always', 'never', 'skip_first', 'on_create_only']).optional(),
  'execution-mode': z.enum(['remote', 'local']).optional(),
  'iac-platform': z.enum(['terraform', 'opentofu']).optional(),
  'terraform-version': z
    .string()
    .regex(/^\d+\.\d+\.\d+(-[A-Za-z0-9.]+)?$/u, 'Use a full version, such as 1.11.4.')
    .nullish(),
  'working-directory': relativePath.nullish(),
  'var-files': z.array(relativePath).nullish(),
  hooks: z
    .object({
      'pre-init': hook,
      'pre-plan': hook,
      'post-plan': hook,
      'pre-apply': hook,
      'post-apply': hook,
    })
    .nullish(),
  'run-operation-timeout': z.int().min(1).max(10_080).nullish(),
  'deletion-protection-enabled': z.boolean().optional(),
  'environment-type': z
    .enum(['production', 'staging', 'testing', 'development', 'unmapped'])
    .optional(),
})
const createSchema = updateSchema.extend({ name: workspaceName })
const lockSchema = z.object({ reason: z.string().max(1000).nullish() })

export function registerWorkspaces(api: PublicApi): void {
  const { app, db } = api
  registerReads(api, workspaces)

  app.post('/workspaces', (request, reply) => {
    const { accountId, userId } = userOf(request)
    const body = parseWriteBody(request.body, 'workspaces', createSchema)
    const environment = { name: 'environment', resource: environments }
    const environmentId = textOf(requiredRow(api, accountId, body, environment), 'id')
    const id = api.ids('ws')
    withUniqueName('Workspace', body.attributes.name, () =>
      db.transaction(() => {
        insertRow(api, 'workspaces', {
          id,
          environment_id: environmentId,
          created_by: userId,
          created_at: api.clock.now().toISOString(),
          ...changesOf(body.attributes),
          agent_pool_id: poolOf(api, accountId, environmentId, body),
        })
      }),
    )
    return sendResource(api, request, reply, { resource: workspaces, id, status: 201 })
  })

  app.patch('/workspaces/:id', (request, reply) => {
    const { accountId } = userOf(request)
    const id = idOf(request)
    const row = api.reader.row(workspaces, accountId, id)
    const body = parseWriteBody(request.body, 'workspaces', updateSchema)
    const environmentId = textOf(row, 'environment_id')
    const wanted = body.one('environment')
    if (wanted !== undefined && wanted !== environmentId) {
      throw invalidRelationship('environment', 'A workspace cannot move to another environment.')
    }
    withUniqueName('Workspace', body.attributes.name, () =>
      db.transaction(() => {
        updateRow(api, 'workspaces', id, {
          ...changesOf(body.attributes),
          agent_pool_id: poolOf(api, accountId, environmentId, body),
          updated_at: api.clock.now().toISOString(),
        })
      }),
    )
    api.engine.workspaceChanged(id)
    return sendResource(api, request, reply, { resource: workspaces, id })
  })

  app.delete('/workspaces/:id', async (request, reply) => {
    const id = idOf(request)
    await deleteWorkspace(api, api.reader.row(workspaces, userOf(request).accountId, id))
    return reply.code(204).send()
  })

  app.post('/workspaces/:id/actions/lock', (request, reply) => {
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
  })

  app.post('/workspaces/:id/actions/unlock', (request, reply) => {
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
  })
}

function changesOf(attributes: z.infer<typeof updateSchema>): Changes {
  const varFiles = attributes['var-files']
  const hooks = attributes.hooks
  const timeout = attributes['run-operation-timeout']
  if (attributes['execution-mode'] === 'local' && attributes['auto-apply'] === true) {
    throw invalidAttribute('auto-apply', 'A workspace in local execution mode has no runs.')
  }
  return {
    name: attributes.name,
    auto_apply: attributes['auto-apply'],
    auto_queue_runs: attributes['auto-queue-runs'],
    execution_mode: attributes['execution-mode'],
    iac_platform: attributes['iac-platform'],
    iac_version: attributes['terraform-version'],
    working_directory: attributes['working-directory'],
    var_files_json: varFiles === undefined ? undefined : JSON.stringify(varFiles ?? []),
    hooks_json: hooks === undefined || hooks === null ? hooks : JSON.stringify(hooks),
    run_operation_timeout_minutes: timeout,
    deletion_protection: attributes['deletion-protection-enabled'],
    environment_type: attributes['environment-type'],
  }
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
