import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { JobCaches, PreparedCaches } from '@scalr-agent/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { ProviderMirror, realProviders } from './support/provider-mirror.ts'
import { ProviderScene } from './support/provider-scene.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'provider cache, faults'
const tool = anyRealTool(suite)
const found = realProviders(suite)
const providers = found?.filter(({ type }) => type !== 'local') ?? []
const isRoot = process.getuid?.() === 0
const agentProcess = fileURLToPath(new URL('support/prepare-providers-process.ts', import.meta.url))

describe.skipIf(tool === undefined || found === undefined)('provider cache, faults', () => {
  let mirror: ProviderMirror
  let lockFile: string
  const open = (): Promise<ProviderScene> => {
    if (tool === undefined) throw new Error('no tool')
    return ProviderScene.open(tool, mirror)
  }

  beforeAll(async () => {
    mirror = await ProviderMirror.start(providers)
    await using scene = await open()
    lockFile = await scene.lockFileOf(providers)
  })
  beforeEach(() => mirror.fail('time', undefined))
  afterAll(() => mirror[Symbol.asyncDispose]())

  const prepare = (caches: JobCaches, jobId: string): Promise<PreparedCaches> =>
    caches.prepare({ jobId, tools: [], lockFile, lookIn: 'nowhere', canMount: true }, {})

  it.each([
    [
      'forbidden',
      /^Cannot find hashicorp\/time 0\.14\.2 in the network mirror localhost:\d+: .*\(403\)\. Check the token/u,
    ],
    ['missing', /^Cannot cache hashicorp\/time 0\.14\.2 for \w+: it is not in the network mirror/u],
    ['cut', /^Cannot fetch hashicorp\/time 0\.14\.2 from the network mirror .* was cut \(/u],
    [
      'other-bytes',
      /^Cannot cache hashicorp\/time 0\.14\.2 from the network mirror .*: its archive is/u,
    ],
  ] as const)(
    'tells in one line of a mirror that is %s, and the rest is cached',
    async (fault, line) => {
      await using scene = await open()
      const caches = scene.agent()
      mirror.fail('time', fault)
      const prepared = await prepare(caches, 'job-1')
      expect(prepared.notes).toHaveLength(3)
      expect(prepared.notes[0]).toMatch(line)
      expect(prepared.notes[0]).not.toContain('\n')
      expect(prepared.notes[2]).toBe('2 plugins locked (1 used from cache, 1 not in the cache)')
      expect(await namesIn(scene, 'staging')).toEqual([])
      mirror.fail('time', undefined)
      // What is not cached comes from the mirror by the tool itself, beside what is.
      const end = await scene.init(providers, lockFile, prepared)
      expect(end.output).toContain('has been successfully initialized')
      // Nothing of the failure stays: the next job finds all of it.
      const next = await prepare(caches, 'job-2')
      expect(next.notes.at(-1)).toBe('2 plugins locked (2 used from cache)')
      expect((await scene.init(providers, lockFile, next)).isGood).toBe(true)
    },
  )

  it('shows nothing of a download whose agent was killed, and the next agent goes on', async () => {
    await using scene = await open()
    await mkdir(scene.cacheDir)
    const lockPath = join(scene.directory, 'lock.hcl')
    await writeFile(lockPath, lockFile)
    const dataDir = join(scene.directory, 'killed')
    const held = mirror.hold('time')
    const parameters = [
      agentProcess,
      scene.cacheDir,
      dataDir,
      mirror.url,
      mirror.caCertPath,
      lockPath,
    ]
    const start = () =>
      spawn(process.execPath, ['--conditions=@scalr-agent/source', ...parameters], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
    const killed = start()
    await held.reached
    // Another agent of this machine waits for the one that downloads.
    const waiting = prepare(scene.agent(), 'job-1')
    killed.kill('SIGKILL')
    await once(killed, 'close')
    held.letGo()
    expect(await namesIn(scene, 'staging')).not.toEqual([])
    const prepared = await waiting
    expect(prepared.notes.at(-1)).toBe('2 plugins locked (2 used from cache)')
    expect((await scene.init(providers, lockFile, prepared)).isGood).toBe(true)
    // The killed agent comes back: it clears what it left and uses what the other has brought.
    const again = start()
    const said: string[] = []
    again.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8')))
    await once(again, 'close')
    expect(said.join('')).toBe('2 plugins locked (2 used from cache)\n')
  })

  it('removes what a killed agent has left when that agent starts again', async () => {
    await using scene = await open()
    const caches = scene.agent()
    await prepare(caches, 'job-1')
    const [pinOwner = ''] = await namesIn(scene, 'pins')
    await mkdir(join(scene.cacheDir, `providers/staging/${pinOwner}.0011223344556677/files`), {
      recursive: true,
    })
    await caches.recover(['job-1'])
    expect(await namesIn(scene, 'staging')).toEqual([])
    expect(await namesIn(scene, `jobs/${pinOwner}`)).toEqual(['job-1'])
    await caches.recover([])
    expect(await namesIn(scene, `jobs/${pinOwner}`)).toEqual([])
    expect(await namesIn(scene, `pins/${pinOwner}`)).toEqual([])
  })

  it.skipIf(!isRoot).each([
    ['noexec', 'rw,noexec,size=1g', /is mounted noexec\.$/u],
    [
      'full',
      'rw,size=256k',
      /^Cannot keep hashicorp\/\w+ [\d.]+ in \S+: the disk is full \(ENOSPC\)\. Free some space/u,
    ],
    ['read-only', 'ro', /is mounted read-only \(EROFS\)\. Choose another cache directory\.$/u],
  ])('goes on without a cache on a mount that is %s', async (_, options, line) => {
    await using scene = await open()
    const mount = join(scene.directory, 'mount')
    await mkdir(mount)
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', mount])
    try {
      const prepared = await prepare(scene.agent({}, mount), 'job-1')
      expect(prepared.notes[0]).toMatch(line)
      const { isGood, output } = await scene.init(providers, lockFile, prepared)
      expect(output).toContain('has been successfully initialized')
      expect(isGood).toBe(true)
    } finally {
      execFileSync('umount', [mount])
    }
  })
})

function namesIn(scene: ProviderScene, directory: string): Promise<readonly string[]> {
  return readdir(join(scene.cacheDir, 'providers', directory)).catch(() => [])
}
