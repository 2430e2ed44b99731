import { z } from 'zod'

/** Media type of the API's documents. */
export const jsonApiMediaType = 'application/vnd.api+json'

const identifierSchema = z.looseObject({ type: z.string(), id: z.string() })
export type ResourceIdentifier = z.infer<typeof identifierSchema>

/**
 * A relation comes in three forms when unset: left out, `{"data": null}`, and a bare `null`. One that is
 * only linked has no `data`.
 */
const relationSchema = z
  .looseObject({ data: z.union([identifierSchema, z.array(identifierSchema)]).nullish() })
  .nullish()

const linkSchema = z.union([z.string(), z.looseObject({ href: z.string() })]).nullish()

export const resourceSchema = z.looseObject({
  type: z.string(),
  id: z.string().min(1),
  attributes: z.record(z.string(), z.unknown()).nullish(),
  relationships: z.record(z.string(), relationSchema).nullish(),
  links: z.record(z.string(), linkSchema).nullish(),
})
/** A resource as it is on the wire. */
export type WireResource = z.infer<typeof resourceSchema>

export const documentSchema = z.looseObject({
  data: resourceSchema,
  included: z.array(resourceSchema).nullish(),
})
export type WireDocument = z.infer<typeof documentSchema>

const paginationSchema = z.looseObject({
  'current-page': z.int().positive(),
  'next-page': z.int().positive().nullish(),
  'total-pages': z.int().nonnegative().nullish(),
  'total-count': z.int().nonnegative().nullish(),
})

export const listingSchema = z.looseObject({
  data: z.array(resourceSchema),
  included: z.array(resourceSchema).nullish(),
  meta: z.looseObject({ pagination: paginationSchema.nullish() }).nullish(),
})
export type WireListing = z.infer<typeof listingSchema>
