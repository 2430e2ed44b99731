import type { QueryValues } from '../http/index.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import { definitionsByType } from './resources-by-type.ts'
import { idFieldOf, toWireName } from './wire-name.ts'

type Fields = Readonly<Record<string, readonly string[] | undefined>>

/** `fields[<type>]=…` for every type; relations to include are asked for as well. */
export function fieldQuery(
  definition: ResourceDefinition,
  fields: Fields | undefined,
  include: readonly PropertyKey[],
): QueryValues {
  const query = Object.entries(fields ?? {}).flatMap(([type, names]) => {
    if (names === undefined) return []
    const known = type === definition.type ? definition : definitionsByType.get(type)
    const wire = names.map((name) => wireFieldOf(known, name))
    const included = type === definition.type ? include.map((name) => toWireName(String(name))) : []
    return [[`fields[${type}]`, [...new Set([...wire, ...included])].join(',')] as const]
  })
  return Object.fromEntries(query)
}

/** `environmentId` → `environment`; names of resources without a definition are the wire's own. */
function wireFieldOf(definition: ResourceDefinition | undefined, field: string): string {
  if (definition === undefined) return field
  const relation = Object.entries(definition.relations).find(
    ([name, { many }]) => idFieldOf(name, many) === field,
  )
  return toWireName(relation?.[0] ?? field)
}
