import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'

import { afterEach, expect } from 'vitest'

import { BinaryCache, type BinaryCacheOptions } from '../../../../src/caches/binaries/index.ts'
import type { ToolName } from '../../../../src/caches/index.ts'
import { CacheError } from '../../../../src/errors/index.ts'
import { createDispatcher, type ConnectionOptions } from '../../../../src/http/index.ts'
import { silentLogger } from '../../../../src/runtime/index.ts'
import { SteppedClock } from '../../../http/support/stepped-clock.ts'
import { platform } from './release-files.ts'

const resources: AsyncDisposable[] = []
afterEach(async () => {
  for (const resource of resources.splice(0).toReversed()) await resource[Symbol.asyncDispose]()
})

/** Closes it after the test. */
export function closing<T extends AsyncDisposable>(resource: T): T {
  resources.push(resource)
  return resource
}

export async function temporaryCacheDir(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'scalr-agent-cache-'))
  closing({ [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) })
  return path
}

export interface CacheFixtureOptions extends Partial<Omit<BinaryCacheOptions, 'dispatcher'>> {
  readonly connection?: ConnectionOptions
  /** Of every tool. */
  readonly baseUrl?: string
}

export interface CacheFixture {
  readonly cache: BinaryCache
  readonly cacheDir: string
  readonly clock: SteppedClock
}

/** A cache in a directory of its own, whose waits between attempts pass at once. */
export async function cacheFixture(options: CacheFixtureOptions = {}): Promise<CacheFixture> {
  const cacheDir = options.cacheDir ?? (await temporaryCacheDir())
  const clock = new SteppedClock(Date.now())
  const dispatcher = createDispatcher(options.connection ?? {})
  const { baseUrl = 'https://localhost:1' } = options
  const cache = new BinaryCache({
    owner: 'agent-a',
    platform,
    clock,
    logger: silentLogger,
    ...options,
    cacheDir,
    settings: {
      idleTimeoutMs: 5000,
      baseUrls: { terraform: baseUrl, tofu: baseUrl, terragrunt: baseUrl, opa: baseUrl },
      ...options.settings,
    },
    dispatcher,
  })
  closing({
    [Symbol.asyncDispose]: async () => {
      await cache.close()
      await dispatcher.destroy()
    },
  })
  return { cache, cacheDir, clock }
}

/** What a job asks when nothing but the cache is there. */
export function asking(
  name: ToolName,
  version: string | null,
  jobId = 'job-1',
): Parameters<BinaryCache['prepare']>[0] {
  return { jobId, tools: [{ name, version }], lookIn: 'nowhere', canMount: true }
}

/** The error of a call, which must hold no canary (I12). */
export async function cacheFailure(work: Promise<unknown>): Promise<CacheError> {
  const result = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(result).toBeInstanceOf(CacheError)
  expect(inspect(result, { depth: 10, showHidden: true })).not.toContain('c4n4ry')
  return result as CacheError
}

/** Every file below a directory, relative to it, sorted. */
export async function filesBelow(directory: string): Promise<readonly string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  return found
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted()
}
