import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { Staging } from '../../src/caches/staging.ts'
import { systemClock } from '../../src/runtime/index.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scalr-agent-staging-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

function stagingOf(owner: string): Staging {
  return new Staging({ directory, owner, clock: systemClock })
}

it('is gone with the work, also when that fails', async () => {
  const staging = stagingOf('a')
  await staging.use((path) => writeFile(join(path, 'file'), ''))
  const failing = staging.use(() => Promise.reject(new Error('no luck')))
  await expect(failing).rejects.toThrow('no luck')
  expect(await readdir(directory)).toEqual([])
})

it('cleans what an earlier life has left, and neither what is in use nor what others do', async () => {
  await mkdir(join(directory, 'a.0123'))
  await mkdir(join(directory, 'b.0123'))
  await mkdir(join(directory, 'b.4567'))
  const longAgo = new Date(Date.now() - 25 * 3600 * 1000)
  await utimes(join(directory, 'b.4567'), longAgo, longAgo)
  const staging = stagingOf('a')
  await staging.use(async (path) => {
    await staging.clean()
    const left = await readdir(directory)
    expect(left).toHaveLength(2)
    expect(left).toContain('b.0123')
    expect(left.some((name) => path.endsWith(name))).toBe(true)
  })
})
