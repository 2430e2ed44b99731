import { z } from 'zod'

/** Media type of the API's documents. */
export const jsonApiMediaType = 'application/vnd.api+json'

/** Members are looked at one by one when a resource is decoded: copying them here would cost most of it. */
const object = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  { error: 'Invalid input: expected object' },
)

export const resourceSchema = z.object({
  type: z.string(),
  id: z.string().min(1),
  attributes: object.nullish(),
  relationships: object.nullish(),
  links: object.nullish(),
})
/** A resource as it is on the wire. */
export type WireResource = z.infer<typeof resourceSchema>

export const documentSchema = z.object({
  data: resourceSchema,
  included: z.array(resourceSchema).nullish(),
})
export type WireDocument = z.infer<typeof documentSchema>

const paginationSchema = z.object({
  'current-page': z.int().positive(),
  'next-page': z.int().positive().nullish(),
  'total-pages': z.int().nonnegative().nullish(),
  'total-count': z.int().nonnegative().nullish(),
})

export const listingSchema = z.object({
  data: z.array(resourceSchema),
  included: z.array(resourceSchema).nullish(),
  meta: z.object({ pagination: paginationSchema.nullish() }).nullish(),
})

/** Names a resource. */
export interface Identifier {
  readonly type: string
  readonly id: string
}

export function isIdentifier(value: unknown): value is Identifier {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    'id' in value &&
    typeof value.id === 'string' &&
    value.id !== ''
  )
}

const identifierSchema = z.object({ type: z.string(), id: z.string().min(1) })

/**
 * A relation comes in three forms when unset: left out, `{"data": null}`, and a bare `null`. One that is
 * only linked has no `data`.
 */
export const relationSchema = z
  .object({ data: z.union([identifierSchema, z.array(identifierSchema)]).nullish() })
  .nullish()

export const linkSchema = z.union([z.string(), z.object({ href: z.string() })]).nullish()

/** The body of a call on a relationship. */
export function identifiers(type: string, ids: readonly string[]): { readonly data: object } {
  return { data: ids.map((id) => ({ type, id })) }
}
