import { pathSegment } from '../../http/index.ts'
import { identifiers, jsonApiMediaType, listingSchema } from '../json-api.ts'
import { Listing } from '../listing.ts'
import type { CallOptions } from '../resource-client.ts'
import type { ApiCall, ScalrApi } from '../scalr-api.ts'

/** Whose relation it is, and what it leads to. */
export interface RelatedIdsOptions {
  readonly owner: { readonly path: string; readonly label: string }
  /** On the wire. */
  readonly relation: string
  /** JSON:API type of what it leads to. */
  readonly type: string
  /** For messages, in the plural: `tags`. */
  readonly label: string
}

/** A relation to many that is changed beside its resource, by ids. */
export class RelatedIds {
  readonly #api: ScalrApi
  readonly #options: RelatedIdsOptions

  constructor(api: ScalrApi, options: RelatedIdsOptions) {
    this.#api = api
    this.#options = options
  }

  list(
    id: string,
    options: CallOptions & { readonly pageSize?: number } = {},
  ): Listing<{ readonly id: string }> {
    const doing = `list ${this.#of(id)}`
    return new Listing(doing, async (number) => {
      const query = { 'page[number]': number, 'page[size]': options.pageSize ?? 100 }
      const { value } = await this.#api.json(
        { doing, method: 'GET', path: this.#pathOf(id), query, signal: options.signal },
        listingSchema,
      )
      const pagination = value.meta?.pagination
      return {
        items: value.data.map((related) => ({ id: related.id })),
        number,
        next: pagination?.['next-page'] ?? undefined,
        totalCount: pagination?.['total-count'] ?? undefined,
      }
    })
  }

  /** Adds these; those that it has stay. */
  async add(id: string, ids: readonly string[], options: CallOptions = {}): Promise<void> {
    await this.#send('POST', `add to ${this.#of(id)}`, id, ids, options)
  }

  /** Makes these the only ones. */
  async replace(id: string, ids: readonly string[], options: CallOptions = {}): Promise<void> {
    await this.#send('PATCH', `replace ${this.#of(id)}`, id, ids, options)
  }

  async remove(id: string, ids: readonly string[], options: CallOptions = {}): Promise<void> {
    await this.#send('DELETE', `remove from ${this.#of(id)}`, id, ids, options)
  }

  async #send(
    method: ApiCall['method'],
    doing: string,
    id: string,
    ids: readonly string[],
    options: CallOptions,
  ): Promise<void> {
    await this.#api.status(
      { doing, method, path: this.#pathOf(id), signal: options.signal },
      { mediaType: jsonApiMediaType, value: identifiers(this.#options.type, ids) },
    )
  }

  #of(id: string): string {
    return `the ${this.#options.label} of the ${this.#options.owner.label} ${id}`
  }

  #pathOf(id: string): string {
    const { owner, relation } = this.#options
    return `${owner.path}/${pathSegment(id, `the id of a ${owner.label}`)}/relationships/${relation}`
  }
}

/** The tags of one kind of resource. */
export function tagsOf(api: ScalrApi, owner: RelatedIdsOptions['owner']): RelatedIds {
  return new RelatedIds(api, { owner, relation: 'tags', type: 'tags', label: 'tags' })
}
