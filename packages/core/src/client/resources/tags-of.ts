import { pathSegment } from '../../http/index.ts'
import { jsonApiMediaType, listingSchema } from '../json-api.ts'
import { listQuery } from '../list-query.ts'
import { Listing } from '../listing.ts'
import type { CallOptions } from '../resource-client.ts'
import type { ApiCall, ScalrApi } from '../scalr-api.ts'

/** The tags of one kind of resource, which are changed beside it. */
export class TagsOf {
  readonly #api: ScalrApi
  readonly #path: string
  readonly #label: string

  constructor(api: ScalrApi, owner: { readonly path: string; readonly label: string }) {
    this.#api = api
    this.#path = owner.path
    this.#label = owner.label
  }

  /** Ids of its tags. */
  list(id: string, options: CallOptions = {}): Listing<{ readonly id: string }> {
    const doing = `list the tags of the ${this.#label} ${id}`
    return new Listing(doing, async (number) => {
      const { value } = await this.#api.json(
        {
          doing,
          method: 'GET',
          path: this.#pathOf(id),
          query: listQuery({}, number),
          signal: options.signal,
        },
        listingSchema,
      )
      const pagination = value.meta?.pagination
      return {
        items: value.data.map((tag) => ({ id: tag.id })),
        number,
        next: pagination?.['next-page'] ?? undefined,
        totalCount: pagination?.['total-count'] ?? undefined,
      }
    })
  }

  /** Adds these; those that it has stay. */
  async add(id: string, tagIds: readonly string[], options: CallOptions = {}): Promise<void> {
    await this.#send('POST', `add tags to the ${this.#label} ${id}`, id, tagIds, options)
  }

  /** Makes these the only ones. */
  async replace(id: string, tagIds: readonly string[], options: CallOptions = {}): Promise<void> {
    await this.#send('PATCH', `replace the tags of the ${this.#label} ${id}`, id, tagIds, options)
  }

  async remove(id: string, tagIds: readonly string[], options: CallOptions = {}): Promise<void> {
    await this.#send('DELETE', `remove tags of the ${this.#label} ${id}`, id, tagIds, options)
  }

  async #send(
    method: ApiCall['method'],
    doing: string,
    id: string,
    tagIds: readonly string[],
    options: CallOptions,
  ): Promise<void> {
    await this.#api.status(
      { doing, method, path: this.#pathOf(id), signal: options.signal },
      {
        mediaType: jsonApiMediaType,
        value: { data: tagIds.map((tagId) => ({ type: 'tags', id: tagId })) },
      },
    )
  }

  #pathOf(id: string): string {
    return `${this.#path}/${pathSegment(id, `the id of a ${this.#label}`)}/relationships/tags`
  }
}
