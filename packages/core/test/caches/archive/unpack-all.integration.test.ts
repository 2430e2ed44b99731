import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { unpackAll, type UnpackLimits } from '../../../src/caches/archive/unpack-all.ts'
import { h1Of, h1OfDirectory } from '../../../src/caches/providers/package-hash.ts'
import { fakeZip } from '../providers/support/provider-zip.ts'

const refused = { name: 'CacheError', code: 'CORRUPT', item: 'test/x 1.0.0' }

describe('unpackAll', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'scalr-agent-unpack-'))
    await mkdir(join(directory, 'out'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  async function unpack(bytes: Uint8Array, limits?: UnpackLimits) {
    await writeFile(join(directory, 'package.zip'), bytes)
    return unpackAll({
      archive: join(directory, 'package.zip'),
      directory: join(directory, 'out'),
      item: 'test/x 1.0.0',
      source: 'the network mirror x',
      limits,
    })
  }

  it('lays out files with their modes, and hashes them as they were written', async () => {
    const zip = fakeZip({ 'terraform-provider-x_v1': '#!/bin/sh\n', 'docs/a.md': 'text' })
    const files = await unpack(zip.bytes)
    expect(h1Of(files)).toBe(zip.h1)
    expect(await h1OfDirectory(join(directory, 'out'))).toBe(zip.h1)
    expect(await readFile(join(directory, 'out/docs/a.md'), 'utf8')).toBe('text')
    const { mode } = await stat(join(directory, 'out/terraform-provider-x_v1'))
    expect(mode & 0o777).toBe(0o555)
  })

  it('leaves files read-only that are no programs', async () => {
    await unpack(fakeZip({ 'docs/a.md': 'text' }, { mode: 0o100664 }).bytes)
    expect((await stat(join(directory, 'out/docs/a.md'))).mode & 0o777).toBe(0o444)
  })

  it.each([
    '../evil',
    'a/../../evil',
    '/evil',
    'C:/evil',
    String.raw`a\..\evil`,
    './evil',
    'a//evil',
  ])('refuses the file name %s', async (name) => {
    await expect(unpack(fakeZip({ [name]: 'x' }).bytes)).rejects.toMatchObject(refused)
    expect(await readdir(directory)).toEqual(['out', 'package.zip'])
  })

  it.each([
    ['a link', 0o120777],
    ['a device', 0o060600],
    ['a pipe', 0o010600],
  ])('refuses %s', async (_, mode) => {
    const { bytes } = fakeZip({ file: '/etc/passwd' }, { mode })
    await expect(unpack(bytes)).rejects.toThrow('neither file nor directory')
    expect(await readdir(join(directory, 'out'))).toEqual([])
  })

  it('refuses more files and more bytes than a provider has', async () => {
    const { bytes } = fakeZip({ a: 'x', b: Buffer.alloc(1_000_000) })
    await expect(unpack(bytes, { maxFiles: 1, maxBytes: 1e9 })).rejects.toThrow('more than 1 files')
    await rm(join(directory, 'out'), { recursive: true })
    await mkdir(join(directory, 'out'))
    await expect(unpack(bytes, { maxFiles: 9, maxBytes: 1000 })).rejects.toThrow('more than 1000')
  })

  it('refuses an archive that lies about its sizes', async () => {
    const { bytes } = fakeZip({ a: Buffer.alloc(1_000_000) })
    const lying = Buffer.from(bytes)
    // The uncompressed size in the central directory.
    lying.writeUInt32LE(10, lying.lastIndexOf('PK\u0001\u0002') + 24)
    await expect(unpack(lying)).rejects.toMatchObject(refused)
  })

  it.each([
    ['text', Buffer.from('<html>Not Found</html>')],
    ['an archive that was cut', fakeZip({ a: 'x'.repeat(1000) }).bytes.subarray(0, -30)],
    ['nothing', Buffer.alloc(0)],
    ['an empty archive', fakeZip({}).bytes],
  ])('refuses %s', async (_, bytes) => {
    await expect(unpack(bytes)).rejects.toMatchObject(refused)
  })

  it('refuses a file that is also a directory', async () => {
    await expect(unpack(fakeZip({ a: 'x', 'a/b': 'y' }).bytes)).rejects.toMatchObject(refused)
  })
})
