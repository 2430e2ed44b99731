import { posix } from 'node:path'

import { z } from 'zod'

import { findArchiveFault } from '../../archives/index.ts'
import { dataFiles, HooksRepository } from '../../store/index.ts'
import {
  conflict,
  invalidAttribute,
  parseWriteBody,
  PublicApiError,
  relationNotFound,
  textOf,
  type WriteBody,
} from '../json-api/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { hooks } from '../resources/index.ts'

import { registerArchiveUpload } from './archive-upload.ts'
import { registerReads } from './read-routes.ts'
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
    .object({ identifier: z.string().min(1).max(255), branch: z.string().max(255).nullish() })
    .nullish(),
})
const createSchema = updateSchema.extend({
  name: nameSchema(255),
  interpreter,
  'scriptfile-path': scriptPath,
})

/** One hook is a script and what it brings along. */
const limits = { packedBytes: 16 * 1024 ** 2, unpackedBytes: 128 * 1024 ** 2, entries: 10_000 }
const archive = 'hook archive'

/** The registry of hooks. */
export function registerHooks(api: PublicApi): void {
  const { app, db, files } = api
  const repository = new HooksRepository(db)
  const now = (): string => api.clock.now().toISOString()
  registerReads(api, hooks)

  app.post('/hooks', (request, reply) => {
    const { accountId, userId } = userOf(request)
    const body = parseWriteBody(request.body, 'hooks', createSchema)
    checkAccount(api, accountId, body)
    checkProvider(body)
    const id = api.ids('hook')
    withUniqueName('Hook', body.attributes.name, () =>
      insertRow(api, 'hooks', {
        id,
        account_id: accountId,
        ...changesOf(body.attributes),
        created_at: now(),
        updated_by: userId,
        updated_at: now(),
      }),
    )
    return sendResource(api, request, reply, { resource: hooks, id, status: 201 })
  })

  app.patch('/hooks/:id', async (request, reply) => {
    const { accountId, userId } = userOf(request)
    const id = idOf(request)
    const row = api.reader.row(hooks, accountId, id)
    const body = parseWriteBody(request.body, 'hooks', updateSchema)
    checkProvider(body)
    const { 'scriptfile-path': script } = body.attributes
    // A hook that is active has its script: whoever is linked to it may rely on that.
    const archiveId = textOf(row, 'archive_id')
    if (script !== undefined && archiveId !== '') {
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
          updated_by: userId,
          updated_at: now(),
        })
      }),
    )
    return sendResource(api, request, reply, { resource: hooks, id })
  })

  app.delete('/hooks/:id', (request, reply) => {
    const id = idOf(request)
    api.reader.row(hooks, userOf(request).accountId, id)
    db.transaction(() => {
      repository.retireArchive(id, now())
      db.run('DELETE FROM hooks WHERE id = ?', id)
    })
    return reply.code(204).send()
  })

  registerArchiveUpload(api, {
    path: '/hooks/:id/upload',
    what: 'The hook',
    archive,
    limits,
    begin: (id, { accountId, userId }) => {
      const requiredFile = textOf(api.reader.row(hooks, accountId, id), 'scriptfile_path')
      const archiveId = api.ids('blob')
      const note = { updated_by: userId, updated_at: now() }
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
            updateRow(api, 'hooks', id, { ...note, status: 'active', error_message: null })
          }),
        refuse: (fault) => {
          // One that is active keeps the files that it has, and goes on.
          db.run(
            `UPDATE hooks SET status = 'errored', error_message = ?, updated_at = ?
             WHERE id = ? AND status <> 'active'`,
            fault,
            now(),
            id,
          )
          return new PublicApiError(422, { title: 'Invalid Hook Archive', detail: fault })
        },
      }
    },
  })
}

function changesOf(attributes: z.infer<typeof updateSchema>) {
  const repo = attributes['vcs-repo']
  return {
    name: attributes.name,
    description: attributes.description,
    interpreter: attributes.interpreter,
    scriptfile_path: attributes['scriptfile-path'],
    vcs_repo_json: repo === undefined || repo === null ? repo : JSON.stringify(repo),
  }
}

/** Passed over, it would leave a hook that waits for its files for ever. */
function checkProvider(body: WriteBody<unknown>): void {
  const provider = body.one('vcs-provider')
  if (typeof provider !== 'string') return
  throw relationNotFound('vcs-provider', 'VcsProvider', provider)
}
