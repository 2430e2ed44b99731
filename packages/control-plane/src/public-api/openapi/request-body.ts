import { jsonApiType } from '../json-api/index.ts'

import { jsonSchemaOf, objectSchema, type JsonSchema } from './json-schema.ts'
import type { OperationBody } from './operation.ts'
import { identifierSchema, relationSchema } from './resource-schemas.ts'

/** `requestBody` of an operation. */
export function requestBodyOf(body: OperationBody): JsonSchema {
  switch (body.kind) {
    case 'resource':
      return { required: true, content: { [jsonApiType]: { schema: writeSchema(body) } } }
    case 'identifiers': {
      const data = { type: 'array', items: identifierSchema(body.type) }
      return {
        required: true,
        content: { [jsonApiType]: { schema: objectSchema({ data }, ['data']) } },
      }
    }
    case 'action': {
      const schema = jsonSchemaOf(body.schema, 'input')
      const required = 'required' in schema
      return { required, content: { 'application/json': { schema } } }
    }
    case 'archive':
      return {
        required: true,
        content: { 'application/gzip': { schema: { type: 'string', format: 'binary' } } },
      }
  }
}

function writeSchema(body: Extract<OperationBody, { readonly kind: 'resource' }>): JsonSchema {
  const { resource, relations } = body
  const attributes = jsonSchemaOf(body.attributes, 'input')
  const names = relations.map((name) => name.replace(/!$/u, ''))
  const needed = relations.filter((name) => name.endsWith('!')).map((name) => name.slice(0, -1))
  const related = names.flatMap((name) => {
    const relation = resource.relations[name]
    return relation === undefined ? [] : [[name, relationSchema(relation)] as const]
  })
  const data = objectSchema(
    {
      type: { type: 'string', enum: [resource.type] },
      attributes,
      ...(related.length === 0
        ? {}
        : { relationships: objectSchema(Object.fromEntries(related), needed) }),
    },
    [
      'type',
      ...('required' in attributes ? ['attributes'] : []),
      ...(needed.length === 0 ? [] : ['relationships']),
    ],
  )
  return objectSchema({ data }, ['data'])
}
