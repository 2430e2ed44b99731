import { z } from 'zod'

import { dataFiles } from '../../store/index.ts'
import {
  conflict,
  invalidAttribute,
  invalidRelationship,
  notFound,
  parseWriteBody,
  textOf,
  type WriteBody,
} from '../json-api/index.ts'
import { actionOf, does, fileOf, nothing, oneOf, writeOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { moduleVersions, modules, vcsProviders } from '../resources/index.ts'

import { registerReads } from './read-routes.ts'
import { sendStored } from './send-stored.ts'
import { repositoryFolder, repositoryIdentifier } from './vcs-binding.ts'
import {
  checkAccount,
  insertRow,
  parseActionBody,
  requiredRow,
  sendResource,
  withUniqueName,
} from './writes.ts'

/** As Terraform takes them in a module source. */
const namePart = z
  .string()
  .max(64)
  .regex(/^[0-9A-Za-z](?:[0-9A-Za-z_-]{0,62}[0-9A-Za-z])?$/u, {
    message: 'Must hold letters, digits, `-` and `_`, and begin and end with a letter or digit.',
  })

const createSchema = z.object({
  name: namePart.nullish(),
  provider: z
    .string()
    .max(64)
    .regex(/^[0-9a-z]{1,64}$/u, 'Must hold lower-case letters and digits, such as aws.')
    .nullish(),
  'vcs-repo': z.object(
    {
      identifier: repositoryIdentifier,
      path: repositoryFolder.nullish(),
      'tag-prefix': z
        .string()
        .max(255)
        .regex(/^[^\s\p{Cc}]*$/u, 'A prefix of tags holds no blanks.')
        .nullish(),
    },
    { error: 'VCS repository cannot be empty.' },
  ),
})
type Attributes = z.infer<typeof createSchema>

const resyncSchema = z.object({ force: z.boolean().default(false) })

/** Modules of the registry: each tag of their repository that is a version becomes one. */
export function registerModules(api: PublicApi): void {
  const { app, db, files, vcs } = api
  registerReads(api, modules)
  registerReads(api, moduleVersions)

  app.post(
    '/modules',
    does({
      id: 'create_module',
      summary: 'Publish a Module',
      body: writeOf(modules, createSchema, 'account', 'vcs-provider!'),
      answer: oneOf(modules, 201),
      refusals: [409],
    }),
    (request, reply) => {
      const { accountId, userId } = userOf(request)
      const body = parseWriteBody(request.body, 'modules', createSchema)
      checkAccount(api, accountId, body)
      refuseScopes(body)
      const relation = { name: 'vcs-provider', resource: vcsProviders }
      const providerId = textOf(requiredRow(api, accountId, body, relation), 'id')
      const { name, provider } = nameOf(body.attributes)
      const repo = body.attributes['vcs-repo']
      const id = api.ids('mod')
      withUniqueName('Module', `${name}/${provider}`, () =>
        db.transaction(() => {
          insertRow(api, 'modules', {
            id,
            account_id: accountId,
            vcs_provider_id: providerId,
            vcs_repo_json: JSON.stringify({
              identifier: repo.identifier,
              path: repo.path ?? '',
              'tag-prefix': repo['tag-prefix'] ?? '',
            }),
            name,
            provider,
            created_by: userId,
            created_at: api.clock.now().toISOString(),
          })
          vcs.syncModule(id)
        }),
      )
      return sendResource(api, request, reply, { resource: modules, id, status: 201 })
    },
  )

  app.delete(
    '/modules/:id',
    does({
      id: 'delete_module',
      summary: 'Unpublish a Module',
      answer: nothing(),
      refusals: [409],
    }),
    async (request, reply) => {
      const id = idOf(request)
      const versions = db.transaction(() => {
        api.reader.row(modules, userOf(request).accountId, id)
        const found = db.all<{ id: string }>(
          'SELECT id FROM module_versions WHERE module_id = ?',
          id,
        )
        db.run('DELETE FROM modules WHERE id = ?', id)
        return found
      })
      // The rows are gone, so a crash from here on leaves only files that nothing points to.
      for (const version of versions) await files.remove(dataFiles.moduleVersion(version.id))
      return reply.code(204).send()
    },
  )

  app.post(
    '/modules/:id/actions/resync',
    does({
      id: 'resync_module',
      summary: 'Resync a Module',
      body: actionOf(resyncSchema),
      answer: nothing(),
      refusals: [409],
    }),
    (request, reply) => {
      const id = idOf(request)
      const { force } = parseActionBody(request.body, resyncSchema)
      db.transaction(() => {
        api.reader.row(modules, userOf(request).accountId, id)
        if (vcs.isSyncing(id)) throw conflict('Another sync of the module is in progress.')
        vcs.syncModule(id, { force })
      })
      return reply.code(204).send()
    },
  )

  app.get(
    '/module-versions/:id/download',
    does({
      id: 'download_module_version',
      summary: 'Download a Module Version',
      answer: fileOf('application/gzip'),
    }),
    async (request, reply) => {
      const row = api.reader.row(moduleVersions, userOf(request).accountId, idOf(request))
      const id = textOf(row, 'id')
      return sendStored(api, reply, {
        file: dataFiles.moduleVersion(id),
        mediaType: 'application/gzip',
        fileName: `${id}.tar.gz`,
        missing: notFound('ModuleVersion', id),
      })
    },
  )
}

/** As given, else as the repository is named: `terraform-<provider>-<name>`. */
function nameOf(attributes: Attributes): { readonly name: string; readonly provider: string } {
  const repository = attributes['vcs-repo'].identifier.split('/').at(-1) ?? ''
  const [, provider, name] = /^terraform-([0-9a-z]+)-(.+)$/u.exec(repository) ?? []
  const found = { name: attributes.name ?? name, provider: attributes.provider ?? provider }
  if (found.name === undefined || !namePart.safeParse(found.name).success) {
    throw invalidAttribute('name', nameless)
  }
  if (found.provider === undefined) throw invalidAttribute('provider', nameless)
  return { name: found.name, provider: found.provider }
}

const nameless =
  'Give name and provider, or call the repository terraform-<provider>-<name>, from which they follow.'

function refuseScopes(body: WriteBody<unknown>): void {
  for (const relation of ['environment', 'namespace']) {
    if (typeof body.one(relation) !== 'string') continue
    throw invalidRelationship(
      relation,
      'Modules of this control plane belong to the account, and all of its environments use them.',
    )
  }
}
