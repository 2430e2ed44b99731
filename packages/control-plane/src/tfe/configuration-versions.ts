import type { FastifyRequest } from 'fastify'
import { z } from 'zod'

import {
  configurationVersions,
  flagOf,
  idOf,
  insertRow,
  notFound,
  nullableTextOf,
  parseWriteBody,
  registerConfigurationUpload,
  setUser,
  textOf,
  userOf,
  type Row,
} from '../public-api/index.ts'

import { sendData, type TfeResource } from './send-data.ts'
import { parameterOf, workspaceRow, type TfeApi } from './tfe-api.ts'
import { tfePath } from './tfe-path.ts'

const createSchema = z.object({
  'auto-queue-runs': z.boolean().default(true),
  speculative: z.boolean().default(false),
})

/** What a run is made of: created with a token, uploaded by a link, as the client does. */
export function registerConfigurationVersions(api: TfeApi): void {
  const { app, linked, links, publicUrl } = api

  function shown(row: Row): TfeResource {
    const id = textOf(row, 'id')
    const isPending = textOf(row, 'status') === 'pending'
    const upload = `${publicUrl()}${tfePath}/configuration-versions/${id}/upload/${links.proofOf(id)}`
    return {
      type: 'configuration-versions',
      id,
      attributes: {
        status: textOf(row, 'status'),
        source: 'tfe-api',
        'auto-queue-runs': flagOf(row, 'auto_queue_runs'),
        speculative: flagOf(row, 'is_dry'),
        error: null,
        'error-message': nullableTextOf(row, 'error_message'),
        'upload-url': isPending ? upload : null,
      },
    }
  }

  app.post('/workspaces/:id/configuration-versions', (request, reply) => {
    const user = userOf(request)
    const workspaceId = textOf(workspaceRow(api, user, idOf(request)), 'id')
    const { attributes } = parseWriteBody(request.body, 'configuration-versions', createSchema)
    const id = api.ids('cv')
    insertRow(api, 'configuration_versions', {
      id,
      workspace_id: workspaceId,
      auto_queue_runs: attributes['auto-queue-runs'],
      is_dry: attributes.speculative,
      created_at: api.clock.now().toISOString(),
    })
    return sendData(reply, shown(api.reader.row(configurationVersions, user.accountId, id)), 201)
  })

  app.get('/configuration-versions/:id', (request, reply) => {
    const { accountId } = userOf(request)
    return sendData(reply, shown(api.reader.row(configurationVersions, accountId, idOf(request))))
  })

  void linked.register((scope, _options, done) => {
    scope.addHook('onRequest', (request, _reply, next) => {
      openLink(request)
      next()
    })
    registerConfigurationUpload({ ...api, app: scope }, '/configuration-versions/:id/upload/:proof')
    done()
  })

  /** The link stands for whoever created the configuration version. */
  function openLink(request: FastifyRequest): void {
    const id = idOf(request)
    const owner = links.isGood(id, parameterOf(request, 'proof'))
      ? api.db.get<{ account_id: string }>(
          `SELECT e.account_id FROM configuration_versions t JOIN workspaces w ON w.id = t.workspace_id
           JOIN environments e ON e.id = w.environment_id WHERE t.id = ?`,
          id,
        )
      : undefined
    if (owner === undefined) throw notFound('ConfigurationVersion', id)
    setUser(request, { kind: 'user', userId: '', accountId: owner.account_id })
  }
}
