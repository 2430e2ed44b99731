import type { FastifyReply, FastifyRequest } from 'fastify'
import { z, type ZodType } from 'zod'

import type { SqlValue } from '../../store/index.ts'
import { isUniqueViolation } from '../../store/index.ts'
import {
  invalidAttribute,
  invalidRelationship,
  PublicApiError,
  relationNotFound,
  type Resource,
  type Row,
  type WriteBody,
} from '../json-api/index.ts'
import { queryOf, sendDocument, userOf, type PublicApi } from '../public-api.ts'
import { accounts } from '../resources/index.ts'

/** Answers a write with the resource as it is now. */
export function sendResource(
  api: PublicApi,
  request: FastifyRequest,
  reply: FastifyReply,
  written: { readonly resource: Resource; readonly id: string; readonly status?: number },
): FastifyReply {
  const { accountId } = userOf(request)
  const document = api.reader.one(written.resource, accountId, written.id, queryOf(request))
  return sendDocument(reply, document, written.status)
}

/** The row that a to-one relationship names. @throws {@link PublicApiError} 404 */
export function relatedRow(
  api: PublicApi,
  accountId: string,
  relation: { readonly name: string; readonly resource: Resource; readonly id: string },
): Row {
  const row = api.reader.find(relation.resource, accountId, relation.id)
  if (row === undefined) {
    throw relationNotFound(relation.name, relation.resource.model, relation.id)
  }
  return row
}

/** The row that a to-one relationship must name. @throws {@link PublicApiError} 404, 422 */
export function requiredRow(
  api: PublicApi,
  accountId: string,
  body: WriteBody<unknown>,
  relation: { readonly name: string; readonly resource: Resource },
): Row {
  const id = body.one(relation.name)
  if (typeof id === 'string') return relatedRow(api, accountId, { ...relation, id })
  throw invalidRelationship(relation.name, `${relation.resource.model} cannot be empty.`)
}

/** The account that a body names, if it names one, must be the caller's. @throws {@link PublicApiError} 404 */
export function checkAccount(api: PublicApi, accountId: string, body: WriteBody<unknown>): void {
  const id = body.one('account')
  if (typeof id === 'string')
    relatedRow(api, accountId, { name: 'account', resource: accounts, id })
}

/** Column values to write; `undefined` leaves a column as it is. */
export type Changes = Readonly<Record<string, SqlValue | undefined>>

/** `UPDATE` of what is not `undefined`. Column names come from the code, never from a request. */
export function updateRow(api: PublicApi, table: string, id: string, changes: Changes): void {
  const entries = Object.entries(changes).filter(
    (entry): entry is [string, SqlValue] => entry[1] !== undefined,
  )
  if (entries.length === 0) return
  api.db.run(
    `UPDATE ${table} SET ${entries.map(([column]) => `${column} = ?`).join(', ')} WHERE id = ?`,
    ...entries.map(([, value]) => value),
    id,
  )
}

/** `INSERT` of what is not `undefined`; the table's defaults fill the rest. */
export function insertRow(api: PublicApi, table: string, values: Changes): void {
  const entries = Object.entries(values).filter(
    (entry): entry is [string, SqlValue] => entry[1] !== undefined,
  )
  api.db.run(
    `INSERT INTO ${table} (${entries.map(([column]) => column).join(', ')})
     VALUES (${entries.map(() => '?').join(', ')})`,
    ...entries.map(([, value]) => value),
  )
}

/** Runs a write and says in Scalr's way that a name is taken. */
export function withUniqueName<T>(what: string, name: string | undefined, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw invalidAttribute('name', `${what} with name '${name ?? ''}' already exists.`)
  }
}

/** The plain JSON body of an action; none at all is as good as an empty one. */
export function parseActionBody<T>(body: unknown, schema: ZodType<T>): T {
  const wrapped = wrappedSchema.safeParse(body)
  const parsed = schema.safeParse(wrapped.success ? wrapped.data.data.attributes : (body ?? {}))
  if (parsed.success) return parsed.data
  throw new PublicApiError(
    422,
    ...parsed.error.issues.map((issue) => ({
      title: 'Malformed Request',
      detail: issue.message,
      pointer: `/${issue.path.map(String).join('/')}`,
    })),
  )
}

/** As go-scalr sends what it has to say of an action: a resource of no type. */
const wrappedSchema = z.object({
  data: z.object({ attributes: z.record(z.string(), z.unknown()) }),
})

/** A required name of at most `max` characters. */
export function nameSchema(max: number): ZodType<string> {
  return z
    .string({ error: 'Name cannot be empty.' })
    .trim()
    .min(1, 'Name cannot be empty.')
    .max(max, `Name cannot be longer than ${max} characters.`)
}
