import { ConfigurationError } from '../errors/index.ts'
import { isWritable } from './decode.ts'
import { encodeKind } from './kind.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import { idFieldOf, toWireName } from './wire-name.ts'

/**
 * A document to send. Fields that are absent or `undefined` are left out, so that the server leaves them
 * as they are; `null` is sent and clears.
 *
 * @throws `ConfigurationError` for a field that the resource does not have or that only the server sets
 */
export function encodeResource(
  definition: ResourceDefinition,
  fields: object,
  id?: string,
): { readonly data: object } {
  const given = new Map(Object.entries(fields).filter(([, value]) => value !== undefined))
  const attributes: Record<string, unknown> = {}
  for (const [name, attribute] of Object.entries(definition.attributes)) {
    if (!given.has(name) || !isWritable(attribute)) continue
    attributes[toWireName(name)] = encodeKind(attribute.kind, given.get(name))
    given.delete(name)
  }
  const relationships: Record<string, unknown> = {}
  for (const [name, relation] of Object.entries(definition.relations)) {
    const field = idFieldOf(name, relation.many)
    if (!given.has(field) || !isWritable(relation)) continue
    const value: unknown = given.get(field)
    const toIdentifier = (entry: unknown): object => ({ type: relation.type, id: String(entry) })
    relationships[toWireName(name)] = {
      data: relation.many
        ? (Array.isArray(value) ? value : []).map(toIdentifier)
        : value === null
          ? null
          : toIdentifier(value),
    }
    given.delete(field)
  }
  if (given.size > 0) {
    const names = [...given.keys()].map((name) => `'${name}'`).join(', ')
    throw new ConfigurationError(
      `Cannot write the ${definition.label}: ${names} cannot be set. Writable are: ${writableFields(definition).join(', ')}.`,
    )
  }
  return {
    data: {
      type: definition.type,
      ...(id === undefined ? {} : { id }),
      attributes,
      ...(Object.keys(relationships).length === 0 ? {} : { relationships }),
    },
  }
}

function writableFields(definition: ResourceDefinition): readonly string[] {
  return [
    ...Object.entries(definition.attributes)
      .filter(([, attribute]) => isWritable(attribute))
      .map(([name]) => name),
    ...Object.entries(definition.relations)
      .filter(([, relation]) => isWritable(relation))
      .map(([name, relation]) => idFieldOf(name, relation.many)),
  ]
}
