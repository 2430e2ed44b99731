import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { RelayPolicy } from '../../src/policy/index.ts'
import { triedRequest } from '../support/target-arbitrary.ts'

const support = join(import.meta.dirname, '../support')
const seed = Math.floor(Math.random() * 2 ** 31)

const accepted = fc
  .sample(triedRequest, { numRuns: 6000, seed })
  .flatMap(({ kind, basePath, method, target }) => {
    const policy = new RelayPolicy({
      kind,
      basePath,
      policy: { write: ['statuses', 'checks', 'comments', 'hooks'] },
    })
    const decision = policy.decide(method, target)
    return decision.allowed ? [decision] : []
  })

function readAll(program: string, argv: readonly string[]): readonly unknown[] {
  const input = accepted.map(({ target }) => JSON.stringify(target.raw)).join('\n')
  const { stdout, stderr, status } = spawnSync(program, argv, {
    input: `${input}\n`,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

describe(`I11: parsers of other languages read what we read (seed ${seed})`, () => {
  const isMissing = (program: string): boolean =>
    spawnSync(program, [program === 'go' ? 'version' : '--version']).status !== 0

  it.skipIf(isMissing('python3'))("Python's urllib", () => {
    check(readAll('python3', [join(support, 'url_readings.py')]))
  })

  it.skipIf(isMissing('go'))("Go's net/url", { timeout: 120_000 }, () => {
    check(readAll('go', ['run', join(support, 'url_readings.go')]))
  })
})

function check(readings: readonly unknown[]): void {
  expect(accepted.length).toBeGreaterThan(1200)
  expect(readings).toHaveLength(accepted.length)
  for (const [index, { target }] of accepted.entries()) {
    expect(readings[index], target.raw).toEqual({
      host: 'git.example.com',
      segments: target.segments.map(({ decoded }) => decoded),
      query: target.query.map(({ key, value }) => [key, value]),
    })
  }
}
