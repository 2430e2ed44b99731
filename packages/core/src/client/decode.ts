import { z } from 'zod'

import { ProtocolError } from '../errors/index.ts'
import { checkReply } from '../http/index.ts'
import type { WireResource } from './json-api.ts'
import { orNull } from './kind.ts'
import type { Attribute, Relation, ResourceDefinition } from './resource-definition.ts'
import type { OtherResource } from './resource-types.ts'
import { idFieldOf, toWireName } from './wire-name.ts'

/** What decoding needs beside the resource. */
export interface DecodeContext {
  /** Begins messages. */
  readonly subject: string
  readonly definitions: ReadonlyMap<string, ResourceDefinition>
  /** Relations to resolve, and where what they lead to came along. */
  readonly include: readonly string[]
  readonly included: readonly WireResource[]
}

/**
 * A resource of the wire as the plain object that `ReadOf` describes.
 *
 * @throws `ProtocolError` when type or attributes are not as the definition says
 */
export function decodeResource(
  definition: ResourceDefinition,
  resource: WireResource,
  context: DecodeContext,
): Readonly<Record<string, unknown>> {
  const { subject } = context
  checkReply(subject, z.looseObject({ type: z.literal(definition.type) }), resource)
  const decoded: Record<string, unknown> = { id: resource.id }

  const wireAttributes = new Map(Object.entries(resource.attributes ?? {}))
  const named = Object.fromEntries(
    Object.keys(definition.attributes).map((name) => [name, wireAttributes.get(toWireName(name))]),
  )
  const attributes = checkReply(
    `${subject}, ${definition.label} ${resource.id}`,
    attributesSchema(definition),
    { attributes: named },
  ).attributes
  for (const [name, attribute] of Object.entries(definition.attributes)) {
    Object.defineProperty(decoded, name, {
      value: attributes[name],
      enumerable: attribute.secret !== true,
    })
  }

  const relations = new Map(Object.entries(resource.relationships ?? {}))
  for (const [name, relation] of Object.entries(definition.relations)) {
    const data = relations.get(toWireName(name))?.data
    const identifiers = data === null || data === undefined ? [] : [data].flat()
    const ids = identifiers.map(({ id }) => id)
    if (ids.length === 0 && !relation.many && isPromised(relation)) {
      throw new ProtocolError(
        `${subject}: the answer breaks the protocol: ${definition.label} ${resource.id} has no relation '${toWireName(name)}'.`,
      )
    }
    decoded[idFieldOf(name, relation.many)] = relation.many ? ids : (ids[0] ?? null)
    if (!context.include.includes(name)) continue
    const resolved = identifiers
      .map(({ type, id }) => findIncluded(context, type, id))
      .filter((found) => found !== undefined)
    decoded[name] = relation.many ? resolved : (resolved[0] ?? null)
  }

  const links = new Map(Object.entries(resource.links ?? {}))
  for (const [field, link] of Object.entries(definition.links ?? {})) {
    const value = links.get(link)
    decoded[field] = typeof value === 'object' ? (value?.href ?? null) : (value ?? null)
  }
  return decoded
}

function findIncluded(
  context: DecodeContext,
  type: string,
  id: string,
): Readonly<Record<string, unknown>> | OtherResource | undefined {
  const resource = context.included.find((entry) => entry.type === type && entry.id === id)
  if (resource === undefined) return undefined
  const definition = context.definitions.get(type)
  if (definition !== undefined) {
    return decodeResource(definition, resource, { ...context, include: [] })
  }
  return { id, type, attributes: resource.attributes ?? {} }
}

const schemas = new WeakMap<ResourceDefinition, ReturnType<typeof makeSchema>>()

function attributesSchema(definition: ResourceDefinition): ReturnType<typeof makeSchema> {
  const schema = schemas.get(definition) ?? makeSchema(definition)
  schemas.set(definition, schema)
  return schema
}

function makeSchema(definition: ResourceDefinition) {
  const attributes = Object.entries(definition.attributes).map(
    ([name, attribute]): [string, z.ZodType] => [name, readSchema(attribute)],
  )
  return z.object({ attributes: z.object(Object.fromEntries(attributes)) })
}

function readSchema(attribute: Attribute): z.ZodType {
  return isPromised(attribute) ? attribute.kind.schema : orNull(attribute.kind.schema)
}

/** Whether it is there in whatever the server sends. */
function isPromised({ access }: Attribute | Relation): boolean {
  return access === 'required' || access === 'always'
}

/** Whether a relation or attribute may be sent at all. */
export function isWritable({ access }: Attribute | Relation): boolean {
  return access === 'write' || access === 'required'
}
