import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { LogSpool } from '../../src/logs/index.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const bytes = (text: string) => Buffer.from(text)

async function read(spool: LogSpool, offset: number, max = 1000): Promise<string> {
  return Buffer.from(await spool.readAt(offset, max)).toString()
}

describe('LogSpool', () => {
  it('gives back what was appended, from any offset and over segments', async () => {
    await using directory = await temporaryDirectory()
    await using spool = await LogSpool.open({ directory: directory.path, segmentBytes: 4 })
    expect(await spool.append(bytes('abcdefghij'))).toBe(10)
    expect(await read(spool, 0)).toBe('')
    spool.publish(9)
    expect(await read(spool, 0)).toBe('abcdefghi')
    expect(await read(spool, 3, 3)).toBe('def')
    expect(await read(spool, 9)).toBe('')
    expect(await readdir(directory.path)).toHaveLength(3)
  })

  it('keeps its files from other users', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'spool')
    await using spool = await LogSpool.open({ directory: path })
    await spool.append(bytes('x'))
    const [name = ''] = await readdir(path)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    expect((await stat(join(path, name))).mode & 0o777).toBe(0o600)
  })

  it('deletes whole segments that were acknowledged, but never the last', async () => {
    await using directory = await temporaryDirectory()
    await using spool = await LogSpool.open({ directory: directory.path, segmentBytes: 4 })
    await spool.append(bytes('abcdefghij'))
    spool.publish(10)
    await spool.acknowledge(7)
    expect(spool.start).toBe(4)
    await expect(spool.readAt(3, 1)).rejects.toThrow(/acknowledged/u)
    expect(await read(spool, 7)).toBe('hij')
    await spool.acknowledge(10)
    expect(await readdir(directory.path)).toEqual(['0000000000000008.log'])
  })

  it('opens again with everything, unpublished', async () => {
    await using directory = await temporaryDirectory()
    await using first = await LogSpool.open({ directory: directory.path, segmentBytes: 4 })
    await first.append(bytes('abcdefghij'))
    await first.acknowledge(5)
    await using second = await LogSpool.open({ directory: directory.path, segmentBytes: 4 })
    expect([second.start, second.end, second.published]).toEqual([4, 10, 4])
    second.publish(10)
    expect(await read(second, 4)).toBe('efghij')
  })

  it('trusts nothing behind a hole', async () => {
    await using directory = await temporaryDirectory()
    await writeFile(join(directory.path, '0000000000000000.log'), 'abc')
    await writeFile(join(directory.path, '0000000000000004.log'), 'efgh')
    await writeFile(join(directory.path, 'stranger.txt'), '')
    await using spool = await LogSpool.open({ directory: directory.path })
    expect(spool.end).toBe(3)
    expect((await readdir(directory.path)).toSorted()).toEqual([
      '0000000000000000.log',
      'stranger.txt',
    ])
  })

  it('takes no more than its quota, and more again once some is acknowledged', async () => {
    await using directory = await temporaryDirectory()
    const options = { directory: directory.path, segmentBytes: 4, quotaBytes: 8 }
    await using spool = await LogSpool.open(options)
    expect(await spool.append(bytes('abcdefghij'))).toBe(8)
    expect(await spool.append(bytes('x'))).toBe(0)
    expect(await spool.append(bytes('gap'), { beyondQuota: true })).toBe(3)
    await spool.acknowledge(8)
    expect(spool.room).toBe(5)
    expect(await spool.append(bytes('klmnopq'))).toBe(5)
  })

  it('I10: takes again what was there before it was cut back, whatever the quota', async () => {
    await using directory = await temporaryDirectory()
    const options = { directory: directory.path, segmentBytes: 4, quotaBytes: 8 }
    await using first = await LogSpool.open(options)
    await first.append(bytes('abcdefgh'))
    await first.acknowledge(3)
    expect(await first.append(bytes('ijk'))).toBe(3)
    // The new process does not know yet what was acknowledged.
    await using second = await LogSpool.open(options)
    await second.truncateTo(2)
    expect(await second.append(bytes('cdefghijkl'))).toBe(9)
    second.publish(11)
    expect(await read(second, 0)).toBe('abcdefghijk')
  })

  it('I10: survives being cut back before what it still has', async () => {
    await using directory = await temporaryDirectory()
    const options = { directory: directory.path, segmentBytes: 4 }
    await using first = await LogSpool.open(options)
    await first.append(bytes('abcdefghij'))
    await first.acknowledge(9)
    await using second = await LogSpool.open(options)
    expect(second.start).toBe(8)
    await second.truncateTo(2)
    // Another crash right here must not lose the place.
    await using third = await LogSpool.open(options)
    expect([third.start, third.end]).toEqual([2, 2])
    // What the server has is counted, not stored.
    await second.append(bytes('cdef'))
    expect([second.start, second.end]).toEqual([6, 6])
    await second.append(bytes('ghijkl'))
    second.publish(12)
    expect(await read(second, 8)).toBe('ijkl')
    await using fourth = await LogSpool.open(options)
    expect([fourth.start, fourth.end]).toEqual([8, 12])
  })

  it('skips what the server is known to have', async () => {
    await using directory = await temporaryDirectory()
    await using spool = await LogSpool.open({ directory: directory.path })
    await spool.append(bytes('abc'))
    await spool.acknowledge(6)
    await spool.append(bytes('de'))
    await spool.append(bytes('fgh'))
    expect([spool.start, spool.end]).toEqual([6, 8])
    spool.publish(8)
    expect(await read(spool, 6)).toBe('gh')
    expect(await readdir(directory.path)).toEqual(['0000000000000006.log'])
  })

  it.runIf(process.platform === 'linux')('survives a full disk', async () => {
    await using directory = await temporaryDirectory()
    await symlink('/dev/full', join(directory.path, '0000000000000000.log'))
    await using spool = await LogSpool.open({ directory: directory.path })
    expect(await spool.append(bytes('abc'))).toBe(0)
    expect(spool.diskFull).toBe(true)
    expect(spool.end).toBe(0)
  })

  it('wakes those who wait for bytes, and for the end', async () => {
    await using directory = await temporaryDirectory()
    await using spool = await LogSpool.open({ directory: directory.path })
    const abort = new AbortController()
    const aborted = spool.reached(1, { signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    const reached = spool.reached(3)
    const ended = spool.reached(100)
    await spool.append(bytes('abc'))
    spool.publish(3)
    await reached
    spool.seal()
    await ended
    await expect(spool.append(bytes('d'))).rejects.toThrow(/complete/u)
  })

  it('says what is wrong with its directory', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'file')
    await writeFile(path, '')
    await expect(LogSpool.open({ directory: path })).rejects.toMatchObject({
      name: 'ConfigurationError',
      code: 'DATA_DIR_UNUSABLE',
      message: expect.stringContaining(path) as string,
    })
    await rm(path)
    await mkdir(path)
    await using spool = await LogSpool.open({ directory: path })
    await rm(path, { recursive: true })
    await expect(spool.append(bytes('x'))).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' })
    expect(() => spool.publish(1)).toThrow(/publish/u)
    await expect(spool.truncateTo(1)).rejects.toThrow(/cut/u)
  })
})
