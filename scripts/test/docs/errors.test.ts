import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (file: string): string => readFileSync(`${root}/${file}`, 'utf8')
const documented = read('docs/errors.md')

/** Literals of the code unions, each on a line of its own or behind `code: '…'`. */
function codesIn(source: string): readonly string[] {
  return [...source.matchAll(/(?:\||\bcode:|\bcode\?:|\?\?)\s*'([A-Z][A-Z_]{2,})'/g)].flatMap(
    (match) => match[1] ?? [],
  )
}

const errorFiles = globSync('packages/core/src/errors/*-error.ts', { cwd: root })

it('finds the codes of the error family', () => {
  expect(errorFiles.flatMap((file) => codesIn(read(file)))).toEqual(
    expect.arrayContaining(['INVALID_TOKEN', 'TLS', 'OUTPUT_LOST', 'TIMEOUT', 'ILLEGAL_STATE']),
  )
})

it.each([...errorFiles, 'packages/control-plane/src/runtime/control-plane-error.ts'])(
  'docs/errors.md explains every code of %s',
  (file) => {
    const missing = codesIn(read(file)).filter((code) => !documented.includes(`\`${code}\``))
    expect(missing).toEqual([])
  },
)

it('docs/errors.md explains every cause of a failed job', () => {
  const source = read('packages/core/src/protocol/finish.ts')
  const schema = /failureCauseSchema = z\.enum\(\[(.*?)\]\)/s.exec(source)?.[1] ?? ''
  const causes = [...schema.matchAll(/'([a-z-]+)'/g)].flatMap((match) => match[1] ?? [])
  const table = /## Why a job failed\n(.*?)\n## /s.exec(documented)?.[1] ?? ''
  const explained = [...table.matchAll(/^\| `([a-z-]+)`/gm)].flatMap((match) => match[1] ?? [])
  expect(causes.length).toBeGreaterThan(10)
  expect(explained.toSorted()).toEqual(causes.toSorted())
})

it('docs/errors.md explains every problem type of the protocol', () => {
  const source = read('packages/core/src/protocol/problem.ts')
  const types = [...source.matchAll(/`\$\{prefix\}([a-z-]+)`/g)].flatMap((match) => match[1] ?? [])
  expect(types.length).toBeGreaterThan(5)
  expect(types.filter((type) => !documented.includes(`\`${type}\``))).toEqual([])
})
