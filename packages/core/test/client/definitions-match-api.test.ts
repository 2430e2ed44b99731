import { describe, expect, it } from 'vitest'

import type { Kind } from '../../src/client/kind.ts'
import type { Operation, ResourceDefinition } from '../../src/client/resource-definition.ts'
import { definitionsByType } from '../../src/client/resources-by-type.ts'
import { toWireName } from '../../src/client/wire-name.ts'
import { operationsOf, queryOf, readOpenApi, type Schema } from './support-openapi.ts'

/** Where we differ on purpose. */
const differences = {
  writable: [
    // Marked read-only, but older servers want it and Scalr's own Go client sends it.
    'environments.account',
    'agent-pools.account',
  ],
  required: [
    // Wanted when creating, though the document does not say so.
    'runs.workspace',
    'configuration-versions.workspace',
    'state-versions.workspace',
  ],
  optional: [
    // What the document wants when creating, and a control plane without a VCS does not.
    'hooks.vcs-repo',
    'hooks.vcs-provider',
    'policy-groups.vcs-repo',
    'policy-groups.vcs-provider',
    'policy-groups.account',
    // Accounts are not created here, and a change need not name their owner.
    'accounts.owner',
  ],
}

/** Attributes of the embedded control plane that Scalr does not have begin like this, and none of Scalr's. */
const ownPrefix = 'agent-'
/** Links of the embedded control plane alone. */
const ownLinks = ['hooks.upload', 'policy-groups.upload']

const spec = readOpenApi()
const operations = operationsOf(spec)
const schemas = spec?.components.schemas ?? {}
const definitions = [...definitionsByType.values()].map(
  (definition) => [definition.type, definition] as const,
)

