import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { generateKey } from 'openpgp'
import { beforeAll, describe, expect, it } from 'vitest'

import { makeCaches } from '../../src/agent/make-caches.ts'
import { ConfigurationError } from '../../src/errors/index.ts'
import { resolveAgentOptions } from '../../src/options/index.ts'
import { systemClock } from '../../src/runtime/index.ts'
import { FakeExecutor } from '../../src/testing/index.ts'

let directory: string
let armored: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'make-caches-'))
  const { publicKey } = await generateKey({ userIDs: [{ name: 'releases' }] })
  armored = publicKey
})

function make(key: string) {
  const options = resolveAgentOptions({
    token: 'a.b.c',
    executor: new FakeExecutor({ program: () => () => 0 }),
    dataDir: directory,
    binaryCache: { signingKeys: { opentofu: key } },
  })
  return makeCaches(options, systemClock)
}

describe('the caches of an agent', () => {
  it('take a signing key as text, as base64 of it, or as a file, and touch nothing', async () => {
    await writeFile(join(directory, 'key.asc'), armored)
    for (const key of [
      armored,
      Buffer.from(armored).toString('base64'),
      join(directory, 'key.asc'),
    ]) {
      await make(key).close()
    }
    expect(await readdir(directory)).toEqual(['key.asc'])
  })

  it.each([
    ['/nowhere/key.asc', 'the file /nowhere/key.asc, which cannot be read'],
    ['/etc/hostname', "the file /etc/hostname, which holds no '-----BEGIN PGP"],
    ['x'.repeat(5_000), 'neither armored, nor base64 of that, nor a path'],
  ])('refuse %.20s in one line', (key, why) => {
    expect(() => make(key)).toThrow(ConfigurationError)
    expect(() => make(key)).toThrow(why)
  })
})
