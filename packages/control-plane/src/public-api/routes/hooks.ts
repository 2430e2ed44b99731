import { posix } from 'node:path'

import { z } from 'zod'

import { findArchiveFault, hookArchiveLimits as limits } from '../../archives/index.ts'
import { dataFiles, HooksRepository } from '../../store/index.ts'
import {
  conflict,
  invalidAttribute,
  parseWriteBody,
  nullableTextOf,
  PublicApiError,
  textOf,
} from '../json-api/index.ts'
import { does, nothing, oneOf, writeOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { hooks } from '../resources/index.ts'

import { registerArchiveUpload } from './archive-upload.ts'
import { registerReads } from './read-routes.ts'
import { repositoryBinding } from './repository-binding.ts'
import { branchName, repositoryIdentifier } from './vcs-binding.ts'
import {
  checkAccount,
  insertRow,
  nameSchema,
  sendResource,
  updateRow,
  withUniqueName,
} from './writes.ts'

/** A line that a shell or a log would take for more than one is no program. */
const interpreter = z
  .string({ error: 'Interpreter cannot be empty.' })
  .trim()
  .min(1, 'Interpreter cannot be empty.')
  .max(64, 'Interpreter cannot be longer than 64 characters.')
  .regex(/^\P{Cc}+$/u, 'Interpreter is a program, such as bash, python3 or node.')

const scriptPath = z
  .string({ error: 'Script file path cannot be empty.' })
  .max(255, 'Script file path cannot be longer than 255 characters.')
  // As at Scalr: the slash stands for the root of the repository.
  .transform((path) => posix.normalize(path.trim().replace(/^\/+/u, '')))
  .refine((path) => path !== '.' && !path.endsWith('/') && /^[^\\\p{Cc}]+$/u.test(path), {
    message: 'Script file path must name a file.',
  })
  .refine((path) => !path.split('/').includes('..'), {
    message: 'Script file path must stay in the repository.',
  })

const updateSchema = z.object({
  name: nameSchema(255).optional(),
  description: z.string().max(255).nullish(),
  interpreter: interpreter.optional(),
  'scriptfile-path': scriptPath.optional(),
  'vcs-repo': z
    .object({ identifier: repositoryIdentifier, branch: branchName.nullish() })
    .nullish(),
})
const createSchema = updateSchema.extend({
  name: nameSchema(255),
  interpreter,
  'scriptfile-path': scriptPath,
})

const archive = 'hook archive'

/** The registry of hooks. */
export function registerHooks(api: PublicApi): void {
  const { app, db, files } = api
  const repository = new HooksRepository(db)
  const now = (): string => api.clock.now().toISOString()
  registerReads(api, hooks)

  app.post(
    '/hooks',
    does({
      id: 'create_hook',
      summary: 'Create Hook',
      body: writeOf(hooks, createSchema, 'account', 'vcs-provider'),
      answer: oneOf(hooks, 201),
    }),
    (request, reply) => {
      const { accountId, userId } = userOf(request)
      const body = parseWriteBody(request.body, 'hooks', createSchema)
      checkAccount(api, accountId, body)
      const binding = repositoryBinding(api, accountId, body)
      const id = api.ids('hook')
      withUniqueName('Hook', body.attributes.name, () =>
        db.transaction(() => {
          insertRow(api, 'hooks', {
            id,
            account_id: accountId,
            ...changesOf(body.attributes),
            ...binding.columns,
            created_at: now(),
            updated_by: userId,
            updated_at: now(),
          })
          if (binding.isNew) api.vcs.syncHook(id)
        }),
      )
      return sendResource(api, request, reply, { resource: hooks, id, status: 201 })
    },
  )

  app.patch(
    '/hooks/:id',
    does({
      id: 'update_hook',
      summary: 'Update Hook',
      body: writeOf(hooks, updateSchema, 'vcs-provider'),
      answer: oneOf(hooks),
      refusals: [409],
    }),
    async (request, reply) => {
      const { accountId, userId } = userOf(request)
      const id = idOf(request)
      const row = api.reader.row(hooks, accountId, id)
      const body = parseWriteBody(request.body, 'hooks', updateSchema)
      const binding = repositoryBinding(api, accountId, body, { before: row })
      const { 'scriptfile-path': script } = body.attributes
      // A hook that is active has its script: whoever is linked to it may rely on that.
      const archiveId = textOf(row, 'archive_id')
      if (script !== undefined && archiveId !== '' && !binding.isNew) {
        const fault = await findArchiveFault(files.path(dataFiles.hookArchive(archiveId)), {
          archive,
          limits: { maxEntries: limits.entries, maxBytes: limits.unpackedBytes },
          requiredFile: script,
        })
        if (fault !== undefined) throw invalidAttribute('scriptfile-path', fault)
      }
      withUniqueName('Hook', body.attributes.name, () =>
        db.transaction(() => {
          if (textOf(api.reader.row(hooks, accountId, id), 'archive_id') !== archiveId) {
            throw conflict('The files of the hook were replaced meanwhile. Try again.')
          }
          updateRow(api, 'hooks', id, {
            ...changesOf(body.attributes),
            ...binding.columns,
            updated_by: userId,
            updated_at: now(),
          })
          // Files without the script were refused, and may hold the one that is named now.
          if (
            binding.isNew ||
            (script !== undefined && script !== textOf(row, 'scriptfile_path'))
          ) {
            api.vcs.syncHook(id)
          }
        }),
      )
      return sendResource(api, request, reply, { resource: hooks, id })
    },
  )

  app.post(
    '/hooks/:id/actions/resync',
    does({ id: 'resync_hook', summary: 'Resync Hook', answer: nothing(), refusals: [409] }),
    (request, reply) => {
      const id = idOf(request)
      db.transaction(() => {
        const row = api.reader.row(hooks, userOf(request).accountId, id)
        if (nullableTextOf(row, 'vcs_provider_id') === null) {
          throw conflict('Hook is not bound to any repository.')
        }
        if (api.vcs.isSyncing(id)) throw conflict('Sync in progress.')
        api.vcs.syncHook(id)
      })
      return reply.code(204).send()
    },
  )

  app.delete(
    '/hooks/:id',
    does({ id: 'delete_hook', summary: 'Delete Hook', answer: nothing() }),
    (request, reply) => {
      const id = idOf(request)
      api.reader.row(hooks, userOf(request).accountId, id)
      db.transaction(() => {
        repository.retireArchive(id, now())
        db.run('DELETE FROM hooks WHERE id = ?', id)
      })
      return reply.code(204).send()
    },
  )

  registerArchiveUpload(api, {
    path: '/hooks/:id/upload',
    operation: { id: 'upload_hook', summary: "Upload a Hook's files" },
    what: 'The hook',
    archive,
    limits,
    begin: (id, { accountId, userId }) => {
      const hook = api.reader.row(hooks, accountId, id)
      if (nullableTextOf(hook, 'vcs_provider_id') !== null) {
        throw conflict('The hook takes its files from its repository; push them there.')
      }
      const requiredFile = textOf(hook, 'scriptfile_path')
      const archiveId = api.ids('blob')
      return {
        file: dataFiles.hookArchive(archiveId),
        requiredFile,
        accept: ({ bytes, digest }) =>
          db.transaction(() => {
            const row = api.reader.row(hooks, accountId, id)
            if (textOf(row, 'scriptfile_path') !== requiredFile) {
              throw invalidAttribute('scriptfile-path', 'It was changed meanwhile. Upload again.')
            }
            repository.replaceArchive({ id: archiveId, hookId: id, bytes, digest, at: now() })
            repository.activate(id, now())
            updateRow(api, 'hooks', id, { updated_by: userId })
          }),
        refuse: (fault) => {
          // One that is active keeps the files that it has; whoever uploads is told.
          if (textOf(api.reader.row(hooks, accountId, id), 'status') !== 'active') {
            repository.noteFault(id, fault, now())
          }
          return new PublicApiError(422, { title: 'Invalid Hook Archive', detail: fault })
        },
      }
    },
  })
}

function changesOf(attributes: z.infer<typeof updateSchema>) {
  return {
    name: attributes.name,
    description: attributes.description,
    interpreter: attributes.interpreter,
    scriptfile_path: attributes['scriptfile-path'],
  }
}
