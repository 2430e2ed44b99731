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
import { does, fileOf, oneOf, writeOf } from '../openapi/index.ts'
import { idOf, sendDocument, userOf, type PublicApi } from '../public-api.ts'
import { configurationVersions, workspaces } from '../resources/index.ts'

import { registerReads } from './read-routes.ts'
import { sendStored } from './send-stored.ts'
import { registerConfigurationUpload } from './upload-configuration.ts'
import { insertRow, requiredRow } from './writes.ts'

const line = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^\P{Cc}*$/u, 'Must be one line of text.')

const createSchema = z.object({
  'auto-queue-runs': z.boolean().optional(),
  'is-dry': z.boolean().optional(),
  // Our own: who uploads may say where it is from.
  'agent-vcs-revision': z
    .object({
      branch: line(255).min(1, 'Branch cannot be empty.'),
      'commit-sha': z.string().regex(/^[0-9a-f]{7,64}$/u, 'Commit SHA must be hexadecimal.'),
      'commit-message': z.string().max(65_535).nullish(),
      'commit-url': line(2048).nullish(),
      'repository-id': line(255).nullish(),
      'clone-url': line(2048).nullish(),
      'sender-username': line(255).nullish(),
    })
    .nullish(),
})

export function registerConfigurationVersions(api: PublicApi): void {
  const { app, db } = api
  registerReads(api, configurationVersions)
  registerConfigurationUpload(api)

  app.post(
    '/configuration-versions',
    does({
      id: 'create_configuration_version',
      summary: 'Create a Configuration Version',
      body: writeOf(configurationVersions, createSchema, 'workspace!'),
      answer: oneOf(configurationVersions, 201),
      refusals: [409],
    }),
    (request, reply) => {
      const { accountId } = userOf(request)
      const body = parseWriteBody(request.body, 'configuration-versions', createSchema)
      const workspace = { name: 'workspace', resource: workspaces }
      const workspaceId = textOf(requiredRow(api, accountId, body, workspace), 'id')
      const id = api.ids('cv')
      const revision = body.attributes['agent-vcs-revision']
      db.transaction(() => {
        insertRow(api, 'configuration_versions', {
          id,
          workspace_id: workspaceId,
          auto_queue_runs: body.attributes['auto-queue-runs'],
          is_dry: body.attributes['is-dry'],
          created_at: api.clock.now().toISOString(),
        })
        if (revision === null || revision === undefined) return
        insertRow(api, 'vcs_revisions', {
          id: api.ids('vcsrev'),
          configuration_version_id: id,
          branch: revision.branch,
          commit_sha: revision['commit-sha'],
          commit_message: revision['commit-message'],
          commit_url: revision['commit-url'],
          repository_id: revision['repository-id'],
          clone_url: revision['clone-url'],
          sender_username: revision['sender-username'],
        })
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
    },
  )

  app.get(
    '/configuration-versions/:id/download',
    does({
      id: 'download_configuration_version',
      summary: 'Download Configuration Version',
      answer: fileOf('application/gzip'),
      refusals: [409],
    }),
    async (request, reply) => {
      const row = uploadedRow(api, userOf(request).accountId, idOf(request))
      const id = textOf(row, 'id')
      return sendStored(api, reply, {
        file: dataFiles.configuration(id),
        mediaType: 'application/gzip',
        fileName: `${id}.tar.gz`,
        missing: notFound('ConfigurationVersion', id),
      })
    },
  )
}

const emptyQuery = {
  filters: new Map<string, string>(),
  fields: new Map<string, readonly string[]>(),
  sort: [],
  include: [],
  page: { number: 1, size: 1 },
  query: undefined,
  switches: new Set<string>(),
} as const

function uploadedRow(api: PublicApi, accountId: string, id: string): Row {
  const row = api.reader.row(configurationVersions, accountId, id)
  if (textOf(row, 'status') !== 'uploaded') {
    throw conflict(`The configuration version is '${textOf(row, 'status')}', not uploaded.`)
  }
  return row
}
