import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'

import { extract, pack } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { Workload } from '../../src/executor/index.ts'
import { collectResults } from '../../src/job/collect-results.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'results-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

/** A workload that has left those files, in that order. */
function workloadOf(files: readonly (readonly [string, string])[]): Workload {
  return {
    readFiles: async () => {
      const tar = pack()
      for (const [name, text] of files) tar.entry({ name, mtime: new Date() }, text)
      tar.entry({ name: 'data/units/plans/link', type: 'symlink', linkname: '/etc/passwd' })
      tar.finalize()
      return await Promise.resolve(Readable.from(tar, { objectMode: false }))
    },
  } as Partial<Workload> as Workload
}

const plans = { name: 'plan.bin', path: 'data/units', pack: 'archive' } as const
const json = { name: 'plan.json', path: 'data/unit-plans', pack: 'plans' } as const

describe('collectResults', () => {
  it('makes one archive of a directory: the same bytes whatever the order and the time', async () => {
    const files = [
      ['data/units/plans/b/tfplan.tfplan', 'two'],
      ['data/units/plans/a/tfplan.tfplan', 'one'],
      ['data/units/list', 'l'],
    ] as const
    const [one] = await collectResults(workloadOf(files), [plans], join(directory, 'one'))
    const reversed = workloadOf(files.toReversed())
    const [other] = await collectResults(reversed, [plans], join(directory, 'other'))
    expect(other?.digest).toBe(one?.digest)
    expect(await namesOf(one?.localPath ?? '')).toEqual([
      'list',
      'plans/a/tfplan.tfplan',
      'plans/b/tfplan.tfplan',
    ])
    expect(await readdir(join(directory, 'one'))).toEqual(['plan.bin'])
  })

  it('makes one plan of the plans of units, and nothing of an empty directory', async () => {
    const workload = workloadOf([
      ['data/unit-plans/vpc/plan.json', '{"format_version":"1.2"}'],
      ['data/unit-plans/plan.json', '{"format_version":"1.2"}'],
    ])
    const states = { name: 'errored-states.tar.gz', path: 'data/none', pack: 'archive' } as const
    const files = await collectResults(workload, [json, states], join(directory, 'one'))
    expect(files.map(({ name }) => name)).toEqual(['plan.json'])
    const merged: unknown = JSON.parse(await readFile(files[0]?.localPath ?? '', 'utf8'))
    expect(merged).toMatchObject({ units: { vpc: {}, '.': {} } })
  })

  it('says which unit left no plan', async () => {
    const workload = workloadOf([['data/unit-plans/vpc/plan.json', '{"format_ver']])
    await expect(collectResults(workload, [json], join(directory, 'one'))).rejects.toThrow(
      'Cannot read the plan of the unit "vpc"',
    )
  })
})

async function namesOf(archive: string): Promise<readonly string[]> {
  const tar = extract()
  tar.end(gunzipSync(await readFile(archive)))
  const names: string[] = []
  for await (const entry of tar) {
    names.push(entry.header.name)
    entry.resume()
  }
  return names
}
