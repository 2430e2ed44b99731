import { readdir, readFile, realpath, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { JobCaches, PreparedCaches } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'
import { ProviderMirror, realProviders } from './support/provider-mirror.ts'
import { ProviderScene } from './support/provider-scene.ts'
import { realTools } from './support/tools.ts'

const found = realProviders('provider cache')
const providers = found ?? []
const [time, local, http] = providers

const configuration = `
terraform {
  required_providers {
    time = {
      source  = "hashicorp/time"
      version = "0.14.2"
    }
  }
}

resource "time_static" "one" {}
`

describe.skipIf(found === undefined).each(realTools())('provider cache with real $iac', (tool) => {
  let mirror: ProviderMirror
  let lockFile: string

  beforeAll(async () => {
    mirror = await ProviderMirror.start(providers)
    await using scene = await ProviderScene.open(tool, mirror)
    lockFile = await scene.lockFileOf(providers)
  })
  afterAll(() => mirror[Symbol.asyncDispose]())

  const prepare = (caches: JobCaches, jobId: string, lock = lockFile): Promise<PreparedCaches> =>
    caches.prepare({ jobId, tools: [], lockFile: lock, lookIn: 'nowhere', canMount: true }, {})

  it('inits from the cache alone, and asks no server', async () => {
    await using scene = await ProviderScene.open(tool, mirror)
    const caches = scene.agent()
    const prepared = await prepare(caches, 'job-1')
    const requests = mirror.requests.length
    const { isGood, output, jobDir } = await scene.init(providers, lockFile, prepared)
    expect(output).toContain('has been successfully initialized')
    expect(isGood).toBe(true)
    expect(mirror.requests.length).toBe(requests)
    expect(prepared.notes.at(-1)).toBe('3 plugins locked (3 used from cache)')
    // The h1 that the tool wrote down is the one that was computed here, or it would not have linked it.
    expect(await linkedTo(jobDir, 'time', '0.14.2')).toContain('/cache/providers/store/')
    expect(await readFile(join(jobDir, 'work/.terraform.lock.hcl'), 'utf8')).toBe(lockFile)
  })

  it('downloads each provider once when ten jobs of two agents init at the same time', async () => {
    await using scene = await ProviderScene.open(tool, mirror)
    const agents = [scene.agent(), scene.agent()]
    const before = providers.map(({ type }) => mirror.downloads(type))
    const ends = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const caches = agents[index % 2] ?? scene.agent()
        const prepared = await prepare(caches, `job-${index}`)
        return scene.init(providers, lockFile, prepared)
      }),
    )
    expect(ends.filter(({ isGood }) => !isGood).map(({ output }) => output)).toEqual([])
    const after = providers.map(({ type }) => mirror.downloads(type))
    expect(after.map((count, index) => count - (before[index] ?? 0))).toEqual([1, 1, 1])
  })

  it.each([
    { what: 'with another time', keepsTime: false },
    { what: 'with the same size and time', keepsTime: true },
  ])('throws a file away that was changed $what, and fetches it anew', async ({ keepsTime }) => {
    await using scene = await ProviderScene.open(tool, mirror)
    const caches = scene.agent()
    const prepared = await prepare(caches, 'job-1')
    const { jobDir } = await scene.init(providers, lockFile, prepared)
    const program = join(
      await linkedTo(jobDir, 'time', '0.14.2'),
      'terraform-provider-time_v0.14.2_x5',
    )
    const { atime, mtime } = await stat(program)
    const bytes = await readFile(program)
    bytes.writeUInt8(bytes.readUInt8(5000) ^ 0xff, 5000)
    await writeFile(program, bytes)
    if (keepsTime) await utimes(program, atime, mtime)
    const before = mirror.downloads('time')
    const again = await prepare(caches, 'job-2')
    expect(mirror.downloads('time')).toBe(before + 1)
    expect(again.notes.at(-1)).toBe('3 plugins locked (3 used from cache)')
    expect((await scene.init(providers, lockFile, again)).isGood).toBe(true)
  })

  it('serves archives where the lock file knows no h1 of this platform', async () => {
    await using scene = await ProviderScene.open(tool, mirror)
    const withoutH1 = lockFile.replaceAll(
      /hashicorp\/(\w+)"([^[]*)\[[^\]]*\]/gu,
      (_, type: string, between: string) =>
        `hashicorp/${type}"${between}[\n    "${mirror.zh(type)}",\n  ]`,
    )
    expect(withoutH1).not.toContain('h1:')
    const caches = scene.agent()
    const prepared = await prepare(caches, 'job-1', withoutH1)
    expect(prepared.cliConfig).toContain('/packed"')
    const requests = mirror.requests.length
    const { output, isGood, jobDir } = await scene.init(providers, withoutH1, prepared)
    expect(output).toContain('has been successfully initialized')
    expect(isGood).toBe(true)
    expect(mirror.requests.length).toBe(requests)
    // It has checked the archive and added the h1 that the next job can use.
    const learned = await readFile(join(jobDir, 'work/.terraform.lock.hcl'), 'utf8')
    const ours = lockFile.match(/h1:[^"]*/gu) ?? []
    expect(ours).toHaveLength(3)
    for (const h1 of ours) expect(learned).toContain(h1)
  })

  it('leaves to the tool what the lock file forbids, and keeps nothing of it', async () => {
    await using scene = await ProviderScene.open(tool, mirror)
    const foreign = lockFile
      .replaceAll(/"h1:[^"]*"/gu, `"h1:${Buffer.alloc(32).toString('base64')}"`)
      .replaceAll(/"zh:[^"]*"/gu, `"zh:${'0'.repeat(64)}"`)
    const caches = scene.agent()
    const prepared = await prepare(caches, 'job-1', foreign)
    expect(prepared.notes).toHaveLength(4)
    expect(prepared.notes[0]).toMatch(
      /^Cannot cache hashicorp\/\w+ [\d.]+ from the network mirror localhost:\d+: its archive is not one that the lock file allows for this platform\. Nothing of it is used\.$/u,
    )
    expect(await storedIn(scene.cacheDir)).toEqual([])
    const { isGood, output } = await scene.init(providers, foreign, prepared)
    expect(isGood).toBe(false)
    expect(output.replaceAll(/[\s│]+/gu, ' ')).toContain('checksums previously recorded')
  })

  it('learns the providers of a plan that made its lock file', async () => {
    await using scene = await ProviderScene.open(tool, mirror)
    const caches = scene.agent()
    const before = mirror.downloads('local')
    caches.learn(lockFile)
    const prepared = await prepare(caches, 'job-1')
    expect(mirror.downloads('local')).toBe(before + 1)
    expect(prepared.notes.at(-1)).toBe('3 plugins locked (3 used from cache)')
  })

  it('uses the mirrors with their token for what is not in the cache', async () => {
    await using guarded = await ProviderMirror.start(providers, { token: 'mirror-token-canary' })
    await using scene = await ProviderScene.open(tool, guarded)
    const mirrors = [{ url: guarded.url, token: 'mirror-token-canary' }]
    const caches = scene.agent({ networkMirrors: mirrors })
    const cached = await prepare(caches, 'job-1')
    expect(cached.notes.at(-1)).toBe('3 plugins locked (3 used from cache)')
    expect(JSON.stringify(cached.notes)).not.toContain('mirror-token-canary')
    const disabled = scene.agent({ networkMirrors: mirrors, enabled: false })
    const prepared = await prepare(disabled, 'job-2')
    expect(prepared.mounts).toEqual([])
    expect(Object.values(prepared.secretEnv)).toEqual(['mirror-token-canary'])
    const { isGood } = await scene.init(providers, lockFile, prepared)
    expect(isGood).toBe(true)
    expect(guarded.requests.some((path) => path.endsWith('index.json'))).toBe(true)
  })

  it('serves an apply the providers of its plan, and a run with a lock file from the start', async () => {
    await using platform = await Platform.start()
    await using agent = await LocalAgent.start(platform, tool, {
      caCert: mirror.caCert,
      providerCache: { networkMirrors: [{ url: mirror.url }] },
    })
    const files = { 'main.tf': configuration }
    const workspace = await platform.workspace({ iac: tool.iac, files, autoApply: true })
    const before = mirror.downloads('time')
    const asked = { workspaceId: workspace.id, autoApply: false }
    const first = await platform.client.runs.create(asked)
    await platform.untilStatus(first.id, 'planned')
    // In the background, once the plan has made its lock file.
    await expect.poll(() => storedIn(agent.dataDir)).toEqual(['time'])
    await platform.client.runs.confirm(first.id)
    const applied = await platform.untilStatus(first.id, 'applied')
    const applyLog = await platform.client.applies.output(applied.applyId ?? '')
    expect(applyLog).toContain('1 plugin locked (1 used from cache)')
    // Once by the tool, which had to choose the version, and once by the agent.
    expect(mirror.downloads('time')).toBe(before + 2)
    const locked = { ...files, 'more.tf': 'output "more" {\n  value = 1\n}\n' }
    await platform.upload(workspace.id, {
      ...locked,
      '.terraform.lock.hcl': lockOf(lockFile, 'time'),
    })
    const second = await platform.client.runs.create({ workspaceId: workspace.id })
    const ended = await platform.untilStatus(second.id, 'applied')
    const planLog = await platform.client.plans.output(ended.planId ?? '')
    expect(planLog).toContain('1 plugin locked (1 used from cache)')
    expect(mirror.downloads('time')).toBe(before + 2)
    const results = (): readonly string[] => agent.ended.map(({ result }) => result)
    await expect.poll(results).toEqual(Array(4).fill('succeeded'))
  })

  it('never evicts what a job uses, and does when the job has ended', async () => {
    await using scene = await ProviderScene.open(tool, mirror)
    const caches = scene.agent({ sizeLimitBytes: 1 })
    if (time === undefined || local === undefined || http === undefined) throw new Error('missing')
    const first = await prepare(caches, 'job-1', lockOf(lockFile, 'time'))
    await prepare(caches, 'job-2', lockOf(lockFile, 'local'))
    await caches.release('job-2')
    await expect.poll(() => storedIn(scene.cacheDir)).toEqual(['time'])
    expect((await scene.init([time], lockOf(lockFile, 'time'), first)).isGood).toBe(true)
    await caches.release('job-1')
    await expect.poll(() => storedIn(scene.cacheDir)).toEqual([])
  })
})

/** The part of a lock file that is about one provider. */
function lockOf(lockFile: string, type: string): string {
  const blocks = lockFile.match(/^provider [\s\S]*?^\}\n/gmu) ?? []
  return blocks.find((block) => block.includes(`/${type}"`)) ?? ''
}

/** Where `init` has linked a provider to, after all links. */
async function linkedTo(jobDir: string, type: string, version: string): Promise<string> {
  const root = join(jobDir, 'work/.terraform/providers')
  const [host = ''] = await readdir(root)
  const [platform = ''] = await readdir(join(root, host, 'hashicorp', type, version))
  return realpath(join(root, host, 'hashicorp', type, version, platform))
}

/** Types of the providers in the store. */
async function storedIn(cacheDir: string): Promise<readonly string[]> {
  const store = join(cacheDir, 'providers/store')
  const entries = await readdir(store, { recursive: true }).catch(() => [])
  const types = entries.flatMap((path) => {
    const parts = path.split('/')
    return parts.length === 6 ? [parts[2] ?? ''] : []
  })
  return types.toSorted()
}
