import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import {
  asking,
  cacheFailure,
  cacheFixture,
  closing,
  filesBelow,
  temporaryCacheDir,
} from './support/cache-fixture.ts'
import { fakeProgram, releaseFiles, releasePaths, sumsOf } from './support/release-files.ts'
import { startMirror, type ReleaseMirror } from './support/release-mirror.ts'

async function mirrorOf(...releases: ReadonlyMap<string, Buffer>[]): Promise<ReleaseMirror> {
  return closing(await startMirror(new Map(releases.flatMap((files) => [...files]))))
}

/** A directory of `PATH` with these programs. */
async function pathWith(programs: Readonly<Record<string, Buffer>>): Promise<string> {
  const directory = join(await temporaryCacheDir(), 'bin')
  await mkdir(directory)
  for (const [name, content] of Object.entries(programs)) {
    await writeFile(join(directory, name), content, { mode: 0o755 })
  }
  return directory
}

it.each(['terraform', 'tofu', 'terragrunt', 'opa'] as const)(
  'fetches %s in the layout of its makers, and a job can run it',
  async (tool) => {
    const mirror = await mirrorOf(releaseFiles(tool, '1.2.3'))
    const { cache, cacheDir } = await cacheFixture({ baseUrl: mirror.url })
    const prepared = await cache.prepare(asking(tool, '1.2.3'), {})
    const path = `${tool}/1.2.3/linux_amd64/${tool}`
    expect(prepared.tools).toEqual({
      [tool]: { kind: 'cache', path: `caches/binaries/${path}`, version: '1.2.3' },
    })
    expect(prepared.mounts).toEqual([{ name: 'binaries', source: join(cacheDir, 'binaries') }])
    expect(prepared.notes).toEqual([
      expect.stringMatching(new RegExp(`^Downloaded ${tool} 1\\.2\\.3 in \\d+\\.\\d\\ds$`, 'u')),
    ])
    const program = join(cacheDir, 'binaries', path)
    expect(execFileSync(program, { encoding: 'utf8' })).toContain('1.2.3')
    expect((await stat(program)).mode & 0o777).toBe(0o555)
    const { file, sums } = releasePaths(tool, '1.2.3')
    expect(mirror.asked).toEqual([sums, file])
    expect(await filesBelow(join(cacheDir, 'staging'))).toEqual([])
  },
)

it('takes a tar.gz of OpenTofu where the release has no zip for the system', async () => {
  const directory = await pathWith({ tofu: fakeProgram('tofu', '1.9.0') })
  const archive = execFileSync('tar', ['-czf', '-', '-C', directory, 'tofu'])
  const name = 'tofu_1.9.0_linux_amd64.tar.gz'
  const mirror = await mirrorOf(
    new Map([
      [`/v1.9.0/${name}`, archive],
      ['/v1.9.0/tofu_1.9.0_SHA256SUMS', sumsOf({ [name]: archive })],
    ]),
  )
  const { cache, cacheDir } = await cacheFixture({ baseUrl: mirror.url })
  await cache.prepare(asking('tofu', '1.9.0'), {})
  const program = join(cacheDir, 'binaries/tofu/1.9.0/linux_amd64/tofu')
  expect(await readFile(program)).toEqual(fakeProgram('tofu', '1.9.0'))
})

it('asks the server once for ten jobs at once, and for the same tool of the next job not at all', async () => {
  const mirror = await mirrorOf(releaseFiles('terraform', '1.2.3'))
  const { cache } = await cacheFixture({ baseUrl: mirror.url })
  const jobs = Array.from({ length: 10 }, (_, index) => `job-${index}`)
  const all = await Promise.all(
    jobs.map((jobId) => cache.prepare(asking('terraform', '1.2.3', jobId), {})),
  )
  expect(new Set(all.map(({ tools }) => JSON.stringify(tools))).size).toBe(1)
  expect(mirror.asked).toHaveLength(2)
  const later = await cache.prepare(asking('terraform', '1.2.3', 'job-later'), {})
  expect(later.notes).toEqual([])
  expect(mirror.asked).toHaveLength(2)
})

