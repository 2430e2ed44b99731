import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterEach, expect, it } from 'vitest'

import { createJobCaches, type JobCaches, type JobCachesOptions } from '../../src/caches/index.ts'
import { CacheError, ConfigurationError } from '../../src/errors/index.ts'
import { closing, filesBelow, temporaryCacheDir } from './binaries/support/cache-fixture.ts'
import { releaseFiles } from './binaries/support/release-files.ts'
import { startMirror } from './binaries/support/release-mirror.ts'

const opened: JobCaches[] = []
afterEach(async () => {
  for (const caches of opened.splice(0)) await caches.close()
})

async function fixture(
  options: Partial<JobCachesOptions> = {},
): Promise<{ readonly caches: JobCaches; readonly cacheDir: string }> {
  const directory = await temporaryCacheDir()
  const mirror = closing(await startMirror(releaseFiles('opa', '1.2.3')))
  const cacheDir = join(directory, 'cache')
  const caches = createJobCaches({
    cacheDir,
    dataDir: join(directory, 'data'),
    platform: 'linux_amd64',
    binaries: { baseUrls: { opa: mirror.url } },
    ...options,
  })
  opened.push(caches)
  return { caches, cacheDir: options.cacheDir ?? cacheDir }
}

const job = {
  jobId: 'job-1',
  tools: [{ name: 'opa', version: '1.2.3' }],
  lookIn: 'nowhere',
  canMount: true,
} as const

it('joins what programs and providers add to a workload', async () => {
  const networkMirrors = [{ url: 'https://mirror.example.com/', token: 'c4n4ry' }]
  const { caches, cacheDir } = await fixture({ providers: { networkMirrors } })
  await caches.recover([])
  const prepared = await caches.prepare(job, {})
  expect(prepared.tools).toMatchObject({ opa: { kind: 'cache', version: '1.2.3' } })
  expect(prepared.mounts).toContainEqual({ name: 'binaries', source: join(cacheDir, 'binaries') })
  expect(prepared.cliConfig).toContain('https://mirror.example.com/')
  expect(prepared.cliConfig).not.toContain('c4n4ry')
  expect(prepared.secretEnv).toEqual({ TF_TOKEN_mirror_example_com: 'c4n4ry' })
  expect(await filesBelow(join(cacheDir, 'pins'))).toHaveLength(1)
  await caches.release('job-1')
  expect(await filesBelow(join(cacheDir, 'pins'))).toEqual([])
})

it('keeps tokens of one host apart by port, and has all of them masked', async () => {
  const networkMirrors = [
    { url: 'https://mirror.example.com/', token: 'c4n4ry-1' },
    { url: 'https://mirror.example.com:8443/', token: 'c4n4ry-2' },
  ]
  const { caches } = await fixture({ providers: { networkMirrors } })
  const { cliConfig, secretEnv } = await caches.prepare(job, {})
  expect(secretEnv).toEqual({
    TF_TOKEN_mirror_example_com: 'c4n4ry-1',
    SCALR_MIRROR_TOKEN_2: 'c4n4ry-2',
  })
  expect(cliConfig).not.toContain('c4n4ry-1')
  expect(cliConfig).toContain('credentials "mirror.example.com:8443" {\n  token = "c4n4ry-2"\n}')
})

it('adds nothing of providers where there are no options for them', async () => {
  const { caches } = await fixture()
  const prepared = await caches.prepare({ ...job, lockFile: '' }, {})
  expect(prepared).toMatchObject({ cliConfig: undefined, secretEnv: {} })
  expect(prepared.mounts).toHaveLength(1)
  caches.learn('')
})

it('touches nothing before the first call', async () => {
  const { caches, cacheDir } = await fixture()
  expect(await filesBelow(join(cacheDir, '..'))).toEqual([])
  await caches.close()
  expect(await filesBelow(join(cacheDir, '..'))).toEqual([])
})

it('a cache directory that cannot be used fails the jobs that need it, and nothing else', async () => {
  const directory = await temporaryCacheDir()
  const cacheDir = join(directory, 'file')
  await writeFile(cacheDir, '')
  const { caches } = await fixture({ cacheDir, providers: {} })
  await caches.recover(['job-0'])
  const error = await caches.prepare(job, {}).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(CacheError)
  expect(error).toMatchObject({ code: 'CACHE_UNUSABLE' })
  await caches.release('job-1')
  const inImage = await caches.prepare({ ...job, lookIn: 'image' }, {})
  expect(inImage.tools).toEqual({ opa: { kind: 'lookup', version: '1.2.3' } })
})

it('a job that is cancelled gets no error of the caches', async () => {
  const { caches } = await fixture()
  const signal = AbortSignal.abort(new Error('the job was cancelled'))
  await expect(caches.prepare(job, { signal })).rejects.toThrow('the job was cancelled')
})

it.each<[string, Partial<JobCachesOptions>, RegExp]>([
  ['a relative directory', { cacheDir: 'cache' }, /"cache": give an absolute path/u],
  ['a platform that leaves its directory', { platform: '../x' }, /give system and processor/u],
  [
    'a base URL without TLS',
    { binaries: { baseUrls: { tofu: 'http://example.com' } } },
    /http:\/\/example\.com for the releases of tofu/u,
  ],
  [
    'a broken base URL',
    { binaries: { baseUrls: { opa: 'c4n4ry' } } },
    /the releases of opa: it is not an http\(s\) URL/u,
  ],
  [
    'a password with a broken escape',
    { binaries: { baseUrls: { opa: 'https://a:c4n4ry%zz@example.com' } } },
    /broken %-escape/u,
  ],
  [
    'a key that is none',
    { binaries: { signingKeys: { tofu: ['c4n4ry'] } } },
    /signing key of tofu: it is no armored OpenPGP public key/u,
  ],
  [
    'a network mirror without TLS',
    { providers: { networkMirrors: [{ url: 'http://example.com' }] } },
    /network mirror/u,
  ],
  ['a CA that is none', { connection: { caCert: 'LS0tLS1CRUdJTg==' } }, /CA certificate/u],
])('refuses %s when it is made', async (_what, options, says) => {
  const failing = fixture(options)
  await expect(failing).rejects.toThrow(ConfigurationError)
  await expect(failing).rejects.toThrow(says)
  await expect(failing).rejects.not.toThrow('c4n4ry')
})
