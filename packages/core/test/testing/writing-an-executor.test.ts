import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { behaviourGroups, runConformance } from '../../src/testing/index.ts'
import { brokenLaunches } from './broken/broken-launches.ts'
import { brokenWorkloads } from './broken/broken-workloads.ts'
import type { AcmeEngine } from './docs/acme-engine.ts'
import { AcmeExecutor } from './docs/acme-executor.ts'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

describe('docs/writing-an-executor.md', () => {
  const document = read('../../../../docs/writing-an-executor.md')

  it('shows the executor that is compiled here', () => {
    const shown = /<!-- code: \S+acme-executor\.ts -->\n+```ts\n(.*?)```/su.exec(document)?.[1]
    const compiled = read('docs/acme-executor.ts').replaceAll(
      /'\.\.\/\.\.\/\.\.\/src(?<room>\/[a-z]+)?\/index\.ts'/gu,
      "'@scalr-agent/core$<room>'",
    )
    expect(shown).toBe(compiled)
  })

  it('has a row for every group of the kit, in its order', () => {
    const table = document.slice(document.indexOf('| group |'))
    expect([...table.matchAll(/^\| `([a-z-]+)` \|/gmu)].map((match) => match[1])).toEqual(
      behaviourGroups,
    )
  })

  it('has a row for every option of the kit, in its order', () => {
    const source = read('../../src/testing/conformance/conformance-options.ts')
    const options = [...source.matchAll(/^ {2}(?:readonly )?([a-zA-Z]+)\??[(:]/gmu)].map(
      (match) => match[1],
    )
    const table = /\| option \|.*?\n\n/su.exec(document)?.[0] ?? ''
    const rows = [...table.matchAll(/^\| `([a-zA-Z]+)` \|/gmu)].map((match) => match[1])
    expect(rows).toContain('childModule')
    expect(rows).toEqual(options)
  })

  it('tells how many broken executors there are', () => {
    expect(document).toContain(`and ${brokenLaunches.length + brokenWorkloads.length} broken ones`)
  })

  it('shows an executor that keeps the contract as far as an engine that is down lets it', async () => {
    const down = async (): Promise<never> => {
      throw new Error('connection refused')
    }
    const engine: AcmeEngine = {
      ping: down,
      find: async () => undefined,
      findAll: async () => [],
      create: down,
    }
    const executor = new AcmeExecutor({ engine })
    expect(await executor.check()).toMatchObject([{ level: 'error', remedy: expect.any(String) }])
    const only = [
      'identity',
      'check.abort',
      'launch.aborted-before',
      'launch.attach-unknown',
      'launch.invalid-id',
      'launch.climbing-id',
      'list.abort',
    ]
    const statuses: string[] = []
    for await (const result of runConformance({ create: () => executor, only })) {
      statuses.push(`${result.status} ${result.behaviour.id}`)
    }
    expect(statuses).toHaveLength(9)
    expect(statuses.filter((status) => !status.startsWith('passed '))).toEqual([])
  })
})
