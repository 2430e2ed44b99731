import type { ReadContext, Resource } from './resource.ts'
import { textOf, type Row } from './row.ts'

export interface ResourceIdentifier {
  readonly type: string
  readonly id: string
}

export interface ResourceObject extends ResourceIdentifier {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly relationships: Readonly<
    Record<string, { readonly data: ResourceIdentifier | readonly ResourceIdentifier[] | null }>
  >
  readonly links: Readonly<Record<string, string>>
}

/** Path below which the public API lives. */
export const publicApiPath = '/api/iacp/v3'

/** One row as a JSON:API resource; `fields` thins it out. */
export function serialize(
  resource: Resource,
  row: Row,
  context: ReadContext,
  fields: ReadonlyMap<string, readonly string[]>,
): ResourceObject {
  const id = textOf(row, 'id')
  const wanted = fields.get(resource.type)
  const keeps = (name: string): boolean => wanted === undefined || wanted.includes(name)
  const attributes: Record<string, unknown> = {}
  for (const [name, { read }] of Object.entries(resource.attributes)) {
    if (keeps(name)) attributes[name] = read(row, context)
  }
  const relationships: Record<string, { data: ResourceIdentifier | ResourceIdentifier[] | null }> =
    {}
  for (const [name, relation] of Object.entries(resource.relations)) {
    if (!keeps(name)) continue
    const { type } = relation
    if ('ids' in relation) {
      relationships[name] = { data: relation.ids(row).map((other) => ({ type, id: other })) }
    } else {
      const other = relation.id(row)
      relationships[name] = { data: other === null ? null : { type, id: other } }
    }
  }
  return {
    type: resource.type,
    id,
    attributes,
    relationships,
    links: {
      // Absolute: Scalr's plugin for Backstage takes the host of its links from it.
      ...(resource.onlyIncluded === true
        ? {}
        : { self: `${context.publicUrl()}${publicApiPath}${resource.path}/${id}` }),
      ...resource.links?.(row, context),
    },
  }
}
