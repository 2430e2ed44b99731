import { pathSegment } from '../http/index.ts'
import { decodeResource, type Decoded } from './decode.ts'
import { encodeResource } from './encode.ts'
import { IncludedResources } from './included-resources.ts'
import { documentSchema, jsonApiMediaType, listingSchema, type WireResource } from './json-api.ts'
import { listQuery, resourceQuery, type ListOptions, type NoFields } from './list-query.ts'
import { Listing, type Page } from './listing.ts'
import type { Operation, ResourceDefinition } from './resource-definition.ts'
import type { CreateOf, IncludeOf, ParameterOptions, ReadOf, UpdateOf } from './resource-types.ts'
import {
  definitionsByType,
  type Exactly,
  type FieldsOption,
  type WithIncluded,
} from './resources-by-type.ts'
import type { ApiCall, Body, ScalrApi } from './scalr-api.ts'

/** Options of every call. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** What to fetch along with a resource, and what of it. */
export type GetOptions<
  D extends ResourceDefinition,
  I extends IncludeOf<D> = never,
  F = NoFields,
> = CallOptions & {
  /** Relations to fetch along; they lie in the result under their names. */
  readonly include?: readonly I[]
  /** The only fields to fetch, by JSON:API type, where the API has it: `{ runs: ['status'] }`. */
  readonly fields?: Exactly<F, D, 'get'>
} & ParameterOptions<D, 'get'>

/** Options of `create` and `update`. */
export type WriteOptions<
  D extends ResourceDefinition,
  O extends 'create' | 'update',
  I extends IncludeOf<D> = never,
> = CallOptions & {
  /** Relations to fetch along, where the API has it. */
  readonly include?: D extends { readonly includeOnWrite: true } ? readonly I[] : never
} & ParameterOptions<D, O>

/** What is read of the answer to a call. */
interface Reading {
  readonly include?: readonly PropertyKey[] | undefined
  readonly fields?: Readonly<Record<string, readonly string[] | undefined>> | undefined
}

/** The client of a resource as far as the API has its calls. */
export type Exposed<C, D extends ResourceDefinition, Internal = never> = Omit<
  C,
  Exclude<Operation, D['operations'][number]> | (Internal & string)
>

/** Where the name of an action is no verb. */
const actionWords: Readonly<Record<string, string>> = {
  'set-schedule': 'set the schedule of',
  'unlock-state': 'unlock the state of',
}

/** The five calls that most resources have, made from a definition. Each resource shows those it has. */
export class ResourceClient<D extends ResourceDefinition> {
  readonly #api: ScalrApi
  readonly #definition: D

  constructor(api: ScalrApi, definition: D) {
    this.#api = api
    this.#definition = definition
  }

