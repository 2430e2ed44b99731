import type { FastifyRequest } from 'fastify'
import { z } from 'zod'

import {
  PublicApiError,
  relationsNotFound,
  type Resource,
  type WriteBody,
} from '../json-api/index.ts'
import { does, identifiersOf, listOf, nothing } from '../openapi/index.ts'
import { idOf, queryOf, sendDocument, userOf, type PublicApi } from '../public-api.ts'
import { environments, tags, workspaces } from '../resources/index.ts'

/** What has tags, and where they are kept. */
interface Tagged {
  readonly resource: Resource
  readonly table: string
  readonly column: string
}

export const taggedWorkspaces: Tagged = {
  resource: workspaces,
  table: 'workspace_tags',
  column: 'workspace_id',
}
export const taggedEnvironments: Tagged = {
  resource: environments,
  table: 'environment_tags',
  column: 'environment_id',
}

const bodySchema = z.object({
  data: z
    .array(z.object({ type: z.literal('tags').optional(), id: z.string().min(1) }))
    .max(1000)
    .transform((identifiers) => [...new Set(identifiers.map(({ id }) => id))]),
})

/** `/{workspaces,environments}/{id}/relationships/tags`: list, add, replace, remove. */
export function registerTagLinks(api: PublicApi): void {
  for (const tagged of [taggedWorkspaces, taggedEnvironments]) {
    const path = `${tagged.resource.path}/:id/relationships/tags`

    const name = tagged.resource.model.toLowerCase()
    const listing = does({
      id: `list_${name}_tags`,
      summary: `List ${name}'s tags`,
      answer: listOf(tags),
    })
    api.app.get(path, listing, (request, reply) => {
      const { accountId } = userOf(request)
      const id = idOf(request)
      api.reader.row(tagged.resource, accountId, id)
      return sendDocument(
        reply,
        api.reader.list(tags, accountId, queryOf(request), {
          sql: `t.id IN (SELECT l.tag_id FROM ${tagged.table} l WHERE l.${tagged.column} = ?)`,
          values: [id],
        }),
      )
    })

    const change = (
      method: 'POST' | 'PATCH' | 'DELETE',
      verb: 'add' | 'replace' | 'delete',
      write: typeof addTags,
    ): void => {
      api.app.route({
        method,
        url: path,
        ...does({
          id: `${verb}_${name}_tags`,
          summary: `${verb} ${name}'s tags`,
          body: identifiersOf('tags'),
          answer: nothing(),
        }),
        handler: (request, reply) => {
          const id = idOf(request)
          api.db.transaction(() => {
            api.reader.row(tagged.resource, userOf(request).accountId, id)
            const tagIds = tagIdsOf(api, request)
            if (method === 'PATCH') removeTags(api, tagged, id)
            write(api, tagged, id, tagIds)
          })
          return reply.code(204).send()
        },
      })
    }
    change('POST', 'add', addTags)
    change('PATCH', 'replace', addTags)
    change('DELETE', 'delete', removeTags)
  }
}

/** The relationship `tags` in the body of a write; absent leaves them as they are. @throws {@link PublicApiError} 404 */
export function setTags(
  api: PublicApi,
  accountId: string,
  tagged: Tagged,
  target: { readonly id: string; readonly body: WriteBody<unknown> },
): void {
  const tagIds = target.body.many('tags')
  if (tagIds === undefined) return
  const missing = tagIds.find((id) => api.reader.find(tags, accountId, id) === undefined)
  if (missing !== undefined) throw relationsNotFound('tags', missing)
  removeTags(api, tagged, target.id)
  addTags(api, tagged, target.id, tagIds)
}

function tagIdsOf(api: PublicApi, request: FastifyRequest): readonly string[] {
  const body = bodySchema.safeParse(request.body)
  if (!body.success) {
    throw new PublicApiError(422, {
      title: 'Malformed Request',
      detail: 'The body must be a list of tags: {"data": [{"type": "tags", "id": …}]}.',
      pointer: `/${body.error.issues[0]?.path.map(String).join('/') ?? ''}`,
    })
  }
  const { accountId } = userOf(request)
  const errors = body.data.data
    .filter((id) => api.reader.find(tags, accountId, id) === undefined)
    .map((id) => ({
      title: 'Validation Error',
      detail: `Tag with ID '${id}' not found or user unauthorized.`,
    }))
  if (errors.length > 0) throw new PublicApiError(422, ...errors)
  return body.data.data
}

function addTags(
  api: PublicApi,
  { table, column }: Tagged,
  id: string,
  tagIds: readonly string[],
): void {
  api.db.run(
    `INSERT OR IGNORE INTO ${table} (${column}, tag_id) SELECT ?, value FROM json_each(?)`,
    id,
    JSON.stringify(tagIds),
  )
}

/** These, or all of them. */
function removeTags(
  api: PublicApi,
  { table, column }: Tagged,
  id: string,
  tagIds?: readonly string[],
): void {
  if (tagIds === undefined) api.db.run(`DELETE FROM ${table} WHERE ${column} = ?`, id)
  else {
    api.db.run(
      `DELETE FROM ${table} WHERE ${column} = ? AND tag_id IN (SELECT value FROM json_each(?))`,
      id,
      JSON.stringify(tagIds),
    )
  }
}
