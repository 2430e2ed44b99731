import { pathSegment } from '../http/index.ts'
import { decodeResource } from './decode.ts'
import { encodeResource } from './encode.ts'
import {
  documentSchema,
  jsonApiMediaType,
  listingSchema,
  type WireDocument,
  type WireResource,
} from './json-api.ts'
import { includeQuery, listQuery, type ListOptions } from './list-query.ts'
import { Listing, type Page } from './listing.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import type { CreateOf, IncludeOf, ReadOf, Resolved, UpdateOf } from './resource-types.ts'
import { definitionsByType, type ResourcesByType } from './resources-by-type.ts'
import type { ApiCall, ScalrApi } from './scalr-api.ts'

/** Options of every call. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** What to fetch along with a resource. */
export interface GetOptions<I> extends CallOptions {
  /** Relations to fetch along; they lie in the result under their names. */
  readonly include?: readonly I[]
}

/** A resource with what `include` brought. */
export type WithIncluded<D extends ResourceDefinition, I extends IncludeOf<D>> = ReadOf<D> &
  Resolved<D, I, ResourcesByType>

/** The five calls that most resources have, made from a definition. Each resource shows those it has. */
export class ResourceClient<D extends ResourceDefinition> {
  readonly #api: ScalrApi
  readonly #definition: D

  constructor(api: ScalrApi, definition: D) {
    this.#api = api
    this.#definition = definition
  }

  async get<const I extends IncludeOf<D> = never>(
    id: string,
    options: GetOptions<I> = {},
  ): Promise<WithIncluded<D, I>> {
    const call = this.#call(`get the ${this.#definition.label} ${id}`, 'GET', id)
    return await this.document({ ...call, signal: options.signal }, undefined, options.include)
  }

  list<const I extends IncludeOf<D> = never>(
    options: ListOptions<D, I> = {},
  ): Listing<WithIncluded<D, I>> {
    return this.listAt(this.#definition.path, options)
  }

  protected listAt<const I extends IncludeOf<D> = never>(
    path: string,
    options: ListOptions<D, I>,
  ): Listing<WithIncluded<D, I>> {
    const doing = `list the ${this.#definition.label}s`
    return new Listing(doing, async (number): Promise<Page<WithIncluded<D, I>>> => {
      const { value, subject } = await this.#api.json(
        { doing, method: 'GET', path, query: listQuery(options, number), signal: options.signal },
        listingSchema,
      )
      const pagination = value.meta?.pagination
      const included = value.included ?? []
      return {
        items: value.data.map((item) => this.#decode(item, subject, included, options.include)),
        number,
        next: pagination?.['next-page'] ?? undefined,
        totalCount: pagination?.['total-count'] ?? undefined,
      }
    })
  }

  async create(fields: CreateOf<D>, options: CallOptions = {}): Promise<ReadOf<D>> {
    return await this.createAt(this.#definition.path, fields, options)
  }

  protected async createAt(
    path: string,
    fields: CreateOf<D>,
    options: CallOptions,
  ): Promise<ReadOf<D>> {
    const doing = `create the ${this.#definition.label}`
    return await this.document(
      { doing, method: 'POST', path, ...options },
      encodeResource(this.#definition, fields),
    )
  }

  /** Changes the fields that are given: absent ones stay, `null` clears. */
  async update(id: string, fields: UpdateOf<D>, options: CallOptions = {}): Promise<ReadOf<D>> {
    const call = this.#call(`update the ${this.#definition.label} ${id}`, 'PATCH', id)
    return await this.document(
      { ...call, ...options },
      encodeResource(this.#definition, fields, id),
    )
  }

  async delete(id: string, options: CallOptions = {}): Promise<void> {
    const call = this.#call(`delete the ${this.#definition.label} ${id}`, 'DELETE', id)
    await this.#api.status({ ...call, ...options })
  }

  /** Any call that is answered with one resource of this kind. */
  protected async document<const I extends IncludeOf<D> = never>(
    call: ApiCall,
    body?: object,
    include: readonly I[] = [],
  ): Promise<WithIncluded<D, I>> {
    const { value, subject }: { readonly value: WireDocument; readonly subject: string } =
      await this.#api.json(
        { ...call, query: { ...call.query, ...includeQuery(include) } },
        documentSchema,
        body === undefined ? undefined : { mediaType: jsonApiMediaType, value: body },
      )
    return this.#decode(value.data, subject, value.included ?? [], include)
  }

  /** An action: `POST <path>/<id>/actions/<action>` with a plain JSON body. Gives the status. */
  protected async action(
    id: string,
    action: string,
    body: object,
    options: CallOptions = {},
  ): Promise<number> {
    const call = this.#call(`${action} the ${this.#definition.label} ${id}`, 'POST', id)
    return await this.#api.status(
      { ...call, path: `${call.path}/actions/${action}`, ...options },
      { mediaType: 'application/json', value: body },
    )
  }

  /** An action that answers with the resource. */
  protected async actionDocument(
    id: string,
    action: string,
    body: object,
    options: CallOptions = {},
  ): Promise<ReadOf<D>> {
    const call = this.#call(`${action} the ${this.#definition.label} ${id}`, 'POST', id)
    const { value, subject } = await this.#api.json(
      { ...call, path: `${call.path}/actions/${action}`, ...options },
      documentSchema,
      { mediaType: 'application/json', value: body },
    )
    return this.#decode<never>(value.data, subject, value.included ?? [], [])
  }

  /** Path of one resource, or of something below it. */
  protected pathOf(id: string, below = ''): string {
    const segment = pathSegment(id, `the id of a ${this.#definition.label}`)
    return `${this.#definition.path}/${segment}${below}`
  }

  #call(doing: string, method: ApiCall['method'], id: string): ApiCall {
    return { doing, method, path: this.pathOf(id) }
  }

  #decode<I extends IncludeOf<D>>(
    resource: WireResource,
    subject: string,
    included: readonly WireResource[],
    include: readonly I[] = [],
  ): WithIncluded<D, I> {
    const decoded: unknown = decodeResource(this.#definition, resource, {
      subject,
      definitions: definitionsByType,
      include: include.map(String),
      included,
    })
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type is computed from the same table
    return decoded as WithIncluded<D, I>
  }
}
