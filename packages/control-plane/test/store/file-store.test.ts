import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'

import { describe, expect, it } from 'vitest'

import { dataFiles, FileStore } from '../../src/store/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const log = dataFiles.log('plan-1')
const state = dataFiles.state('sv-1')

describe('FileStore', () => {
  it('writes for its own user alone', async () => {
    await using directory = await temporaryDirectory()
    const files = new FileStore(directory.path)
    await files.write(state, '{}')
    expect((await stat(files.path(state))).mode & 0o777).toBe(0o600)
    expect((await stat(join(directory.path, 'states'))).mode & 0o777).toBe(0o700)
  })

  it('tells size and digest of what it wrote', async () => {
    await using directory = await temporaryDirectory()
    const files = new FileStore(directory.path)
    const expected = { bytes: 3, digest: 'sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:' }
    expect(await files.write(state, 'abc')).toEqual(expected)
    expect(await files.digest(state)).toEqual(expected)
  })

  it('keeps the old content, and no leftover, when a stream breaks', async () => {
    await using directory = await temporaryDirectory()
    const files = new FileStore(directory.path)
    await files.write(state, 'old')
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('new')
        throw new Error('connection lost')
      })(),
    )
    await expect(files.writeStream(state, broken, { maxBytes: 100 })).rejects.toThrow(
      'connection lost',
    )
    expect(String(await files.readAll(state, { maxBytes: 100 }))).toBe('old')
    expect(await readdir(join(directory.path, 'states'))).toEqual(['sv-1.tfstate'])
  })

  it('refuses a stream that is too large while it arrives', async () => {
    await using directory = await temporaryDirectory()
    const files = new FileStore(directory.path)
    let taken = 0
    const endless = Readable.from(
      (async function* () {
        for (;;) {
          taken += 1
          yield Buffer.alloc(1000)
        }
      })(),
    )
    await expect(files.writeStream(state, endless, { maxBytes: 5000 })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    })
    expect(taken).toBeLessThan(50)
    expect(await files.size(state)).toBeUndefined()
  })

  it('I10: refuses content that is not what was declared', async () => {
    await using directory = await temporaryDirectory()
    const files = new FileStore(directory.path)
    const write = (expected: { bytes?: number; digest?: string }): Promise<unknown> =>
      files.writeStream(state, [Buffer.from('abc')], { maxBytes: 100, expected })
    await expect(write({ bytes: 4 })).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    await expect(
      write({ digest: 'sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:' }),
    ).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(await files.size(state)).toBeUndefined()
  })

  it('appends only where the file ends', async () => {
    await using directory = await temporaryDirectory()
    const files = new FileStore(directory.path)
    expect(await files.append(log, 0, Buffer.from('abc'))).toEqual({ appended: true, offset: 3 })
    expect(await files.append(log, 0, Buffer.from('abc'))).toEqual({ appended: false, offset: 3 })
    expect(await files.append(log, 5, Buffer.from('x'))).toEqual({ appended: false, offset: 3 })
    expect(await files.append(log, 3, Buffer.from('de'))).toEqual({ appended: true, offset: 5 })
    expect(String(await files.readAll(log, { maxBytes: 100 }))).toBe('abcde')
  })

  it('takes one of many appends at the same offset', async () => {
    await using directory = await temporaryDirectory()
    const files = new FileStore(directory.path)
    const results = await Promise.all(
      Array.from({ length: 20 }, () => files.append(log, 0, Buffer.from('abc'))),
    )
    expect(results.filter(({ appended }) => appended)).toHaveLength(1)
    expect(await files.size(log)).toBe(3)
  })

  it('reads a part', async () => {
    await using directory = await temporaryDirectory()
    const files = new FileStore(directory.path)
    await files.write(log, '0123456789')
    const chunks: Buffer[] = []
    for await (const chunk of files.read(log, { start: 2, end: 5 })) chunks.push(chunk)
    expect(String(Buffer.concat(chunks))).toBe('234')
  })

  it('removes on start what a dead process left half-written', async () => {
    await using directory = await temporaryDirectory()
    const files = new FileStore(directory.path)
    await files.write(state, 'kept')
    await writeFile(`${files.path(state)}.1234.tmp`, 'half')
    const again = new FileStore(directory.path)
    expect(await again.size(state)).toBe(4)
    expect(await readdir(join(directory.path, 'states'))).toEqual(['sv-1.tfstate'])
  })

  it.each(['../x', 'a/b', '', '.hidden', 'x\0y', 'a'.repeat(200)])(
    'refuses %j as the name of a file',
    (name) => {
      expect(() => dataFiles.jobFile('plan-1', name)).toThrow(TypeError)
      expect(() => dataFiles.jobFile(name, 'x')).toThrow(TypeError)
    },
  )
})
