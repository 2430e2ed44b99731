import { z } from 'zod'

import { ProtocolError } from '../errors/index.ts'
import { checkReply } from '../http/index.ts'
import type { IncludedResources } from './included-resources.ts'
import {
  isIdentifier,
  linkSchema,
  relationSchema,
  type Identifier,
  type WireResource,
} from './json-api.ts'
import type { Kind } from './kind.ts'
import type { Attribute, Relation, ResourceDefinition } from './resource-definition.ts'
import { isObject, quickRead, unfit } from './quick-read.ts'
import { idFieldOf, toWireName } from './wire-name.ts'

/** A resource as a plain object. */
export type Decoded = Readonly<Record<string, unknown>>

/** What decoding needs beside the resource. */
export interface DecodeContext {
  /** Begins messages. */
  readonly subject: string
  /** Relations to resolve. */
  readonly include: readonly string[]
  /** What came along. */
  readonly included: IncludedResources
  /** By JSON:API type: the only fields that were asked for. */
  readonly fields: Readonly<Record<string, readonly string[] | undefined>>
}

/** A definition, made ready for reading ten thousands of resources. */
interface Plan {
  /** Every field, to be copied: an object that grows field by field takes twice the memory. */
  readonly template: Decoded
  readonly attributes: readonly {
    readonly name: string
    readonly wire: string
    readonly kind: Kind
    readonly isPromised: boolean
    readonly isSecret: boolean
  }[]
  readonly relations: readonly {
    readonly name: string
    readonly wire: string
    readonly field: string
    readonly many: boolean
    readonly isPromised: boolean
  }[]
  readonly links: readonly (readonly [field: string, link: string])[]
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
): Decoded {
  const { type, label } = definition
  if (resource.type !== type) {
    checkReply(context.subject, z.object({ type: z.literal(type) }), { type: resource.type })
  }
  const subject = `${context.subject}, ${label} ${resource.id}`
  const plan = planOf(definition)
  const wanted = context.fields[type]
  const decoded: Record<string, unknown> =
    wanted === undefined ? { ...plan.template, id: resource.id } : { id: resource.id }
  const { attributes = {}, relationships = {}, links = {} } = withoutNulls(resource)

  for (const { name, wire, kind, isPromised, isSecret } of plan.attributes) {
    if (wanted?.includes(name) === false) continue
    const value = readAttribute(kind, attributes[wire], isPromised, subject, name)
    if (isSecret) Object.defineProperty(decoded, name, { value, enumerable: false })
    else decoded[name] = value
  }
  for (const { name, wire, field, many, isPromised } of plan.relations) {
    const isIncluded = context.include.includes(name)
    const isWanted = wanted?.includes(field) !== false
    if (!isWanted && !isIncluded) continue
    const found = readRelation(relationships[wire], subject, wire)
    if (isWanted) {
      if (found.length === 0 && !many && isPromised) {
        throw new ProtocolError(
          `${context.subject}: the answer breaks the protocol: ${label} ${resource.id} has no relation '${wire}'.`,
        )
      }
      decoded[field] = many ? found.map(({ id }) => id) : (found[0]?.id ?? null)
    }
    if (!isIncluded) continue
    const resolved = found
      .map((identifier) => context.included.find(identifier, context))
      .filter((each) => each !== undefined)
    decoded[name] = many ? resolved : (resolved[0] ?? null)
  }
  for (const [field, link] of plan.links) {
    const value = checkReply(subject, linkSchema, links[link])
    decoded[field] = typeof value === 'object' ? (value?.href ?? null) : (value ?? null)
  }
  return decoded
}

type Members = Readonly<Record<string, unknown>>

function withoutNulls({ attributes, relationships, links }: WireResource): {
  readonly attributes?: Members | undefined
  readonly relationships?: Members | undefined
  readonly links?: Members | undefined
} {
  return {
    attributes: attributes ?? undefined,
    relationships: relationships ?? undefined,
    links: links ?? undefined,
  }
}

function readAttribute(
  kind: Kind,
  value: unknown,
  isPromised: boolean,
  subject: string,
  name: string,
): unknown {
  if (!isPromised && (value === undefined || value === null)) return null
  const read = quickRead(kind, value)
  if (read !== unfit) return read
  const schema = z.object({ attributes: z.object({ [name]: kind.schema }) })
  return checkReply(subject, schema, { attributes: { [name]: value } }).attributes[name]
}

function readRelation(value: unknown, subject: string, wire: string): readonly Identifier[] {
  if (value === undefined || value === null) return []
  const data: unknown = isObject(value) ? value['data'] : undefined
  if (data === undefined || data === null) return []
  const found: readonly unknown[] = Array.isArray(data) ? data : [data]
  if (found.every(isIdentifier)) return found
  const schema = z.object({ relationships: z.object({ [wire]: relationSchema }) })
  checkReply(subject, schema, { relationships: { [wire]: value } })
  return []
}

const plans = new WeakMap<ResourceDefinition, Plan>()

function planOf(definition: ResourceDefinition): Plan {
  const known = plans.get(definition)
  if (known !== undefined) return known
  const plan: Plan = {
    attributes: Object.entries(definition.attributes).map(([name, attribute]) => ({
      name,
      wire: toWireName(name),
      kind: attribute.kind,
      isPromised: isThere(attribute),
      isSecret: attribute.secret === true,
    })),
    relations: Object.entries(definition.relations).map(([name, relation]) => ({
      name,
      wire: toWireName(name),
      field: idFieldOf(name, relation.many),
      many: relation.many,
      isPromised: isThere(relation),
    })),
    links: Object.entries(definition.links ?? {}),
    template: templateOf(definition),
  }
  plans.set(definition, plan)
  return plan
}

function templateOf(definition: ResourceDefinition): Decoded {
  const names = [
    'id',
    ...Object.entries(definition.attributes)
      .filter(([, attribute]) => attribute.secret !== true)
      .map(([name]) => name),
    ...Object.entries(definition.relations).map(([name, { many }]) => idFieldOf(name, many)),
    ...Object.keys(definition.links ?? {}),
  ]
  // What is parsed is laid out densely.
  const empty = Object.fromEntries(names.map((name) => [name, null]))
  const template: unknown = JSON.parse(JSON.stringify(empty))
  return isObject(template) ? template : {}
}

/** Whether it is there in whatever the server sends. */
function isThere({ access }: Attribute | Relation): boolean {
  return access === 'required' || access === 'always'
}

/** Whether a relation or attribute may be sent at all. */
export function isWritable({ access }: Attribute | Relation): boolean {
  return access === 'write' || access === 'required'
}
