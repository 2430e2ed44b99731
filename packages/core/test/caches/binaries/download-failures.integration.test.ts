import type { ServerResponse } from 'node:http'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import {
  asking,
  cacheFailure,
  cacheFixture,
  closing,
  filesBelow,
  type CacheFixtureOptions,
} from './support/cache-fixture.ts'
import { fakeProgram, releaseFiles, releasePaths, sumsOf } from './support/release-files.ts'
import { startMirror, type ReleaseMirror } from './support/release-mirror.ts'
import { zipOf } from './support/zip-of.ts'

const { file, sums } = releasePaths('terraform', '1.2.3')
const name = file.slice(file.lastIndexOf('/') + 1)

interface Case {
  readonly what: string
  readonly spoil: (mirror: ReleaseMirror) => void
  readonly code: string
  readonly says: RegExp
  /** Requests that reach the mirror. */
  readonly asked: readonly string[]
  readonly options?: CacheFixtureOptions
}

function status(code: number, headers: Readonly<Record<string, string>> = {}) {
  return (response: ServerResponse): void => {
    response.writeHead(code, headers).end('<html>c4n4ry</html>')
  }
}

function pack(mirror: ReleaseMirror, content: Buffer): void {
  mirror.files.set(file, content)
  mirror.files.set(sums, sumsOf({ [name]: content }))
}

const four = <T>(value: T): readonly T[] => [value, value, value, value]

const cases: readonly Case[] = [
  {
    what: 'a version that does not exist',
    spoil: (mirror) => mirror.files.clear(),
    code: 'NOT_FOUND',
    says: /^Cannot fetch terraform 1\.2\.3: there is no http:\/\/localhost:\d+\/terraform\/1\.2\.3\/terraform_1\.2\.3_SHA256SUMS \(404\)\. Check the version, and whether http:\/\/localhost:\d+ has the releases in their makers' layout\.$/u,
    asked: [sums],
  },
  {
    what: 'a release without its archive',
    spoil: (mirror) => mirror.files.delete(file),
    code: 'NOT_FOUND',
    says: /there is no \S+_linux_amd64\.zip \(404\)/u,
    asked: [sums, file],
  },
  {
    what: 'a release without a build for the system',
    spoil: (mirror) =>
      mirror.files.set(sums, sumsOf({ 'terraform_1.2.3_solaris_amd64.zip': sumsOf({}) })),
    code: 'NOT_FOUND',
    says: /its release has nothing for linux_amd64 .* Choose a version that was made for this system\.$/u,
    asked: [sums],
  },
  {
    what: 'a mirror that answers 403',
    spoil: (mirror) => mirror.answers.set(file, status(403)),
    code: 'REFUSED',
    says: /localhost:\d+ refused \S+\.zip \(403\)\. Check that this agent may read http:\/\/localhost:\d+,/u,
    asked: [sums, file],
  },
  {
    what: 'a mirror that answers 401',
    spoil: (mirror) => mirror.answers.set(sums, status(401)),
    code: 'REFUSED',
    says: /\(401\)/u,
    asked: [sums],
  },
  {
    what: 'a web page instead of the sums',
    spoil: (mirror) => mirror.files.set(sums, Buffer.from('<html>log in first</html>')),
    code: 'CORRUPT',
    says: /SHA256SUMS is no list of SHA-256 sums\. Check the base URL/u,
    asked: [sums],
  },
  {
    what: 'an archive with another sum',
    spoil: (mirror) =>
      mirror.files.set(file, zipOf({ terraform: fakeProgram('terraform', '6.6.6') })),
    code: 'CORRUPT',
    says: /its SHA-256 is [0-9a-f]{64}, the release says [0-9a-f]{64}\. It was damaged or changed on its way; nothing of it was kept\./u,
    asked: [sums, file],
  },
  {
    what: 'an archive that is cut each time',
    spoil: (mirror) =>
      mirror.answers.set(file, (response) => {
        const content = mirror.files.get(file) ?? Buffer.alloc(0)
        response.writeHead(200, { 'content-length': content.length })
        response.write(content.subarray(0, 40), () => response.destroy())
      }),
    code: 'CORRUPT',
    says: /did not arrive whole in 4 attempts; nothing of it was kept\.$/u,
    asked: [sums, ...four(file)],
  },
  {
    what: 'a server that is down each time',
    spoil: (mirror) => mirror.answers.set(sums, status(503)),
    code: 'UNREACHABLE',
    says: /^Cannot fetch terraform 1\.2\.3 \(GET \S+SHA256SUMS\): 503 /u,
    asked: four(sums),
  },
  {
    what: 'a server that stops sending',
    spoil: (mirror) =>
      mirror.answers.set(file, (response) => {
        response.writeHead(200, { 'content-length': 1000 }).write('PK')
      }),
    code: 'UNREACHABLE',
    says: /stopped sending in the middle of its answer/u,
    asked: [sums, ...four(file)],
    options: { settings: { idleTimeoutMs: 50 } },
  },
  {
    what: 'a trickle',
    spoil: (mirror) =>
      mirror.answers.set(file, (response) => {
        response.writeHead(200, { 'content-length': 1_000_000 })
        const timer = setInterval(() => response.write('x'), 20)
        response.once('close', () => clearInterval(timer))
      }),
    code: 'UNREACHABLE',
    says: /the download was not done after 0\.3 s\. Use a faster mirror/u,
    asked: [sums, file],
    options: { limits: { downloadTimeoutMs: 300 } },
  },
  {
    what: 'an archive that says it is too large',
    spoil: (mirror) => mirror.files.set(file, Buffer.alloc(5000)),
    code: 'CORRUPT',
    says: /it is larger than 4000 bytes, so it is no release of it\.$/u,
    asked: [sums, file],
    options: { limits: { maxDownloadBytes: 4000 } },
  },
  {
    what: 'an archive that grows too large without saying so',
    spoil: (mirror) =>
      mirror.answers.set(file, (response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(10_000)));
        }
        response.on('drain', more)
        more()
      }),
    code: 'CORRUPT',
    says: /it is larger than 100000 bytes/u,
    asked: [sums, file],
    options: { limits: { maxDownloadBytes: 100_000 } },
  },
  {
    what: 'a zip that unpacks to too much',
    spoil: (mirror) => pack(mirror, zipOf({ terraform: Buffer.alloc(1_000_000) })),
    code: 'CORRUPT',
    says: /it is larger than 50000 bytes/u,
    asked: [sums, file],
    options: { limits: { maxProgramBytes: 50_000 } },
  },
  {
    what: 'a zip without the program',
    spoil: (mirror) => pack(mirror, zipOf({ '../terraform': Buffer.from('x') })),
    code: 'CORRUPT',
    says: /^Cannot unpack \S+\.zip for terraform 1\.2\.3: /u,
    asked: [sums, file],
  },
  {
    what: 'something that is no zip',
    spoil: (mirror) => pack(mirror, Buffer.from('no zip at all')),
    code: 'CORRUPT',
    says: /^Cannot unpack \S+\.zip for terraform 1\.2\.3: /u,
    asked: [sums, file],
  },
  {
    what: 'a redirect around and around',
    spoil: (mirror) => mirror.answers.set(sums, status(302, { location: sums })),
    code: 'REFUSED',
    says: /it redirects more than 5 times/u,
    asked: [sums, sums, sums, sums, sums, sums],
  },
]

