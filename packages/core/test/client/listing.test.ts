import { describe, expect, it } from 'vitest'

import { Listing, type Page } from '../../src/client/index.ts'

interface Item {
  readonly id: string
}

function listing(
  pages: readonly (readonly string[])[],
  next?: (page: number) => number | undefined,
) {
  const asked: number[] = []
  const list = new Listing<Item>('list the items', async (number): Promise<Page<Item>> => {
    asked.push(number)
    const ids = pages[Math.min(number, pages.length) - 1] ?? []
    return {
      items: ids.map((id) => ({ id })),
      number,
      next: next === undefined ? (number < pages.length ? number + 1 : undefined) : next(number),
      totalCount: undefined,
    }
  })
  return { list, asked }
}

const idsOf = async (list: Listing<Item>): Promise<readonly string[]> =>
  (await list.toArray()).map(({ id }) => id)

describe('a listing', () => {
  it('goes over all pages, fetching none before it is needed', async () => {
    const { list, asked } = listing([['a', 'b'], ['c'], ['d']])
    expect(asked).toEqual([])
    for await (const { id } of list) if (id === 'b') break
    expect(asked).toEqual([1])
    expect(await idsOf(list)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('gives the first item with one page, and undefined of an empty list', async () => {
    const { list, asked } = listing([['a'], ['b']])
    expect(await list.first()).toEqual({ id: 'a' })
    expect(asked).toEqual([1])
    expect(await listing([[]]).list.first()).toBeUndefined()
  })

  it('gives an item once that moved to a later page meanwhile', async () => {
    expect(
      await idsOf(
        listing([
          ['a', 'b'],
          ['b', 'c'],
        ]).list,
      ),
    ).toEqual(['a', 'b', 'c'])
  })

  it.each([
    ['the same page for ever', listing([['a', 'b']], (page) => page + 1).list],
    ['a next page that is this one', listing([['a'], ['b']], (page) => page).list],
    ['a next page that was before', listing([['a'], ['b']], (page) => (page === 1 ? 2 : 1)).list],
  ])('stops at a server that gives %s', async (_what, list) => {
    await expect(list.toArray()).rejects.toMatchObject({
      name: 'ProtocolError',
      message: expect.stringContaining('repeat'),
    })
  })
})
