import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { fetchOpenTofu, FetchToolError } from '../src/fetch-opentofu.ts'
import { Mirror } from './support/mirror.ts'
import { zipOf } from './support/zip.ts'

const version = '1.2.3'
const platform = 'linux_amd64'
const zipPath = `/v${version}/tofu_${version}_${platform}.zip`
const sumsPath = `/v${version}/tofu_${version}_SHA256SUMS`
const release = zipOf({ LICENSE: 'MPL', tofu: '#!/bin/sh\necho "tofu says $1"\n' })

describe('fetching OpenTofu', () => {
  let directory: string
  let mirror: Mirror

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'quickstart-fetch-'))
    mirror = await Mirror.start(version, platform, release)
  })
  afterEach(async () => {
    await mirror.close()
    await rm(directory, { recursive: true, force: true })
  })

  const fetchIt = (signal?: AbortSignal): Promise<{ readonly path: string }> =>
    fetchOpenTofu({
      directory,
      baseUrl: mirror.url,
      version,
      platform,
      ...(signal === undefined ? {} : { signal }),
    })

  it('checks the release and leaves a binary that runs', async () => {
    const { path } = await fetchIt()
    expect(execFileSync(path, ['version'], { encoding: 'utf8' })).toBe('tofu says version\n')
    expect(mirror.asked).toEqual([sumsPath, zipPath])
    expect(await readdir(directory)).toEqual([`opentofu-${version}`])
    expect(await readdir(join(directory, `opentofu-${version}`))).toEqual(['tofu'])
  })

  const failures: readonly (readonly [string, (mirror: Mirror) => unknown, RegExp])[] = [
    [
      'another archive than the release has',
      (of) => of.files.set(zipPath, zipOf({ tofu: 'evil' })),
      /its SHA-256 is [0-9a-f]{64}, the release says [0-9a-f]{64}/u,
    ],
    [
      'sums without a line for it',
      (of) => of.files.set(sumsPath, Buffer.from(`${'0'.repeat(64)}  other.zip\n`)),
      /has no line for tofu_1\.2\.3_linux_amd64\.zip/u,
    ],
    ['no sums', (of) => of.files.delete(sumsPath), /there is no \S+_SHA256SUMS \(404\)/u],
    ['no archive', (of) => of.files.delete(zipPath), /there is no \S+\.zip \(404\)/u],
    [
      'a body that is cut off',
      (of) => {
        of.cutAfter = 40
      },
      /was cut \(\w+\)\. The file did not arrive whole/u,
    ],
    ['nobody who listens', (of) => of.close(), /ECONNREFUSED/u],
  ]

  it.each(failures)('%s: says which URL and why, and leaves nothing', async (_what, spoil, why) => {
    const { url } = mirror
    await spoil(mirror)
    const error: unknown = await fetchOpenTofu({
      directory,
      baseUrl: url,
      version,
      platform,
    }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(FetchToolError)
    expect((error as Error).message).toMatch(why)
    expect((error as Error).message).toContain(`${url}/v${version}/`)
    expect(await readdir(directory)).toEqual([])
  })

  it.each([
    ['holds no tofu', zipOf({ LICENSE: 'MPL' })],
    ['is no zip', Buffer.from('not a zip at all, but its sum is right')],
  ])('an archive that %s: says so, and leaves nothing', async (_what, archive) => {
    await using other = await Mirror.start(version, platform, archive)
    const failing = fetchOpenTofu({ directory, baseUrl: other.url, version, platform })
    await expect(failing).rejects.toThrow(`Cannot unpack ${other.url}${zipPath}`)
    expect(await readdir(directory)).toEqual([])
  })

  it('an interrupt ends it and leaves nothing', async () => {
    const interrupt = new AbortController()
    interrupt.abort(new Error('SIGINT'))
    await expect(fetchIt(interrupt.signal)).rejects.toThrow('SIGINT')
    expect(await readdir(directory)).toEqual([])
  })
})
