import type { Relation, Resource } from '../json-api/index.ts'

import { jsonSchemaOf, objectSchema, type JsonSchema } from './json-schema.ts'
import { schemaNameOf } from './operation-names.ts'

/** Where a schema of the document lies. */
export function reference(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` }
}

/** The resource, and the documents that hold one or many of it. */
export function resourceSchemas(resource: Resource): Readonly<Record<string, JsonSchema>> {
  const name = schemaNameOf(resource)
  const included = { type: 'array', items: objectSchema({}), readOnly: true }
  const links = { type: 'object', additionalProperties: { type: 'string' }, readOnly: true }
  return {
    [name]: resourceSchema(resource),
    [`${name}Document`]: objectSchema({ data: reference(name), included }, ['data']),
    [`${name}ListingDocument`]: objectSchema(
      {
        data: { type: 'array', items: reference(name) },
        included,
        links,
        meta: objectSchema({ pagination: reference('Pagination') }, ['pagination']),
      },
      ['data', 'meta'],
    ),
  }
}

/** Of a whole resource: `fields` leaves out what nobody asked for. */
function resourceSchema(resource: Resource): JsonSchema {
  const attributes = Object.entries(resource.attributes)
  const relations = Object.entries(resource.relations)
  return objectSchema(
    {
      id: { type: 'string', readOnly: true },
      type: { type: 'string', enum: [resource.type] },
      attributes: objectSchema(
        Object.fromEntries(
          attributes.map(([name, { schema }]) => [name, jsonSchemaOf(schema, 'output')]),
        ),
        attributes.filter(([, { schema }]) => !schema.isOptional()).map(([name]) => name),
      ),
      relationships: objectSchema(
        Object.fromEntries(relations.map(([name, relation]) => [name, relationSchema(relation)])),
        relations.map(([name]) => name),
      ),
      links: {
        ...objectSchema(resource.onlyIncluded === true ? {} : { self: { type: 'string' } }),
        additionalProperties: { type: 'string' },
        readOnly: true,
      },
    },
    ['id', 'type', 'attributes', 'relationships', 'links'],
  )
}

/** What a resource is related to, or may be. */
export function relationSchema(relation: Relation): JsonSchema {
  const identifier = identifierSchema(relation.type)
  const data =
    'ids' in relation ? { type: 'array', items: identifier } : { ...identifier, nullable: true }
  return objectSchema({ data }, ['data'])
}

export function identifierSchema(type: string): JsonSchema {
  return objectSchema({ type: { type: 'string', enum: [type] }, id: { type: 'string' } }, [
    'type',
    'id',
  ])
}
