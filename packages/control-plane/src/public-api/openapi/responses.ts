import { jsonApiType } from '../json-api/index.ts'

import { jsonSchemaOf, objectSchema, type JsonSchema } from './json-schema.ts'
import type { Operation, OperationAnswer } from './operation.ts'
import { schemaNameOf } from './operation-names.ts'
import { reference, identifierSchema } from './resource-schemas.ts'

const reasons = {
  400: 'The query or the body cannot be read.',
  401: 'There is no token, or it is not valid (any more).',
  403: 'It is kept from being done to all that it holds.',
  404: 'There is no such thing, or the token may not do this.',
  409: 'It cannot be done in this state.',
  412: 'A newer state is there.',
  413: 'The body is too large.',
  415: 'The media type of the body is not known.',
  422: 'The body is not accepted; each error points to what is wrong.',
  '5XX': 'The control plane failed.',
} as const
type Refusal = Exclude<keyof typeof reasons, '5XX'>

/** How operations refuse, each written once. */
export const refusalResponses: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  Object.entries(reasons).map(([status, description]) => [
    `Error${status}`,
    { description, content: { [jsonApiType]: { schema: reference('Errors') } } },
  ]),
)

/** `responses` of an operation: what is good, and how it refuses. */
export function responsesOf(operation: Operation): Readonly<Record<string, JsonSchema>> {
  const refusals = [...refusalsOf(operation), '5XX'].map((status) => [
    status,
    { $ref: `#/components/responses/Error${status}` },
  ])
  return { ...goodResponses(operation.answer), ...Object.fromEntries(refusals) }
}

function refusalsOf(operation: Operation): readonly Refusal[] {
  const { body, isOpen, refusals = [] } = operation
  const statuses: Refusal[] = [400, ...(isOpen === true ? [] : ([401, 404] as const)), ...refusals]
  if (body !== undefined) statuses.push(413, 415, 422)
  return statuses.toSorted((one, other) => one - other)
}

function goodResponses(answer: OperationAnswer): Readonly<Record<string, JsonSchema>> {
  switch (answer.kind) {
    case 'list':
      return { 200: jsonApi(reference(`${schemaNameOf(answer.resource)}ListingDocument`)) }
    case 'resource':
      return { [answer.status]: jsonApi(reference(`${schemaNameOf(answer.resource)}Document`)) }
    case 'empty-list': {
      const data = { type: 'array', items: identifierSchema(answer.type), maxItems: 0 }
      const meta = objectSchema({ pagination: reference('Pagination') }, ['pagination'])
      return { 200: jsonApi(objectSchema({ data, meta }, ['data', 'meta'])) }
    }
    case 'nothing':
      return Object.fromEntries(
        answer.statuses.map((status) => [status, { description: done[status] }]),
      )
    case 'json':
      return {
        200: {
          description: done[200],
          content: { 'application/json': { schema: jsonSchemaOf(answer.schema, 'output') } },
        },
      }
    case 'file': {
      const schema = { type: 'string', format: 'binary' }
      const content = Object.fromEntries(answer.mediaTypes.map((type) => [type, { schema }]))
      return {
        200: { description: 'The file.', content },
        ...(answer.mayBeEmpty ? { 204: { description: 'There is nothing yet.' } } : {}),
      }
    }
  }
}

const done = {
  200: 'Done.',
  202: 'Accepted; it takes effect soon.',
  204: 'Done.',
} as const

function jsonApi(schema: JsonSchema): JsonSchema {
  return { description: done[200], content: { [jsonApiType]: { schema } } }
}