it.each(cases)(
  '$what: $code, and nothing is kept',
  async ({ spoil, code, says, asked, options }) => {
    const mirror = closing(await startMirror(releaseFiles('terraform', '1.2.3')))
    spoil(mirror)
    const { cache, cacheDir } = await cacheFixture({ ...options, baseUrl: mirror.url })
    const error = await cacheFailure(cache.prepare(asking('terraform', '1.2.3'), {}))
    expect(error.message).toMatch(says)
    expect(error).toMatchObject({ code, item: 'terraform 1.2.3' })
    expect(mirror.asked).toEqual(asked)
    expect(await filesBelow(join(cacheDir, 'binaries'))).toEqual([])
    expect(await filesBelow(join(cacheDir, 'staging'))).toEqual([])

    // The next job is not held up by what went wrong.
    mirror.answers.clear()
    for (const [path, content] of releaseFiles('terraform', '1.2.3'))
      mirror.files.set(path, content)
    if (options?.limits !== undefined) return
    expect((await cache.prepare(asking('terraform', '1.2.3'), {})).tools.terraform).toMatchObject({
      kind: 'cache',
    })
  },
)

it('a download that is cut or refused in passing is tried again', async () => {
  const mirror = closing(await startMirror(releaseFiles('terraform', '1.2.3')))
  let count = 0
  mirror.answers.set(file, (response) => {
    count += 1
    const content = mirror.files.get(file) ?? Buffer.alloc(0)
    if (count === 1) {
      response.writeHead(200, { 'content-length': content.length })
      response.write(content.subarray(0, 40), () => response.destroy())
    } else if (count === 2) response.writeHead(429, { 'retry-after': '7' }).end()
    else response.end(content)
  })
  const { cache, clock } = await cacheFixture({ baseUrl: mirror.url })
  await cache.prepare(asking('terraform', '1.2.3'), {})
  expect(count).toBe(3)
  expect(Math.max(...clock.sleeps)).toBeGreaterThanOrEqual(7000)
})

it.each([
  '../1.2.3',
  '1.2.3/../../..',
  '1.2.3%2f..',
  '..',
  '',
  '1.2',
  'v1.2.3',
  'latest',
  '1.2.3\n',
  '1.2.3?x=1',
  `1.2.3-${'a'.repeat(80)}`,
])('refuses %j as a version, before anything is asked', async (version) => {
  const mirror = closing(await startMirror(new Map()))
  const { cache, cacheDir } = await cacheFixture({ baseUrl: mirror.url })
  const error = await cacheFailure(cache.prepare(asking('terraform', version), {}))
  expect(error.code).toBe('NOT_FOUND')
  expect(error.message).toMatch(/that is no version\. Give it whole, e\.g\. 1\.11\.4\.$/u)
  expect(mirror.asked).toEqual([])
  expect(await filesBelow(cacheDir)).toEqual([])
})
