import { z } from 'zod'

import { dataFiles } from '../../store/index.ts'
import {
  conflict,
  notFound,
  parseWriteBody,
  publicApiPath,
  textOf,
  type Row,
} from '../json-api/index.ts'
import { idOf, sendDocument, userOf, type PublicApi } from '../public-api.ts'
import { configurationVersions, workspaces } from '../resources/index.ts'

import { registerReads } from './read-routes.ts'
import { registerConfigurationUpload } from './upload-configuration.ts'
import { insertRow, requiredRow } from './writes.ts'

const createSchema = z.object({
  'auto-queue-runs': z.boolean().optional(),
  'is-dry': z.boolean().optional(),
})

export function registerConfigurationVersions(api: PublicApi): void {
  const { app, files } = api
  registerReads(api, configurationVersions)
  registerConfigurationUpload(api)

  app.post('/configuration-versions', (request, reply) => {
    const { accountId } = userOf(request)
    const body = parseWriteBody(request.body, 'configuration-versions', createSchema)
    const workspace = { name: 'workspace', resource: workspaces }
    const workspaceId = textOf(requiredRow(api, accountId, body, workspace), 'id')
    const id = api.ids('cv')
    insertRow(api, 'configuration_versions', {
      id,
      workspace_id: workspaceId,
      auto_queue_runs: body.attributes['auto-queue-runs'],
      is_dry: body.attributes['is-dry'],
      created_at: api.clock.now().toISOString(),
    })
    const document = api.reader.one(configurationVersions, accountId, id, emptyQuery)
    const { data } = document
    // Only here, as at Scalr: who creates it, uploads it.
    const upload = `${api.publicUrl()}${publicApiPath}/configuration-versions/${id}/upload`
    return sendDocument(
      reply,
      'links' in data
        ? { ...document, data: { ...data, links: { ...data.links, upload } } }
        : document,
      201,
    )
  })

  app.get('/configuration-versions/:id/download', async (request, reply) => {
    const row = uploadedRow(api, userOf(request).accountId, idOf(request))
    const file = dataFiles.configuration(textOf(row, 'id'))
    const size = await files.size(file)
    if (size === undefined) throw notFound('ConfigurationVersion', textOf(row, 'id'))
    return reply
      .header('content-length', size)
      .header('content-disposition', `attachment; filename="${textOf(row, 'id')}.tar.gz"`)
      .type('application/gzip')
      .send(files.read(file))
  })
}

const emptyQuery = {
  filters: new Map<string, string>(),
  fields: new Map<string, readonly string[]>(),
  sort: [],
  include: [],
  page: { number: 1, size: 1 },
  query: undefined,
} as const

function uploadedRow(api: PublicApi, accountId: string, id: string): Row {
  const row = api.reader.row(configurationVersions, accountId, id)
  if (textOf(row, 'status') !== 'uploaded') {
    throw conflict(`The configuration version is '${textOf(row, 'status')}', not uploaded.`)
  }
  return row
}
