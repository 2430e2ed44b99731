import { join } from 'node:path'

import { expect, it } from 'vitest'

import { BinaryStore } from '../../../src/caches/binaries/binary-store.ts'
import { CacheLock } from '../../../src/caches/cache-lock.ts'
import { CacheEviction } from '../../../src/caches/eviction/cache-eviction.ts'
import { JobPins } from '../../../src/caches/job-pins.ts'
import { Staging } from '../../../src/caches/staging.ts'
import { silentLogger } from '../../../src/runtime/index.ts'
import {
  asking,
  cacheFixture,
  closing,
  filesBelow,
  type CacheFixture,
  type CacheFixtureOptions,
} from './support/cache-fixture.ts'
import { releaseFiles } from './support/release-files.ts'
import { startMirror } from './support/release-mirror.ts'

const dayMs = 24 * 3600 * 1000
/** Each program has as many bytes. */
const programBytes = 1000

const versions = ['1.0.0', '1.1.0', '1.2.0', '1.3.0']

async function fixture(options: CacheFixtureOptions = {}): Promise<CacheFixture> {
  const files = versions.flatMap((version) => [
    ...releaseFiles('tofu', version, Buffer.alloc(programBytes, version)),
  ])
  const mirror = closing(await startMirror(new Map(files)))
  return cacheFixture({ ...options, baseUrl: mirror.url })
}

async function cached(cacheDir: string): Promise<readonly (string | undefined)[]> {
  const files = await filesBelow(join(cacheDir, 'binaries'))
  return files.filter((path) => path.endsWith('/tofu')).map((path) => path.split('/')[1])
}

it('evicts what was used longest ago, once it is over its size', async () => {
  const { cache, cacheDir, clock } = await fixture({ settings: { sizeLimitBytes: 2500 } })
  for (const version of ['1.0.0', '1.1.0', '1.0.0', '1.2.0']) {
    clock.advance(60_000)
    await cache.prepare(asking('tofu', version), {})
  }
  await cache.release('job-1')
  expect(await cached(cacheDir)).toEqual(['1.0.0', '1.2.0'])
  expect(await filesBelow(join(cacheDir, 'staging'))).toEqual([])
})

it('never evicts what a job uses, also where it does not fit', async () => {
  const { cache, cacheDir, clock } = await fixture({ settings: { sizeLimitBytes: 1 } })
  await cache.prepare(asking('tofu', '1.0.0', 'job-0'), {})
  await cache.prepare(asking('tofu', '1.1.0', 'job-1'), {})
  clock.advance(100 * dayMs)
  await cache.prepare(asking('tofu', '1.2.0', 'job-2'), {})
  await cache.release('job-2')
  expect(await cached(cacheDir)).toEqual(['1.0.0', '1.1.0'])
  await cache.release('job-0')
  expect(await cached(cacheDir)).toEqual(['1.1.0'])
  await cache.release('job-1')
  expect(await cached(cacheDir)).toEqual([])
})

it('evicts what nobody used for too many days, and counts from the last use', async () => {
  const { cache, cacheDir, clock } = await fixture({ settings: { maxAgeDays: 10 } })
  await cache.prepare(asking('tofu', '1.0.0', 'job-0'), {})
  await cache.prepare(asking('tofu', '1.1.0', 'job-0'), {})
  await cache.release('job-0')
  clock.advance(6 * dayMs)
  await cache.prepare(asking('tofu', '1.1.0', 'job-1'), {})
  await cache.release('job-1')
  clock.advance(5 * dayMs)
  await cache.recover([])
  expect(await cached(cacheDir)).toEqual(['1.1.0'])
})

it('pins outlive their agent, until the next one says which jobs are left', async () => {
  const first = await fixture({ settings: { sizeLimitBytes: 1 } })
  const { cacheDir } = first
  await first.cache.prepare(asking('tofu', '1.0.0', 'job-0'), {})
  await first.cache.prepare(asking('tofu', '1.1.0', 'job-1'), {})
  const second = await fixture({ cacheDir, settings: { sizeLimitBytes: 1 } })
  await second.cache.recover(['job-0'])
  expect(await cached(cacheDir)).toEqual(['1.0.0'])
  await second.cache.release('job-0')
  expect(await cached(cacheDir)).toEqual([])
})

it('respects what jobs of another agent use, until that one was not seen for a week', async () => {
  const other = await fixture({ owner: 'agent-b' })
  const { cacheDir } = other
  await other.cache.prepare(asking('tofu', '1.0.0', 'job-b'), {})
  const own = await fixture({ cacheDir, owner: 'agent-a', settings: { sizeLimitBytes: 1 } })
  await own.cache.recover([])
  expect(await cached(cacheDir)).toEqual(['1.0.0'])
  own.clock.advance(8 * dayMs)
  await own.cache.recover([])
  expect(await cached(cacheDir)).toEqual([])
  expect(await filesBelow(join(cacheDir, 'pins'))).toEqual([])
})

it('puts back what an agent on another machine has pinned in the same moment', async () => {
  const { cache, cacheDir, clock } = await fixture()
  await cache.prepare(asking('tofu', '1.0.0'), {})
  await cache.release('job-1')
  const directory = join(cacheDir, 'pins', 'binaries')
  const others = new JobPins({ directory, owner: 'agent-b', clock })
  /** The lock does not reach that agent, so it comes between the look at the pins and the rename. */
  class RacedStore extends BinaryStore {
    override discard(
      entry: string,
      { unless }: { readonly unless?: () => Promise<boolean> },
    ): Promise<boolean> {
      const isWanted = async (): Promise<boolean> => {
        await others.pin('job-b', [entry])
        return (await unless?.()) === true
      }
      return super.discard(entry, { unless: isWanted })
    }
  }
  const staging = new Staging({ directory: join(cacheDir, 'staging'), owner: 'agent-a', clock })
  const eviction = new CacheEviction({
    store: new RacedStore({ directory: join(cacheDir, 'binaries'), staging, clock }),
    pins: new JobPins({ directory, owner: 'agent-a', clock }),
    lock: new CacheLock({ cacheDir, clock }),
    sizeLimitBytes: 1,
    maxAgeDays: undefined,
    clock,
    logger: silentLogger,
    what: 'programs',
  })
  await eviction.run()
  expect(await cached(cacheDir)).toEqual(['1.0.0'])
  await others.release('job-b')
})
