import type { FastifyRequest } from 'fastify'
import { z } from 'zod'

import {
  deleteWorkspace,
  idOf,
  insertRow,
  parseWriteBody,
  PublicApiError,
  userOf,
  withUniqueName,
  workspaceColumns,
  workspaces,
  workspaceSchema,
  type Row,
} from '../public-api/index.ts'

import { currentRunOf } from './current-run.ts'
import { listRequest } from './list-request.ts'
import { sendData, sendList, type TfeResource } from './send-data.ts'
import { environmentIdOf, parameterOf, workspaceRow, type TfeApi } from './tfe-api.ts'
import { workspaceResource } from './workspace-resource.ts'

/** What `terraform init` says of a workspace that it makes; all else is passed over. */
const createSchema = z.object({
  name: workspaceSchema.shape.name,
  'terraform-version': z.string().max(64).nullish(),
  'auto-apply': z.boolean().optional(),
  'working-directory': workspaceSchema.shape['working-directory'],
  operations: z.boolean().optional(),
  // Terraform Enterprise has two words for what is done elsewhere.
  'execution-mode': z
    .enum(['remote', 'agent', 'local'])
    .transform((mode) => (mode === 'local' ? 'local' : 'remote'))
    .optional(),
})

/** Workspaces by name below their environment, and by id. */
export function registerWorkspaces(api: TfeApi): void {
  const { app, db } = api
  const below = '/organizations/:organization/workspaces'

  function byName(request: FastifyRequest): Row {
    const user = userOf(request)
    const environmentId = environmentIdOf(api, user, parameterOf(request, 'organization'))
    const found = db.get<{ id: string }>(
      'SELECT id FROM workspaces WHERE environment_id = ? AND name = ?',
      environmentId,
      parameterOf(request, 'name'),
    )
    if (found === undefined) throw noWorkspace()
    return workspaceRow(api, user, found.id)
  }

  function shown(request: FastifyRequest, row: Row): TfeResource {
    const isRun = userOf(request).kind === 'run'
    return workspaceResource(row, { isRun, currentRunId: currentRunOf(db, row) })
  }

  app.get(below, (request, reply) => {
    const user = userOf(request)
    const environmentId = environmentIdOf(api, user, parameterOf(request, 'organization'))
    const { page, name = '' } = listRequest(request.url)
    // `instr` has no wildcards that a name could hold. A run sees its own workspace.
    const where = `environment_id = ? AND instr(name, ?) > 0 AND (id = ? OR ? IS NULL)`
    const values = [environmentId, name, user.workspaceId ?? null, user.workspaceId ?? null]
    const total = db.get<{ count: number }>(
      `SELECT count(*) AS count FROM workspaces WHERE ${where}`,
      ...values,
    )
    const found = db.all<{ id: string }>(
      `SELECT id FROM workspaces WHERE ${where} ORDER BY name, id LIMIT ? OFFSET ?`,
      ...values,
      page.size,
      (page.number - 1) * page.size,
    )
    const rows = found.map(({ id }) => shown(request, workspaceRow(api, user, id)))
    return sendList(reply, rows, { page, total: total?.count ?? 0 })
  })

  app.post(below, (request, reply) => {
    const user = userOf(request)
    const environmentId = environmentIdOf(api, user, parameterOf(request, 'organization'))
    const { attributes } = parseWriteBody(request.body, 'workspaces', createSchema)
    const id = api.ids('ws')
    const columns = workspaceColumns({
      name: attributes.name,
      'auto-apply': attributes['auto-apply'],
      'working-directory': attributes['working-directory'],
      'execution-mode':
        attributes['execution-mode'] ?? (attributes.operations === false ? 'local' : undefined),
      ...toolOf(request, attributes['terraform-version'] ?? undefined),
    })
    withUniqueName('Workspace', attributes.name, () =>
      insertRow(api, 'workspaces', {
        id,
        environment_id: environmentId,
        created_by: user.userId,
        created_at: api.clock.now().toISOString(),
        ...columns,
      }),
    )
    return sendData(reply, shown(request, workspaceRow(api, user, id)), 201)
  })

  app.get(`${below}/:name`, (request, reply) => sendData(reply, shown(request, byName(request))))
  app.delete(`${below}/:name`, async (request, reply) => {
    await deleteWorkspace(api, byName(request))
    return reply.code(204).send()
  })

  app.get('/workspaces/:id', (request, reply) =>
    sendData(reply, shown(request, workspaceRow(api, userOf(request), idOf(request)))),
  )
  app.delete('/workspaces/:id', async (request, reply) => {
    await deleteWorkspace(api, api.reader.row(workspaces, userOf(request).accountId, idOf(request)))
    return reply.code(204).send()
  })
}

/**
 * The tool that asks is the one that the workspace is for. A version that agents could not find, such as
 * that of a build of one's own, is left to the agent.
 */
function toolOf(
  request: FastifyRequest,
  version: string | undefined,
): {
  readonly 'iac-platform': 'terraform' | 'opentofu'
  readonly 'terraform-version'?: string
} {
  const isTofu = request.headers['user-agent']?.startsWith('OpenTofu/') === true
  const platform = isTofu ? 'opentofu' : 'terraform'
  return version !== undefined && /^\d+\.\d+\.\d+$/u.test(version)
    ? { 'iac-platform': platform, 'terraform-version': version }
    : { 'iac-platform': platform }
}

/** Terraform makes a workspace that is not found. */
function noWorkspace(): PublicApiError {
  return new PublicApiError(404, { title: 'not found' })
}