it('a job that gives up does not take the download from the others', async () => {
  const mirror = await mirrorOf(releaseFiles('terraform', '1.2.3'))
  const gate = Promise.withResolvers<void>()
  const { sums } = releasePaths('terraform', '1.2.3')
  mirror.answers.set(sums, async (response) => {
    await gate.promise
    response.end(mirror.files.get(sums))
  })
  const { cache } = await cacheFixture({ baseUrl: mirror.url })
  const stop = new AbortController()
  const first = cache.prepare(asking('terraform', '1.2.3', 'job-1'), { signal: stop.signal })
  const second = cache.prepare(asking('terraform', '1.2.3', 'job-2'), {})
  await mirror.receivedAtLeast(1)
  stop.abort(new Error('the job was cancelled'))
  await expect(first).rejects.toThrow('the job was cancelled')
  gate.resolve()
  expect((await second).tools.terraform).toMatchObject({ kind: 'cache' })
  expect(mirror.asked.filter((path) => path.endsWith('.zip'))).toHaveLength(1)
})

it('a download that nobody waits for any more is given up, and leaves nothing', async () => {
  const mirror = await mirrorOf(releaseFiles('terraform', '1.2.3'))
  const { file } = releasePaths('terraform', '1.2.3')
  const closed = Promise.withResolvers<void>()
  mirror.answers.set(file, (response) => {
    response.writeHead(200, { 'content-length': 1000 }).write('PK')
    response.once('close', () => closed.resolve())
  })
  const { cache, cacheDir } = await cacheFixture({ baseUrl: mirror.url })
  const stop = new AbortController()
  const job = cache.prepare(asking('terraform', '1.2.3'), { signal: stop.signal })
  await mirror.receivedAtLeast(2)
  stop.abort(new Error('the job was cancelled'))
  await expect(job).rejects.toThrow('the job was cancelled')
  await closed.promise
  await cache.close()
  expect(await filesBelow(join(cacheDir, 'staging'))).toEqual([])
  expect(await filesBelow(join(cacheDir, 'binaries'))).toEqual([])
})

it('looks in PATH first, also behind a program of another version', async () => {
  const other = await pathWith({ terraform: fakeProgram('terraform', '1.5.7') })
  const fitting = await pathWith({ terraform: fakeProgram('terraform', '1.2.3') })
  const mirror = await mirrorOf(releaseFiles('terraform', '1.3.0'))
  const { cache } = await cacheFixture({ baseUrl: mirror.url })
  const lookIn = { path: `${other}:relative:${fitting}` }
  const found = await cache.prepare({ ...asking('terraform', '1.2.3'), lookIn }, {})
  expect(found).toEqual({
    tools: { terraform: { kind: 'path', path: join(fitting, 'terraform') } },
    mounts: [],
    notes: [],
  })
  const missing = await cache.prepare({ ...asking('terraform', '1.3.0'), lookIn }, {})
  expect(missing.tools.terraform).toMatchObject({ kind: 'cache', version: '1.3.0' })
})

it('asks a program in PATH for its version once, and again when its file has changed', async () => {
  const directory = await pathWith({})
  const program = join(directory, 'terraform')
  const asked = join(directory, 'asked')
  const write = (version: string): Promise<void> =>
    writeFile(program, `#!/bin/sh\necho x >>${asked}\necho 'Terraform v${version}'\n`)
  await write('1.2.3')
  await chmod(program, 0o755)
  const { cache } = await cacheFixture()
  const ask = (version: string): Promise<unknown> =>
    cache.prepare(
      { ...asking('terraform', version), lookIn: { path: directory }, canMount: false },
      {},
    )
  const found = { tools: { terraform: { kind: 'path', path: program } } }
  expect(await ask('1.2.3')).toMatchObject(found)
  expect(await ask('1.2.3')).toMatchObject(found)
  expect(await readFile(asked, 'utf8')).toBe('x\n')
  await write('1.10.0')
  expect(await ask('1.10.0')).toMatchObject(found)
  expect(await ask('1.2.3')).toMatchObject({ tools: { terraform: { kind: 'lookup' } } })
  expect(await readFile(asked, 'utf8')).toBe('x\nx\n')
})