  async get<
    const I extends IncludeOf<D> = never,
    const F extends FieldsOption<D, 'get'> = NoFields,
  >(id: string, options?: GetOptions<D, I, F>): Promise<WithIncluded<D, I, F>> {
    const call = this.#call(`get the ${this.#definition.label} ${id}`, 'GET', id)
    const query = resourceQuery(this.#definition, 'get', options ?? {})
    return await this.#read({ ...call, query, signal: options?.signal }, undefined, options)
  }

  list<const I extends IncludeOf<D> = never, const F extends FieldsOption<D, 'list'> = NoFields>(
    options?: ListOptions<D, I, F>,
  ): Listing<WithIncluded<D, I, F>> {
    return this.listAt(this.#definition.path, options)
  }

  protected listAt<const I extends IncludeOf<D> = never, const F = NoFields>(
    path: string,
    options?: ListOptions<D, I, F>,
    doing = `list the ${this.#definition.label}s`,
  ): Listing<WithIncluded<D, I, F>> {
    const given: Parameters<typeof listQuery>[1] & CallOptions = options ?? {}
    return new Listing(doing, async (number): Promise<Page<WithIncluded<D, I, F>>> => {
      const query = listQuery(this.#definition, given, number)
      const call: ApiCall = { doing, method: 'GET', path, query, signal: given.signal }
      const { value, subject } = await this.#api.json(call, listingSchema)
      const pagination = value.meta?.pagination
      const read = this.#reader(subject, value.included ?? [], given)
      return {
        items: value.data.map((resource) => typed<WithIncluded<D, I, F>>(read(resource))),
        number,
        next: pagination?.['next-page'] ?? undefined,
        totalCount: pagination?.['total-count'] ?? undefined,
      }
    })
  }

  async create<const I extends IncludeOf<D> = never>(
    fields: CreateOf<D>,
    options?: WriteOptions<D, 'create', I>,
  ): Promise<WithIncluded<D, I, NoFields>> {
    return await this.createAt(this.#definition.path, fields, options)
  }

  protected async createAt<const I extends IncludeOf<D> = never>(
    path: string,
    fields: CreateOf<D>,
    options?: WriteOptions<D, 'create', I>,
  ): Promise<WithIncluded<D, I, NoFields>> {
    const doing = `create the ${this.#definition.label}`
    const query = resourceQuery(this.#definition, 'create', options ?? {})
    const call: ApiCall = { doing, method: 'POST', path, query, signal: options?.signal }
    return await this.#read(call, encodeResource(this.#definition, fields), options)
  }

  /** Changes the fields that are given: absent ones stay, `null` clears. */
  async update<const I extends IncludeOf<D> = never>(
    id: string,
    fields: UpdateOf<D>,
    options?: WriteOptions<D, 'update', I>,
  ): Promise<WithIncluded<D, I, NoFields>> {
    const call = this.#call(`update the ${this.#definition.label} ${id}`, 'PATCH', id)
    const query = resourceQuery(this.#definition, 'update', options ?? {})
    const body = encodeResource(this.#definition, fields, id)
    return await this.#read({ ...call, query, signal: options?.signal }, body, options)
  }

  async delete(id: string, options: CallOptions = {}): Promise<void> {
    const call = this.#call(`delete the ${this.#definition.label} ${id}`, 'DELETE', id)
    await this.#api.status({ ...call, ...options })
  }

  /** Any call that is answered with one resource of this kind. */
  protected async document(call: ApiCall, body?: Body): Promise<ReadOf<D>> {
    return await this.#send(call, body, {})
  }

  /** An action: `POST <path>/<id>/actions/<action>` with a plain JSON body. Gives the status. */
  protected async action(
    id: string,
    action: string,
    body: object | undefined,
    options: CallOptions = {},
  ): Promise<number> {
    return await this.#api.status({ ...this.#actionCall(id, action), ...options }, plain(body))
  }

  /** An action that answers with the resource. */
  protected async actionDocument(
    id: string,
    action: string,
    body: object | undefined,
    options: CallOptions = {},
  ): Promise<ReadOf<D>> {
    return await this.document({ ...this.#actionCall(id, action), ...options }, plain(body))
  }

  /** Path of one resource, or of something below it. */
  protected pathOf(id: string, below = ''): string {
    const segment = pathSegment(id, `the id of a ${this.#definition.label}`)
    return `${this.#definition.path}/${segment}${below}`
  }

  #call(doing: string, method: ApiCall['method'], id: string): ApiCall {
    return { doing, method, path: this.pathOf(id) }
  }

  #actionCall(id: string, action: string): ApiCall {
    const words = actionWords[action] ?? action
    const call = this.#call(`${words} the ${this.#definition.label} ${id}`, 'POST', id)
    return { ...call, path: `${call.path}/actions/${action}` }
  }

  async #read<T>(call: ApiCall, body: object | undefined, reading: Reading = {}): Promise<T> {
    const mediaType = jsonApiMediaType
    return await this.#send(call, body === undefined ? body : { mediaType, value: body }, reading)
  }

  async #send<T>(call: ApiCall, body: Body | undefined, reading: Reading): Promise<T> {
    const { value, subject } = await this.#api.json(call, documentSchema, body)
    return typed<T>(this.#reader(subject, value.included ?? [], reading)(value.data))
  }

  #reader(
    subject: string,
    included: readonly WireResource[],
    { include = [], fields = {} }: Reading,
  ): (resource: WireResource) => Decoded {
    const context = {
      subject,
      include: include.map(String),
      included: new IncludedResources(definitionsByType, included),
      fields,
    }
    return (resource) => decodeResource(this.#definition, resource, context)
  }
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller's own return type
function typed<T>(decoded: unknown): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type is computed from the same table
  return decoded as T
}

function plain(body: object | undefined): Body | undefined {
  return body === undefined ? undefined : { mediaType: 'application/json', value: body }
}
