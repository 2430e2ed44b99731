import type { Resource } from '../json-api/index.ts'
import { filterParameter } from '../json-api/index.ts'

import { jsonSchemaOf, type JsonSchema } from './json-schema.ts'
import type { Operation } from './operation.ts'

/** What the query of an operation may hold. */
export function queryParametersOf({ answer, query = {} }: Operation): readonly JsonSchema[] {
  const own = Object.entries(query).map(([name, schema]) =>
    parameter(name, jsonSchemaOf(schema, 'input')),
  )
  switch (answer.kind) {
    case 'list':
      return [...listParameters(answer.resource), ...readParameters(answer.resource), ...own]
    case 'resource':
      return [...readParameters(answer.resource), ...own]
    case 'empty-list':
      return [...pageParameters, ...own]
    case 'nothing':
    case 'json':
    case 'file':
      return own
  }
}

const text: JsonSchema = { type: 'string' }
const flag: JsonSchema = { type: 'string', enum: ['true', 'false'] }
const pageParameters = [parameter('page[number]', text), parameter('page[size]', text)]

function listParameters({ filters, sorts, switches = {} }: Resource): readonly JsonSchema[] {
  return [
    ...Object.keys(filters).map((name) => parameter(filterParameter(name), text)),
    ...pageParameters,
    parameter('query', text),
    ...Object.keys(switches).map((name) => parameter(name, flag)),
    ...listParameter(
      'sort',
      Object.keys(sorts).flatMap((name) => [name, `-${name}`]),
    ),
  ]
}

/** What reading one or many has: relations to include, and sparse fields of each type. */
function readParameters(resource: Resource): readonly JsonSchema[] {
  const relations = Object.entries(resource.relations)
  const types = new Set([resource.type, ...relations.map(([, { type }]) => type)])
  const fields = Object.fromEntries([...types].toSorted().map((type) => [type, text]))
  return [
    ...listParameter(
      'include',
      relations.map(([name]) => name),
    ),
    {
      ...parameter('fields', { type: 'object', properties: fields }),
      style: 'deepObject',
      explode: true,
    },
  ]
}

/** `a,b`: one value with commas in it. */
function listParameter(name: string, values: readonly string[]): readonly JsonSchema[] {
  if (values.length === 0) return []
  const items = { type: 'string', enum: values.toSorted() }
  return [{ ...parameter(name, { type: 'array', items }), explode: false }]
}

function parameter(name: string, schema: JsonSchema): JsonSchema {
  return { in: 'query', name, required: false, schema }
}