it('I12: a program in PATH is asked without the environment of the agent', async () => {
  const directory = await pathWith({})
  const seen = join(directory, 'seen')
  await writeFile(join(directory, 'opa'), `#!/bin/sh\nenv >${seen}\necho 'Version: 1.0.0'\n`, {
    mode: 0o755,
  })
  process.env['SCALR_AGENT_TOKEN'] = 'c4n4ry'
  try {
    const { cache } = await cacheFixture()
    const lookIn = { path: `${directory}:/usr/bin:/bin` }
    const found = await cache.prepare({ ...asking('opa', '1.0.0'), lookIn }, {})
    expect(found.tools.opa).toMatchObject({ kind: 'path' })
  } finally {
    delete process.env['SCALR_AGENT_TOKEN']
  }
  expect(await readFile(seen, 'utf8')).not.toContain('c4n4ry')
})

it('a program in PATH that fails or says something else is passed over', async () => {
  const broken = await pathWith({ terraform: Buffer.from('#!/bin/sh\nexit 3\n') })
  const odd = await pathWith({ terraform: Buffer.from('#!/bin/sh\necho hello\n') })
  const mirror = await mirrorOf(releaseFiles('terraform', '1.2.3'))
  const { cache } = await cacheFixture({ baseUrl: mirror.url })
  const lookIn = { path: `${broken}:${odd}` }
  const prepared = await cache.prepare({ ...asking('terraform', '1.2.3'), lookIn }, {})
  expect(prepared.tools.terraform).toMatchObject({ kind: 'cache' })
})

it('leaves it to the image, where the image is made for the tools or caches cannot be mounted', async () => {
  const { cache } = await cacheFixture()
  const lookup = {
    tools: { tofu: { kind: 'lookup', version: '1.2.3' } },
    mounts: [],
    notes: [],
  }
  const request = asking('tofu', '1.2.3')
  expect(await cache.prepare({ ...request, lookIn: 'image' }, {})).toEqual(lookup)
  expect(await cache.prepare({ ...request, canMount: false }, {})).toEqual(lookup)
})

it('without a version takes what PATH has, else the newest release in the cache', async () => {
  const versions = ['1.9.0', '1.10.1', '1.11.0-rc1']
  const mirror = await mirrorOf(...versions.map((version) => releaseFiles('tofu', version)))
  const { cache } = await cacheFixture({ baseUrl: mirror.url })
  const nothing = { ...asking('tofu', null), lookIn: { path: await pathWith({}) } }
  const error = await cacheFailure(cache.prepare(nothing, {}))
  expect(error).toMatchObject({ code: 'NOT_FOUND', item: 'tofu' })
  expect(error.message).toBe(
    'Cannot choose a version of tofu: the job names none, and neither PATH nor the cache has one. Set the version in the workspace.',
  )
  for (const version of versions) await cache.prepare(asking('tofu', version), {})
  const fromCache = await cache.prepare(nothing, {})
  expect(fromCache.tools.tofu).toMatchObject({ version: '1.10.1' })
  // What an image holds only the job can see.
  const inImage = await cache.prepare(asking('tofu', null), {})
  expect(inImage.tools.tofu).toEqual({ kind: 'lookup', version: null })
  const directory = await pathWith({ tofu: fakeProgram('tofu', '1.6.0') })
  const lookIn = { path: directory }
  const fromPath = await cache.prepare({ ...asking('tofu', null), lookIn }, {})
  expect(fromPath.tools.tofu).toEqual({ kind: 'path', path: join(directory, 'tofu') })
})

it.each([
  ['shortened', (content: Buffer) => content.subarray(1)],
  ['changed', (content: Buffer) => Buffer.from(content.map((byte) => byte ^ 1))],
])('fetches a program anew that was %s on the disk', async (_how, change) => {
  const mirror = await mirrorOf(releaseFiles('terraform', '1.2.3'))
  const { cache, cacheDir } = await cacheFixture({ baseUrl: mirror.url })
  await cache.prepare(asking('terraform', '1.2.3'), {})
  const program = join(cacheDir, 'binaries/terraform/1.2.3/linux_amd64/terraform')
  await writeFile(program, change(fakeProgram('terraform', '1.2.3')))
  await cache.prepare(asking('terraform', '1.2.3'), {})
  expect(await readFile(program)).toEqual(fakeProgram('terraform', '1.2.3'))
  expect(mirror.asked).toHaveLength(4)
})
