import { Agent } from 'undici'

import { listPath, onePath, pageSize } from './serve-workspaces.ts'

/** What somebody writes who has undici alone: one connection pool, JSON.parse, and trust. */
export class BareClient implements AsyncDisposable {
  readonly #origin: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #agent = new Agent()

  constructor(origin: string, token: string) {
    this.#origin = origin
    this.#headers = { authorization: `Bearer ${token}`, accept: 'application/vnd.api+json' }
  }

  async getOne(): Promise<unknown> {
    return await this.#json(onePath)
  }

  /** The list, page by page. */
  async *pages(): AsyncGenerator<readonly unknown[]> {
    for (let page: number | null = 1; page !== null;) {
      const path = `${listPath}?page%5Bnumber%5D=${page}&page%5Bsize%5D=${pageSize}`
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- that is the trust
      const document = (await this.#json(path)) as {
        readonly data: readonly unknown[]
        readonly meta: { readonly pagination: { readonly 'next-page': number | null } }
      }
      yield document.data
      page = document.meta.pagination['next-page']
    }
  }

  async all(): Promise<readonly unknown[]> {
    const all: unknown[] = []
    for await (const page of this.pages()) all.push(...page)
    return all
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }

  async #json(path: string): Promise<unknown> {
    const answer = await this.#agent.request({
      origin: this.#origin,
      path,
      method: 'GET',
      headers: this.#headers,
    })
    if (answer.statusCode !== 200) throw new Error(`${path} answered ${answer.statusCode}`)
    return JSON.parse(await answer.body.text()) as unknown
  }
}
