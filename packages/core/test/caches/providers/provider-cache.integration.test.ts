import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ownPlatform } from '../../../src/caches/own-platform.ts'
import { ProviderCache, type ProviderCacheOptions } from '../../../src/caches/providers/index.ts'
import { silentLogger, systemClock } from '../../../src/runtime/index.ts'
import { sendJson, startServer, type TestServer } from '../../http/support/test-server.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { host, lockFileOf, names, zips } from './support/fake-providers.ts'
import { fakeZip } from './support/provider-zip.ts'

describe('ProviderCache', () => {
  let directory: string
  let mirror: TestServer
  let downloads: string[]
  let beforeArchive: (name: string) => Promise<void>
  const caches: ProviderCache[] = []

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'scalr-agent-provider-cache-'))
    downloads = []
    beforeArchive = () => Promise.resolve()
    mirror = await startServer(async ({ url }, response) => {
      const [, , , name = '', file = ''] = url.split('/')
      const zip = zips.get(name)
      if (zip === undefined) sendJson(response, 404, {})
      else if (file === 'archive.zip') {
        downloads.push(name)
        await beforeArchive(name)
        response.end(zip.bytes)
      } else sendJson(response, 200, { archives: { [ownPlatform()]: { url: 'archive.zip' } } })
    })
  })
  afterEach(async () => {
    for (const cache of caches.splice(0)) await cache.close()
    await mirror[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  function open(options: Partial<ProviderCacheOptions> = {}): ProviderCache {
    const cache = new ProviderCache({
      directory: join(directory, 'providers'),
      owner: 'owner',
      clock: systemClock,
      logger: silentLogger,
      ...options,
      settings: { networkMirrors: [{ url: mirror.url }], registryHosts: [], ...options.settings },
    })
    caches.push(cache)
    return cache
  }
  const job = (jobId: string, lockFile: string | undefined, canMount = true) => ({
    jobId,
    lockFile,
    canMount,
  })

  it('downloads no more at once than it may, over all jobs', async () => {
    let now = 0
    let most = 0
    const release = Promise.withResolvers<void>()
    beforeArchive = async () => {
      now += 1
      most = Math.max(most, now)
      if (now === 2) release.resolve()
      await release.promise
      now -= 1
    }
    const cache = open({ settings: { concurrency: 2 } })
    const ends = await Promise.all([
      cache.prepare(job('job-1', lockFileOf(['a', 'b', 'c', 'd'])), {}),
      cache.prepare(job('job-2', lockFileOf(['c', 'd', 'e', 'f'])), {}),
    ])
    expect(ends.map(({ notes }) => notes.at(-1))).toEqual([
      '4 plugins locked (4 used from cache)',
      '4 plugins locked (4 used from cache)',
    ])
    expect(most).toBe(2)
    expect(downloads.toSorted()).toEqual([...names])
  })

  it('lets a job go on when its patience ends, and the download for the next one', async () => {
    const clock = new ManualClock()
    const asked = Promise.withResolvers<void>()
    const letGo = Promise.withResolvers<void>()
    beforeArchive = () => {
      asked.resolve()
      return letGo.promise
    }
    const cache = open({ clock, prepareTimeoutMs: 60_000 })
    const preparing = cache.prepare(job('job-1', lockFileOf(['a'])), {})
    await asked.promise
    await clock.advance(60_000)
    const prepared = await preparing
    expect(prepared.notes).toEqual([
      `${host}/test/a is still being cached, so it is not taken from there.`,
      '1 plugin locked (0 used from cache, 1 not in the cache)',
    ])
    const next = cache.prepare(job('job-2', lockFileOf(['a'])), {})
    letGo.resolve()
    expect((await next).notes.at(-1)).toBe('1 plugin locked (1 used from cache)')
    expect(downloads).toEqual(['a'])
  })

  it('ends with the job that was canceled, and goes on for the other one', async () => {
    const asked = Promise.withResolvers<void>()
    const letGo = Promise.withResolvers<void>()
    beforeArchive = () => {
      asked.resolve()
      return letGo.promise
    }
    const cache = open()
    const canceling = new AbortController()
    const canceled = cache.prepare(job('job-1', lockFileOf(['a'])), { signal: canceling.signal })
    const other = cache.prepare(job('job-2', lockFileOf(['a'])), {})
    await asked.promise
    canceling.abort(new Error('canceled'))
    await expect(canceled).rejects.toThrow('canceled')
    letGo.resolve()
    expect((await other).notes.at(-1)).toBe('1 plugin locked (1 used from cache)')
  })

  it('says in one line that a lock file cannot be read, and uses the mirrors', async () => {
    const prepared = await open().prepare(job('job-1', 'provider "x" {'), {})
    expect(prepared.notes).toEqual([
      'The provider cache is not used: the dependency lock file is not as `init` writes it, line 1: the address is not of the form host/namespace/type.',
    ])
    expect(prepared.mounts).toEqual([])
    expect(prepared.cliConfig).toContain('network_mirror')
  })

  it('does nothing without a lock file, without mounts and without the cache', async () => {
    for (const prepared of [
      await open().prepare(job('job-1', undefined), {}),
      await open().prepare(job('job-2', lockFileOf(['a']), false), {}),
      await open({ settings: { enabled: false } }).prepare(job('job-3', lockFileOf(['a'])), {}),
    ]) {
      expect(prepared).toMatchObject({ mounts: [], notes: [], secretEnv: {} })
      expect(prepared.cliConfig).toContain('network_mirror')
    }
    const bare = open({ settings: { enabled: false, networkMirrors: [] } })
    expect((await bare.prepare(job('job-4', lockFileOf(['a'])), {})).cliConfig).toBeUndefined()
    expect(downloads).toEqual([])
  })

  it('calls no host that a lock file makes up', async () => {
    const cache = open({ settings: { networkMirrors: [] } })
    const other = lockFileOf(['a']).replace(host, `localhost:${mirror.port}`)
    const prepared = await cache.prepare(job('job-1', other), {})
    expect(prepared.notes).toEqual(['1 plugin locked (0 used from cache, 1 not in the cache)'])
    expect(mirror.received).toEqual([])
  })

  it('keeps two archives of one version apart', async () => {
    const cache = open()
    await cache.prepare(job('job-1', lockFileOf(['a'])), {})
    const first = zips.get('a')
    if (first === undefined) throw new Error('missing')
    zips.set('a', fakeZip({ 'terraform-provider-a_v1.0.0': 'another build' }))
    try {
      const second = await cache.prepare(job('job-2', lockFileOf(['a'])), {})
      expect(second.notes.at(-1)).toBe('1 plugin locked (1 used from cache)')
    } finally {
      zips.set('a', first)
    }
    const again = await cache.prepare(job('job-3', lockFileOf(['a'])), {})
    expect(again.notes).toEqual(['1 plugin locked (1 used from cache)'])
    expect(downloads).toEqual(['a', 'a'])
  })

  it('removes what no job used for too long, and the least recently used above the limit', async () => {
    const clock = new ManualClock()
    const cache = open({ clock, settings: { maxAgeDays: 10 } })
    await cache.prepare(job('job-1', lockFileOf(['a'])), {})
    await cache.release('job-1')
    await clock.advance(9 * 24 * 3600 * 1000)
    await cache.prepare(job('job-2', lockFileOf(['b'])), {})
    await clock.advance(2 * 24 * 3600 * 1000)
    await cache.release('job-2')
    await expect.poll(() => stored()).toEqual(['b'])
    await cache.prepare(job('job-3', lockFileOf(['c'])), {})
    await cache.release('job-3')
    const small = open({ clock, settings: { sizeLimitBytes: 1 } })
    await clock.advance(1000)
    await small.prepare(job('job-4', lockFileOf(['c'])), {})
    await small.recover(['job-4'])
    await expect.poll(() => stored()).toEqual(['c'])
  })

  it('throws away an entry whose record is missing or whose content has more than was verified', async () => {
    const cache = open()
    await cache.prepare(job('job-1', lockFileOf(['a', 'b'])), {})
    const [a = '', b = ''] = await entries()
    await rm(join(a, 'manifest.json'))
    await mkdir(join(b, 'package/extra'))
    await writeFile(join(b, 'package/extra/evil'), 'x')
    const again = await cache.prepare(job('job-2', lockFileOf(['a', 'b'])), {})
    expect(again.notes.at(-1)).toBe('2 plugins locked (2 used from cache)')
    expect(downloads.toSorted()).toEqual(['a', 'a', 'b', 'b'])
    expect(await readdir(join(b, 'package'))).toEqual(['terraform-provider-b_v1.0.0'])
  })

  it('is read-only, and finds out who changes content and record on purpose', async () => {
    const cache = open()
    await cache.prepare(job('job-1', lockFileOf(['a'])), {})
    const [entry = ''] = await entries()
    const program = join(entry, 'package/terraform-provider-a_v1.0.0')
    for (const path of [program, join(entry, 'manifest.json')]) {
      expect([path, (await stat(path)).mode & 0o222]).toEqual([path, 0])
    }
    const before = await stat(program)
    await chmod(program, 0o755)
    await writeFile(program, 'x')
    await utimes(program, before.atime, before.mtime)
    await chmod(program, before.mode)
    // Another agent has never read it; this one has.
    for (const [count, agent] of [open({ owner: 'other' }), cache].entries()) {
      const again = await agent.prepare(job(`job-${count + 2}`, lockFileOf(['a'])), {})
      expect(again.notes.at(-1)).toBe('1 plugin locked (1 used from cache)')
      expect(await readFile(program, 'utf8')).toBe('a')
    }
    expect(downloads).toEqual(['a', 'a'])
  })

  it('can be read by workloads of another user, whatever the umask of the agent', async () => {
    const before = process.umask(0o077)
    try {
      await open().prepare(job('job-1', lockFileOf(['a'])), {})
    } finally {
      process.umask(before)
    }
    const root = join(directory, 'providers')
    const seen = [
      '',
      'store',
      ...(await readdir(join(root, 'store'), { recursive: true })).map((path) => `store/${path}`),
    ]
    const views = (await readdir(join(root, 'jobs'), { recursive: true })).map(
      (path) => `jobs/${path}`,
    )
    for (const path of [...seen, 'jobs', ...views]) {
      if (path.endsWith('manifest.json')) continue
      const { mode } = await stat(join(root, path))
      expect([path, (mode & 0o555).toString(8)]).toEqual([path, '555'])
    }
  })

  async function entries(): Promise<readonly string[]> {
    const root = join(directory, 'providers/store')
    const paths = await readdir(root, { recursive: true }).catch(() => [])
    return paths
      .filter((path) => path.split('/').length === 6)
      .map((path) => join(root, path))
      .toSorted()
  }

  async function stored(): Promise<readonly string[]> {
    return (await entries()).map((path) => path.split('/').at(-4) ?? '')
  }
})