describe.skipIf(spec === undefined)('definitions match the API’s OpenAPI document', () => {
  it.each(definitions)('%s: attributes', (type, definition) => {
    const attributes = propertiesOf(type)['attributes']
    const wanted = Object.entries(attributes?.properties ?? {}).filter(
      ([, property]) => property.deprecated !== true,
    )
    expect(wanted.filter(([name]) => name.startsWith(ownPrefix))).toEqual([])
    const described = wanted.map(([name, property]): readonly [string, unknown] => {
      const id = `${type}.${name}`
      const isWritable = property.readOnly !== true
      const isRequired =
        attributes?.required?.includes(name) === true && !differences.optional.includes(id)
      const kind = describeSchema(property)
      // Whether a server may say `null` is nothing that a reader relies on.
      return [name, { isWritable, isRequired, kind: isWritable ? kind : withoutMarks(kind) }]
    })
    const defined = Object.entries(definition.attributes)
      .map(([name, attribute]) => [toWireName(name), attribute] as const)
      .filter(([name]) => !name.startsWith(ownPrefix))
      .map(([name, { access, kind }]): readonly [string, unknown] => {
        const schema = attributes?.properties?.[name]
        const isWritable =
          access === 'write' ||
          access === 'required' ||
          // Of a status that the document forgot to mark as read-only.
          (access === 'always' && schema?.readOnly !== true)
        const isRequired = access === 'required'
        const text = describeKind(kind)
        return [name, { isWritable, isRequired, kind: isWritable ? text : withoutMarks(text) }]
      })
    expect(Object.fromEntries(defined)).toEqual(Object.fromEntries(described))
  })

  it.each(definitions)('%s: what is promised to a reader is never null', (type, definition) => {
    const { attributes, relationships } = propertiesOf(type)
    const promised = (access: string): boolean => ['required', 'always'].includes(access)
    const nullable = [
      ...Object.entries(definition.attributes)
        .filter(([, { access }]) => promised(access))
        .filter(([name]) => attributes?.properties?.[toWireName(name)]?.nullable === true),
      ...Object.entries(definition.relations)
        .filter(([name]) => !differences.required.includes(`${type}.${toWireName(name)}`))
        .filter(([, { access }]) => promised(access))
        .filter(([name]) => dataOf(relationships, toWireName(name))?.nullable === true),
    ].map(([name]) => name)
    expect(nullable).toEqual([])
  })

  it.each(definitions)('%s: relations and links', (type, definition) => {
    const { relationships, links } = propertiesOf(type)
    const described = Object.entries(relationships?.properties ?? {}).map(([name, property]) => {
      const id = `${type}.${name}`
      const data = dataOf(relationships, name)
      const many = data?.type === 'array'
      const target = many ? data.items : data
      const isRequired =
        differences.required.includes(id) ||
        (relationships?.required?.includes(name) === true && !differences.optional.includes(id))
      return [
        name,
        {
          many,
          type: target?.properties?.['type']?.enum?.[0],
          isWritable: property.readOnly !== true || differences.writable.includes(id),
          isRequired,
          // What is not required may be cleared.
          isNullable: differences.optional.includes(id) || (!isRequired && data?.nullable === true),
        },
      ] as const
    })
    const defined = Object.entries(definition.relations).map(
      ([name, { many, type: target, access }]) => [
        toWireName(name),
        {
          many,
          type: target,
          isWritable: access === 'write' || access === 'required',
          isRequired: access === 'required',
          isNullable: access !== 'required',
        },
      ],
    )
    expect(Object.fromEntries(defined)).toEqual(Object.fromEntries(described))
    const known = Object.keys(links?.properties ?? {})
    const unknown = Object.values(definition.links ?? {}).filter((link) => !known.includes(link))
    expect(unknown.filter((link) => !ownLinks.includes(`${type}.${link}`))).toEqual([])
  })

  it.each(definitions)('%s: calls, and what they can be asked', (_type, definition) => {
    const calls = callsOf(definition)
    expect([...definition.operations].toSorted()).toEqual([...calls.keys()].toSorted())

    const list = calls.get('list') ?? calls.get('get')
    const words = (name: string): readonly (string | number)[] => list?.get(name)?.items?.enum ?? []
    expect(definition.include.map(toWireName)).toEqual(words('include'))
    expect(definition.sort.map(toWireName)).toEqual(words('sort'))
    const filters = [...(list?.keys() ?? [])].filter((name) => name.startsWith('filter'))
    expect(definition.filter.map(filterName)).toEqual(filters)

    const takes = (call: Operation, name: string): boolean => calls.get(call)?.has(name) === true
    const onWrite = takes('create', 'include') || takes('update', 'include')
    expect(definition.includeOnWrite === true).toBe(onWrite)
    const sparse = (['list', 'get'] as const).filter((call) => takes(call, 'fields'))
    expect(definition.sparse?.on ?? []).toEqual(sparse)
    for (const call of sparse) {
      const types = calls.get(call)?.get('fields')?.properties ?? {}
      expect(definition.sparse?.types).toEqual(Object.keys(types))
    }
    for (const call of ['list', 'create', 'get', 'update'] as const) {
      const others = [...(calls.get(call) ?? [])].filter(
        ([name]) => !/^(?:filter|page)\[|^(?:include|sort|fields)$/u.test(name),
      )
      const ours = Object.values(definition.parameters?.[call] ?? {})
      expect(ours.map(({ name }) => name)).toEqual(others.map(([name]) => name))
      for (const { name, kind } of ours) {
        // The document has this flag as text.
        const kinds =
          name === 'sort[favorite-first]' ? 'flag' : describeSchema(new Map(others).get(name))
        expect([name, describeKind(kind)]).toEqual([name, kinds])
      }
    }
  })
})

function propertiesOf(type: string): Readonly<Record<string, Schema>> {
  const found = Object.values(schemas).find(({ properties = {} }) => {
    return properties['type']?.enum?.[0] === type && properties['attributes'] !== undefined
  })
  if (found?.properties === undefined) throw new Error(`the document has no schema of type ${type}`)
  return found.properties
}

function dataOf(relationships: Schema | undefined, name: string): Schema | undefined {
  return relationships?.properties?.[name]?.properties?.['data']
}

/** Which of the five calls a resource has, with the parameters of their queries. */
function callsOf({ path }: ResourceDefinition): Map<Operation, ReadonlyMap<string, Schema>> {
  const below = [...operations.keys()].find((name) =>
    new RegExp(`^GET ${path}/\\{\\w+\\}$`, 'u').test(name),
  )
  const one = below?.slice('GET '.length) ?? ''
  const names: readonly (readonly [Operation, string])[] = [
    ['list', `GET ${path}`],
    ['create', `POST ${path}`],
    ['get', `GET ${one}`],
    ['update', `PATCH ${one}`],
    ['delete', `DELETE ${one}`],
  ]
  return new Map(
    names.flatMap(([call, name]) => {
      const operation = operations.get(name)
      return operation === undefined ? [] : [[call, queryOf(spec, operation)] as const]
    }),
  )
}

function filterName(name: string): string {
  const brackets = name.split('.').map((part) => `[${toWireName(part)}]`)
  return `filter${brackets.join('')}`
}

/** A schema in the words of `describeKind`: `?` may be null, `*` must be given with the object. */
function describeSchema(given: Schema | undefined): string {
  const name = given?.$ref?.split('/').at(-1)
  const schema = name === undefined ? given : schemas[name]
  const mark = given?.nullable === true || schema?.nullable === true ? '?' : ''
  return `${describeBare(schema)}${mark}`
}

function describeBare(schema: Schema | undefined): string {
  const options = (schema?.anyOf ?? []).map((option) => describeSchema(option))
  // Known words, or any text.
  const words = options.find((option) => option.startsWith('choice'))
  if (words !== undefined && options.length === 2 && options.includes('text')) return words
  if (schema?.type === 'integer') return 'count'
  if (schema?.enum !== undefined) return `choice(${schema.enum.join(' ')})`
  if (schema?.type === 'boolean') return 'flag'
  if (schema?.type === 'string') return schema.format === 'date-time' ? 'instant' : 'text'
  if (schema?.type === 'array') return `list(${describeSchema(schema.items)})`
  if (schema?.properties !== undefined) {
    return describeFields(
      Object.entries(schema.properties).map(([name, field]) => [
        `${name}${schema.required?.includes(name) === true ? '*' : ''}`,
        describeSchema(field),
      ]),
    )
  }
  return schema?.type === 'object' ? 'map' : 'json'
}

function describeKind(kind: Kind): string {
  return `${describeBareKind(kind)}${kind.nullable === true ? '?' : ''}`
}

function describeBareKind({ name, values = [], item, fields }: Kind): string {
  if (name === 'choice') return `choice(${values.join(' ')})`
  if (item !== undefined) return `list(${describeKind(item)})`
  if (fields === undefined) return name
  return describeFields(
    Object.entries(fields).map(([key, field]) => [
      `${toWireName(key)}${field.needed === true ? '*' : ''}`,
      describeKind(field),
    ]),
  )
}

function describeFields(fields: readonly (readonly [string, string])[]): string {
  const sorted = fields.map(([name, kind]) => `${name}: ${kind}`).toSorted()
  return `{ ${sorted.join(', ')} }`
}

function withoutMarks(text: string): string {
  return text.replaceAll(/[?*]/gu, '')
}
