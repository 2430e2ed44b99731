import type { ControlPlaneServer } from '../../src/index.ts'

// oxlint-disable-next-line import/no-unassigned-import -- whoever has this client has its answers checked
import './contract/check-answers.ts'

/** A document that tests look into as they like; what it must hold, they say. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any

export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; `undefined` when there is none. */
  readonly body: Json
}

/** Talks to the public API as a client would, over a real socket. */
export class ApiClient {
  readonly #url: string
  readonly #token: string

  constructor(
    controlPlane: Pick<ControlPlaneServer, 'url' | 'ownerToken'>,
    token = controlPlane.ownerToken(),
  ) {
    this.#url = controlPlane.url
    this.#token = token
  }

  async call(
    method: string,
    path: string,
    options: {
      readonly json?: unknown
      readonly bytes?: Uint8Array
      readonly headers?: Record<string, string>
    } = {},
  ): Promise<ApiAnswer> {
    const response = await fetch(
      path.startsWith('http') ? path : `${this.#url}/api/iacp/v3${path}`,
      {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(options.json === undefined ? {} : { 'content-type': 'application/vnd.api+json' }),
          ...options.headers,
        },
        ...(options.json === undefined ? {} : { body: JSON.stringify(options.json) }),
        ...(options.bytes === undefined ? {} : { body: Buffer.from(options.bytes) }),
      },
    )
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
    }
  }

  get(path: string): Promise<ApiAnswer> {
    return this.call('GET', path)
  }

  delete(path: string): Promise<ApiAnswer> {
    return this.call('DELETE', path)
  }

  post(path: string, json?: unknown): Promise<ApiAnswer> {
    return this.call('POST', path, json === undefined ? {} : { json })
  }

  /** POST or PATCH of a resource. Relations: `{ workspace: ['workspaces', id] }`. */
  write(
    method: 'POST' | 'PATCH',
    path: string,
    type: string,
    attributes: Record<string, unknown>,
    relations: Record<string, readonly [string, string | null | readonly string[]]> = {},
  ): Promise<ApiAnswer> {
    const relationships = Object.fromEntries(
      Object.entries(relations).map(([name, [relatedType, id]]) => [
        name,
        {
          data:
            id === null
              ? null
              : typeof id === 'string'
                ? { type: relatedType, id }
                : id.map((one) => ({ type: relatedType, id: one })),
        },
      ]),
    )
    return this.call(method, path, { json: { data: { type, attributes, relationships } } })
  }

  /** Creates a resource that nothing is wrong with, and gives its data. */
  async create(
    path: string,
    type: string,
    attributes: Record<string, unknown> = {},
    relations: Record<string, readonly [string, string | null | readonly string[]]> = {},
  ): Promise<Json> {
    const answer = await this.write('POST', path, type, attributes, relations)
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`)
    return answer.body.data
  }
}
