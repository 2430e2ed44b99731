import { z } from 'zod'

import { parseWriteBody } from '../json-api/index.ts'
import { does, nothing, oneOf, writeOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { tags } from '../resources/index.ts'

import { registerReads } from './read-routes.ts'
import {
  checkAccount,
  insertRow,
  nameSchema,
  sendResource,
  updateRow,
  withUniqueName,
} from './writes.ts'

const createSchema = z.object({ name: nameSchema(255) })
const updateSchema = z.object({ name: nameSchema(255).optional() })

/** Tags themselves; what has them is in {@link registerTagLinks}. */
export function registerTags(api: PublicApi): void {
  const { app, db } = api
  registerReads(api, tags)

  app.post(
    '/tags',
    does({
      id: 'create_tag',
      summary: 'Create a Tag',
      body: writeOf(tags, createSchema, 'account'),
      answer: oneOf(tags, 201),
    }),
    (request, reply) => {
      const { accountId } = userOf(request)
      const body = parseWriteBody(request.body, 'tags', createSchema)
      checkAccount(api, accountId, body)
      const { name } = body.attributes
      const id = api.ids('tag')
      withUniqueName('Tag', name, () =>
        insertRow(api, 'tags', {
          id,
          account_id: accountId,
          name,
          created_at: api.clock.now().toISOString(),
        }),
      )
      return sendResource(api, request, reply, { resource: tags, id, status: 201 })
    },
  )

  app.patch(
    '/tags/:id',
    does({
      id: 'update_tag',
      summary: 'Update a Tag',
      body: writeOf(tags, updateSchema),
      answer: oneOf(tags),
    }),
    (request, reply) => {
      const id = idOf(request)
      api.reader.row(tags, userOf(request).accountId, id)
      const { name } = parseWriteBody(request.body, 'tags', updateSchema).attributes
      withUniqueName('Tag', name, () => updateRow(api, 'tags', id, { name }))
      return sendResource(api, request, reply, { resource: tags, id })
    },
  )

  // Whatever has it loses it, as at Scalr.
  app.delete(
    '/tags/:id',
    does({ id: 'delete_tag', summary: 'Delete a Tag', answer: nothing() }),
    (request, reply) => {
      const id = idOf(request)
      api.reader.row(tags, userOf(request).accountId, id)
      db.run('DELETE FROM tags WHERE id = ?', id)
      return reply.code(204).send()
    },
  )
}
