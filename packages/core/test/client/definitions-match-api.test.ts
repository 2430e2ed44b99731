import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { describe, expect, it } from 'vitest'

import type { Kind } from '../../src/client/kind.ts'
import { definitionsByType } from '../../src/client/resources-by-type.ts'
import { toWireName } from '../../src/client/wire-name.ts'

/** Scalr's published OpenAPI document, which is not part of this repository. */
const specPath = resolve(import.meta.dirname, '../../../../../shared/facts/scalr-openapi.json')

interface Property {
  readonly $ref?: string
  readonly deprecated?: boolean
  readonly readOnly?: boolean
  readonly enum?: readonly (string | number)[]
  readonly anyOf?: readonly Property[]
  readonly items?: Property
  readonly type?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Property>>
}
interface Parameter {
  readonly name: string
  readonly schema: Property
}
interface Spec {
  readonly components: { readonly schemas: Readonly<Record<string, Property>> }
  readonly paths: Readonly<
    Record<string, { readonly get?: { readonly parameters?: readonly Parameter[] } }>
  >
}

/** Where we differ on purpose. */
const writableHere: readonly string[] = [
  // Marked read-only, but older servers want it and Scalr's own Go client sends it.
  'environments.account',
  'agent-pools.account',
  // Wanted when creating, though the document does not say so.
  'runs.workspace',
  'configuration-versions.workspace',
  'state-versions.workspace',
]

/** What the document wants when creating, and a server without a VCS does not. */
const optionalHere: readonly string[] = ['hooks.vcs-repo', 'policy-groups.vcs-repo']

/** Attributes of the embedded control plane that Scalr does not have begin like this, and none of Scalr's. */
const ownPrefix = 'agent-'

const spec: Spec | undefined = existsSync(specPath)
  ? (JSON.parse(readFileSync(specPath, 'utf8')) as Spec)
  : undefined
if (spec === undefined) console.log(`Skipped: ${specPath} is not there to compare with.`)

describe.skipIf(spec === undefined)('definitions match the API’s OpenAPI document', () => {
  const schemas = spec?.components.schemas ?? {}
  const schemaOf = (type: string): Property => {
    const found = Object.values(schemas).find((schema) => {
      const properties = schema.properties ?? {}
      return properties['type']?.enum?.[0] === type && properties['attributes'] !== undefined
    })
    if (found === undefined) throw new Error(`the document has no schema of type ${type}`)
    return found
  }
  const parametersOf = (path: string): readonly Parameter[] => {
    const one = Object.keys(spec?.paths ?? {}).find((key) =>
      new RegExp(`^${path}/\\{\\w+\\}$`, 'u').test(key),
    )
    const item = spec?.paths[path]?.get ?? (one === undefined ? undefined : spec?.paths[one]?.get)
    return item?.parameters ?? []
  }

  it.each(
    [...definitionsByType.values()].map((definition) => [definition.type, definition] as const),
  )('%s', (type, definition) => {
    const schema = schemaOf(type).properties ?? {}
    const attributes = schema['attributes']
    const wanted = Object.entries(attributes?.properties ?? {}).filter(
      ([, property]) => property.deprecated !== true,
    )
    expect(wanted.filter(([name]) => name.startsWith(ownPrefix))).toEqual([])
    const ours = Object.entries(definition.attributes).filter(
      ([name]) => !toWireName(name).startsWith(ownPrefix),
    )
    expect(ours.map(([name]) => toWireName(name)).toSorted()).toEqual(
      wanted.map(([name]) => name).toSorted(),
    )
    for (const [name, property] of wanted) {
      const found = ours.find(([key]) => toWireName(key) === name)
      const isWritable = found?.[1].access === 'write' || found?.[1].access === 'required'
      if (name !== 'status') expect([name, isWritable]).toEqual([name, property.readOnly !== true])
      const isOptional = optionalHere.includes(`${type}.${name}`)
      if (attributes?.required?.includes(name) === true && !isOptional) {
        expect([name, found?.[1].access]).toEqual([name, 'required'])
      }
      expect([name, valuesOf(found?.[1].kind)]).toEqual([name, wantedValues(property)])
      expect([name, fieldsOf(found?.[1].kind)]).toEqual([name, wantedFields(property)])
    }

    const relations = Object.entries(schema['relationships']?.properties ?? {})
    const described = relations.map(([name, property]) => {
      const data = property.properties?.['data']
      const target = data?.type === 'array' ? data.items : data
      return {
        name,
        many: data?.type === 'array',
        type: target?.properties?.['type']?.enum?.[0],
        isWritable: property.readOnly !== true || writableHere.includes(`${type}.${name}`),
      }
    })
    const defined = Object.entries(definition.relations).map(([name, relation]) => ({
      name: toWireName(name),
      many: relation.many,
      type: relation.type,
      isWritable: relation.access === 'write' || relation.access === 'required',
    }))
    const byName = (a: { name: string }, b: { name: string }): number =>
      a.name.localeCompare(b.name)
    expect(defined.toSorted(byName)).toEqual(described.toSorted(byName))

    const parameters = parametersOf(definition.path)
    const listOf = (name: string): readonly (string | number)[] =>
      parameters.find((parameter) => parameter.name === name)?.schema.items?.enum ?? []
    expect(definition.include.map(toWireName)).toEqual(listOf('include'))
    expect(definition.sort.map(toWireName)).toEqual(listOf('sort'))
    expect(
      definition.filter.map(
        (name) =>
          `filter${name
            .split('.')
            .map((part) => `[${toWireName(part)}]`)
            .join('')}`,
      ),
    ).toEqual(parameters.map(({ name }) => name).filter((name) => name.startsWith('filter')))
  })

  function resolved(property: Property | undefined): Property | undefined {
    const name = property?.$ref?.split('/').at(-1)
    return name === undefined ? property : schemas[name]
  }

  function wantedValues(given: Property): readonly (string | number)[] | undefined {
    const property = resolved(given)
    const values =
      property?.enum ??
      property?.anyOf?.map(resolved).find((option) => option?.enum !== undefined)?.enum ??
      (property?.type === 'array' ? resolved(property.items)?.enum : undefined)
    // A number is no open word: it is read as a number.
    return property?.type === 'integer' ? undefined : values
  }

  function wantedFields(given: Property): readonly string[] | undefined {
    const property = resolved(given)
    const target = property?.type === 'array' ? resolved(property.items) : property
    return target?.properties === undefined ? undefined : Object.keys(target.properties).toSorted()
  }
})

function valuesOf(kind: Kind | undefined): readonly (string | number)[] | undefined {
  return kind?.values ?? kind?.item?.values
}

function fieldsOf(kind: Kind | undefined): readonly string[] | undefined {
  const fields = kind?.fields ?? kind?.item?.fields
  return fields === undefined ? undefined : Object.keys(fields).map(toWireName).toSorted()
}
