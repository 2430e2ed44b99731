import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { BinaryStore, type BinaryKey } from '../../../src/caches/binaries/binary-store.ts'
import { systemClock } from '../../../src/runtime/index.ts'
import { temporaryCacheDir } from './support/cache-fixture.ts'
import { sha256 } from './support/release-files.ts'

const key: BinaryKey = { tool: 'opa', version: '1.2.3', platform: 'linux_amd64' }
const program = Buffer.from('#!/bin/sh\n')
const record = { sha256: sha256(program), bytes: program.length, source: 'https://example.com/opa' }

async function stage(cacheDir: string, name: string, content: Buffer): Promise<string> {
  const staged = join(cacheDir, 'staging', name)
  await mkdir(staged, { recursive: true })
  await writeFile(join(staged, 'opa'), content, { mode: 0o755 })
  return staged
}

it('agents of several machines, which no lock joins, may bring the same entry at once', async () => {
  const cacheDir = await temporaryCacheDir()
  const stores = Array.from(
    { length: 8 },
    () => new BinaryStore({ directory: join(cacheDir, 'binaries'), clock: systemClock }),
  )
  await Promise.all(
    stores.map(async (store, index) =>
      store.install(key, await stage(cacheDir, String(index), program), record),
    ),
  )
  for (const store of stores) expect(await store.look(key)).toBe('good')
  expect(await readFile(join(cacheDir, 'binaries/opa/1.2.3/linux_amd64/opa'))).toEqual(program)
})

it('an entry that is damaged gives way to a whole one', async () => {
  const cacheDir = await temporaryCacheDir()
  const store = new BinaryStore({ directory: join(cacheDir, 'binaries'), clock: systemClock })
  await store.install(key, await stage(cacheDir, 'first', program), record)
  const path = join(cacheDir, 'binaries/opa/1.2.3/linux_amd64/opa')
  await writeFile(path, 'half')
  expect(await store.look(key)).toBe('damaged')
  await store.install(key, await stage(cacheDir, 'second', program), record)
  expect(await store.look(key)).toBe('good')
})

it.each(['not json', '{}', 'null', '{"sha256":1}'])(
  'an entry whose record says %j is damaged, not trusted',
  async (text) => {
    const cacheDir = await temporaryCacheDir()
    const store = new BinaryStore({ directory: join(cacheDir, 'binaries'), clock: systemClock })
    await store.install(key, await stage(cacheDir, 'first', program), record)
    await writeFile(join(cacheDir, 'binaries/opa/1.2.3/linux_amd64/entry.json'), text)
    expect(await store.look(key)).toBe('damaged')
  },
)
