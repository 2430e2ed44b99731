import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import {
  asking,
  cacheFailure,
  cacheFixture,
  closing,
  filesBelow,
  temporaryCacheDir,
} from './support/cache-fixture.ts'
import { releaseFiles } from './support/release-files.ts'
import { startMirror, type ReleaseMirror } from './support/release-mirror.ts'

/** A small file system of its own. */
async function mounted(options: string): Promise<string> {
  const path = join(await temporaryCacheDir(), 'mount')
  await mkdir(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path])
  closing({
    [Symbol.asyncDispose]: async () => {
      execFileSync('umount', ['-l', path])
    },
  })
  return path
}

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function mirrorOf(program?: Buffer): Promise<ReleaseMirror> {
  const files = [...releaseFiles('opa', '1.0.0'), ...releaseFiles('opa', '1.2.3', program)]
  return closing(await startMirror(new Map(files)))
}

describe.skipIf(!canMount())('on a file system of its own (needs root to mount one)', () => {
  it('a full disk is said in clear words, and what is in the cache stays', async () => {
    const cacheDir = await mounted('size=1m,mode=755')
    const mirror = await mirrorOf(randomBytes(3_000_000))
    const { cache } = await cacheFixture({ cacheDir, baseUrl: mirror.url })
    await cache.prepare(asking('opa', '1.0.0', 'job-1'), {})
    const error = await cacheFailure(cache.prepare(asking('opa', '1.2.3', 'job-2'), {}))
    expect(error.code).toBe('CACHE_UNUSABLE')
    expect(error.message).toMatch(
      /^Cannot keep opa 1\.2\.3 in \S+: the disk is full \(ENOSPC\)\. Free some space, lower the size limits of the caches, or put the cache directory on a larger disk\.$/u,
    )
    expect(await filesBelow(join(cacheDir, 'staging'))).toEqual([])
    const again = await cache.prepare(asking('opa', '1.0.0', 'job-3'), {})
    expect(again.notes).toEqual([])
    expect(again.tools.opa).toMatchObject({ kind: 'cache' })
  })

  it('what no job uses gives way on a full disk, once, and the download goes on', async () => {
    const cacheDir = await mounted('size=4m,mode=755')
    const old = randomBytes(2_000_000)
    const mirror = closing(
      await startMirror(
        new Map([
          ...releaseFiles('opa', '1.0.0', old),
          ...releaseFiles('opa', '1.1.0', Buffer.from('x')),
          ...releaseFiles('opa', '1.2.3', randomBytes(1_500_000)),
        ]),
      ),
    )
    const { cache, clock } = await cacheFixture({ cacheDir, baseUrl: mirror.url })
    await cache.prepare(asking('opa', '1.0.0', 'job-1'), {})
    await cache.prepare(asking('opa', '1.1.0', 'job-2'), {})
    await cache.release('job-1')
    clock.advance(1000)
    const prepared = await cache.prepare(asking('opa', '1.2.3', 'job-3'), {})
    expect(prepared.tools.opa).toMatchObject({ kind: 'cache', version: '1.2.3' })
    expect(await filesBelow(join(cacheDir, 'binaries'))).toEqual([
      'opa/1.1.0/linux_amd64/entry.json',
      'opa/1.1.0/linux_amd64/opa',
      'opa/1.2.3/linux_amd64/entry.json',
      'opa/1.2.3/linux_amd64/opa',
    ])
  })

  it('a cache that is mounted noexec is said to be, before a job falls over it', async () => {
    const cacheDir = await mounted('noexec,mode=755')
    const mirror = await mirrorOf()
    const { cache } = await cacheFixture({ cacheDir, baseUrl: mirror.url })
    const error = await cacheFailure(cache.prepare(asking('opa', '1.0.0'), {}))
    expect(error.code).toBe('CACHE_UNUSABLE')
    expect(error.message).toMatch(/mounted noexec\. Mount it without noexec, or choose another/u)
  })

  it('a cache that is mounted read-only is said to be', async () => {
    const cacheDir = await mounted('mode=755')
    const mirror = await mirrorOf()
    const { cache } = await cacheFixture({ cacheDir, baseUrl: mirror.url })
    await cache.prepare(asking('opa', '1.0.0'), {})
    execFileSync('mount', ['-o', 'remount,ro', cacheDir])
    const error = await cacheFailure(cache.prepare(asking('opa', '1.2.3', 'job-2'), {}))
    expect(error.code).toBe('CACHE_UNUSABLE')
    expect(error.message).toMatch(
      /it is mounted read-only \(EROFS\)\. Choose another cache directory\./u,
    )
  })
})

it('a cache directory that is a file is said in clear words', async () => {
  const cacheDir = join(await temporaryCacheDir(), 'file')
  await writeFile(cacheDir, '')
  const mirror = await mirrorOf()
  const { cache } = await cacheFixture({ cacheDir, baseUrl: mirror.url })
  const error = await cacheFailure(cache.prepare(asking('opa', '1.0.0'), {}))
  expect(error.code).toBe('CACHE_UNUSABLE')
  expect(error.message).toMatch(/^Cannot keep opa 1\.0\.0 in \S+file: /u)
})
