import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'

import { accessTable } from '../../src/access/index.ts'

const page = new URL('../../../../docs/control-plane-api.md', import.meta.url)
const columns = ['list', 'read', 'create', 'change', 'delete'] as const
const apart = new Set(['ping', 'openapi-public.yml'])

/** Lines of the page's table: resource → what has a mark, and the last cell. */
function documented(): Map<string, { readonly marks: readonly string[]; readonly also: string }> {
  const [, table = ''] =
    /<!-- served:begin.*?-->(.*)<!-- served:end -->/su.exec(readFileSync(page, 'utf8')) ?? []
  const lines = table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  return new Map(
    lines.map(([name = '', ...cells]) => [
      name.replaceAll('`', ''),
      { marks: columns.filter((_, index) => cells[index] === '✓'), also: cells.at(-1) ?? '' },
    ]),
  )
}

const [publicApi] = accessTable
const served = Object.entries(publicApi?.routes ?? {}).map(([url, methods]) => {
  const [name = '', ...below] = url.replace('/api/iacp/v3/', '').split('/')
  return { name, below: below.join('/'), methods: Object.keys(methods) }
})
const whole: Readonly<Record<string, string>> = { GET: 'list', POST: 'create' }
const one: Readonly<Record<string, string>> = { GET: 'read', PATCH: 'change', DELETE: 'delete' }

it('docs/control-plane-api.md names what is served of each resource, and nothing else', () => {
  const table = documented()
  const names = new Set(served.map(({ name }) => name).filter((name) => !apart.has(name)))
  expect([...table.keys()].toSorted()).toEqual([...names].toSorted())
  for (const [name, { marks }] of table) {
    const expected = served
      .filter((route) => route.name === name)
      .flatMap(({ below, methods }) => {
        const words = below === '' ? whole : below === ':id' ? one : {}
        return methods.flatMap((method) => words[method] ?? [])
      })
    expect([...marks].toSorted(), name).toEqual(expected.toSorted())
  }
})

it('docs/control-plane-api.md names every action of a resource', () => {
  const text = readFileSync(page, 'utf8')
  const table = documented()
  for (const { name, below } of served) {
    if (below === '' || below === ':id') continue
    const word =
      below
        .replace(/^:id\//u, '')
        .split('/')
        .slice(0, 2)
        .at(-1) ?? ''
    const isEmptyList = ['provider-configuration-links', 'remote-state-consumers'].includes(word)
    const place =
      isEmptyList || word === 'federated-environments' ? text : (table.get(name)?.also ?? '')
    expect(place, `${name}: ${below}`).toContain(word)
  }
})
