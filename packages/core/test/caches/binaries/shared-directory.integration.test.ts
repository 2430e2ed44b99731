import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { BinaryStore, type BinaryKey } from '../../../src/caches/binaries/binary-store.ts'
import { Staging } from '../../../src/caches/staging.ts'
import { systemClock } from '../../../src/runtime/index.ts'
import { temporaryCacheDir } from './support/cache-fixture.ts'
import { sha256 } from './support/release-files.ts'

const key: BinaryKey = { tool: 'opa', version: '1.2.3', platform: 'linux_amd64' }
const program = Buffer.from('#!/bin/sh\n')
const record = { sha256: sha256(program), bytes: program.length, source: 'https://example.com/opa' }

function storeIn(cacheDir: string): BinaryStore {
  const clock = systemClock
  const staging = new Staging({ directory: join(cacheDir, 'staging'), owner: 'a', clock })
  return new BinaryStore({ directory: join(cacheDir, 'binaries'), staging, clock })
}

/** As a job does that runs under the agent's own user. */
async function tamper(path: string, content: string): Promise<void> {
  const { mode } = await stat(path)
  await chmod(path, 0o755)
  await writeFile(path, content)
  await chmod(path, mode)
}

async function stage(cacheDir: string, name: string, content: Buffer): Promise<string> {
  const staged = join(cacheDir, 'staging', name)
  await mkdir(staged, { recursive: true })
  await writeFile(join(staged, 'opa'), content, { mode: 0o755 })
  return staged
}

it('agents of several machines, which no lock joins, may bring the same entry at once', async () => {
  const cacheDir = await temporaryCacheDir()
  const stores = Array.from({ length: 8 }, () => storeIn(cacheDir))
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
  const store = storeIn(cacheDir)
  await store.install(key, await stage(cacheDir, 'first', program), record)
  const path = join(cacheDir, 'binaries/opa/1.2.3/linux_amd64/opa')
  await tamper(path, 'half')
  expect(await store.look(key)).toBe('damaged')
  await store.install(key, await stage(cacheDir, 'second', program), record)
  expect(await store.look(key)).toBe('good')
})

it.each(['not json', '{}', 'null', '{"sha256":1}'])(
  'an entry whose record says %j is damaged, not trusted',
  async (text) => {
    const cacheDir = await temporaryCacheDir()
    const store = storeIn(cacheDir)
    await store.install(key, await stage(cacheDir, 'first', program), record)
    await tamper(join(cacheDir, 'binaries/opa/1.2.3/linux_amd64/entry.json'), text)
    expect(await store.look(key)).toBe('damaged')
  },
)

it('nobody writes into an entry by mistake, and who does so on purpose is found out', async () => {
  const cacheDir = await temporaryCacheDir()
  const store = storeIn(cacheDir)
  await store.install(key, await stage(cacheDir, 'first', program), record)
  expect(await store.look(key)).toBe('good')
  const entry = join(cacheDir, 'binaries/opa/1.2.3/linux_amd64')
  expect((await stat(join(entry, 'entry.json'))).mode & 0o222).toBe(0)
  const evil = '#!/bin/ba\n'
  await tamper(join(entry, 'opa'), evil)
  const forged = { ...record, sha256: sha256(Buffer.from(evil)) }
  await tamper(join(entry, 'entry.json'), JSON.stringify(forged))
  expect(await store.look(key)).toBe('damaged')
  await store.install(key, await stage(cacheDir, 'second', program), record)
  expect(await store.look(key)).toBe('good')
})
