import { z } from 'zod'

import { relationNotFound, relationsNotFound, type WriteBody } from '../json-api/index.ts'

/**
 * An attribute of Scalr's that means nothing here: taken with the value that it has anyway, and refused with
 * every other, which would be passed over in silence otherwise.
 */
export function always<T extends boolean>(value: T, error: string) {
  return z.union([z.literal(value), z.null()], { error }).optional()
}

/** The same where the value is that there is none. */
export function never(error: string) {
  return z.null({ error }).optional()
}

/** What such relations could name does not exist here. @throws {@link PublicApiError} 404 */
export function refuseRelations(
  body: WriteBody<unknown>,
  relations: {
    /** Relation → Scalr's word for what it names. */
    readonly one?: Readonly<Record<string, string>>
    readonly many?: readonly string[]
  },
): void {
  for (const [relation, model] of Object.entries(relations.one ?? {})) {
    const id = body.one(relation)
    if (typeof id === 'string') throw relationNotFound(relation, model, id)
  }
  for (const relation of relations.many ?? []) {
    const [id] = body.many(relation) ?? []
    if (id !== undefined) throw relationsNotFound(relation, id)
  }
}
