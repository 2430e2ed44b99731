import { ProtocolError } from '../errors/index.ts'

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly number: number
  /** `undefined` on the last page. */
  readonly next: number | undefined
  /** Over all pages, where the server says so. */
  readonly totalCount: number | undefined
}

/** A server may leave out what a token may not see; one that gives nothing page after page never ends. */
const maxEmptyPages = 50

/**
 * A list that is fetched page by page while it is read: `for await (const run of client.runs.list())`.
 * An item that moved to a later page meanwhile comes once.
 */
export class Listing<T extends { readonly id: string }> implements AsyncIterable<T> {
  readonly #what: string
  readonly #fetchPage: (page: number) => Promise<Page<T>>

  constructor(what: string, fetchPage: (page: number) => Promise<Page<T>>) {
    this.#what = what
    this.#fetchPage = fetchPage
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages()) yield* page.items
  }

  /** Whole pages, with the total. @throws `ProtocolError` when the server never comes to an end */
  async *pages(): AsyncGenerator<Page<T>, void, undefined> {
    const seen = new Set<string>()
    let emptyPages = 0
    for (let number: number | undefined = 1; number !== undefined;) {
      const page: Page<T> = await this.#fetchPage(number)
      const items = page.items.filter((item) => !seen.has(item.id))
      if (page.items.length > 0 && items.length === 0) {
        throw this.#endless(`page ${number} holds only what came before`)
      }
      emptyPages = page.items.length === 0 ? emptyPages + 1 : 0
      if (page.next !== undefined && emptyPages >= maxEmptyPages) {
        throw this.#endless(`${maxEmptyPages} pages in a row hold nothing`)
      }
      if (page.next !== undefined && page.next <= number) {
        throw this.#endless(`page ${number} names page ${page.next} as the next`)
      }
      for (const item of items) seen.add(item.id)
      yield { ...page, items }
      number = page.next
    }
  }

  /** The first item, or `undefined` when there is none. Fetches one page. */
  async first(): Promise<T | undefined> {
    for await (const item of this) return item
    return undefined
  }

  /** All items. */
  async toArray(): Promise<readonly T[]> {
    const items: T[] = []
    for await (const item of this) items.push(item)
    return items
  }

  #endless(why: string): ProtocolError {
    return new ProtocolError(
      `Cannot ${this.#what}: the server's pages repeat themselves (${why}). Stopped, since the list would never end. That is a fault of the server, or of a cache in front of it.`,
    )
  }
}
