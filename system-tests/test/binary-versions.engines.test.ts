import { mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'

import type { AgentOptions, Run } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { oneResource } from './support/configurations.ts'
import { hooksOf } from './support/hooks.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'
import { ReleaseMirror, type ReleaseFault } from './support/release-mirror.ts'
import { failureOf } from './support/reports.ts'
import { realTools, type Iac } from './support/tools.ts'

/** All programs of this machine but the tools: a job finds those in the cache, or nowhere. */
async function pathWithoutTools(platform: Platform): Promise<string> {
  const directory = join(platform.directory, 'bin')
  await mkdir(directory)
  for (const from of ['/usr/bin', '/bin']) {
    for (const name of await readdir(from)) {
      if (['terraform', 'tofu'].includes(name)) continue
      await symlink(join(from, name), join(directory, name)).catch(() => {})
    }
  }
  return directory
}

const names = { terraform: 'terraform', opentofu: 'tofu' } as const satisfies Record<Iac, string>

describe.each(realTools())('a workspace that asks for a version of real $iac', (tool) => {
  const { iac } = tool
  const name = names[iac]
  let mirror: ReleaseMirror
  let platform: Platform
  let path: string

  beforeAll(async () => {
    mirror = await ReleaseMirror.start(tool)
    platform = await Platform.start()
    path = await pathWithoutTools(platform)
  })

  afterAll(async () => {
    await platform[Symbol.asyncDispose]()
    await mirror[Symbol.asyncDispose]()
  })

  /** An agent with nothing in its cache, and a pool of its own. */
  async function start(options: Partial<AgentOptions> = {}) {
    const pool = await platform.addPool(`pool-${Math.random()}`)
    const agent = await LocalAgent.start(platform, undefined, {
      token: pool.token,
      name: pool.id,
      path,
      caCert: mirror.caCert,
      binaryCache: {
        baseUrls: { [iac]: mirror.url },
        signingKeys: { [iac]: [mirror.publicKey] },
      },
      ...options,
    })
    return {
      agent,
      async run(version: string | undefined, ...statuses: readonly string[]): Promise<Run> {
        const workspace = await platform.workspace({
          iac,
          files: oneResource,
          poolId: pool.id,
          attributes: version === undefined ? {} : { terraformVersion: version },
          hooks: hooksOf({ prePlan: `command -v ${name} || echo 'not in PATH'` }),
        })
        const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
        return await platform.untilStatus(id, ...statuses)
      },
      [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
    }
  }

  /** Names of the versions in an agent's cache, and whatever is left of what was not finished. */
  async function cached(agent: LocalAgent): Promise<readonly string[]> {
    const list = (directory: string) =>
      readdir(join(agent.dataDir, directory)).catch((): string[] => [])
    return [...(await list(`binaries/${name}`)), ...(await list('staging/binaries'))]
  }

  it('the first job brings it from the mirror, and ten use it', async () => {
    await using test = await start({ concurrency: 4 })
    const before = mirror.downloads
    const runs = await Promise.all(
      Array.from({ length: 10 }, () => test.run(mirror.version, 'planned')),
    )
    expect(mirror.downloads - before).toBe(1)
    for (const run of runs) expect(await platform.logs(run)).toContain('not in PATH')
    expect(await cached(test.agent)).toEqual([mirror.version])
    // What asks for no version in particular takes it as well.
    await test.run(undefined, 'planned')
    expect(mirror.downloads - before).toBe(1)
  })

  describe('one agent, with nothing in its cache at first', () => {
    let test: Awaited<ReturnType<typeof start>>

    beforeAll(async () => {
      test = await start()
    })

    afterAll(() => test[Symbol.asyncDispose]())

    it('a version that does not exist ends the run with one line', async () => {
      const run = await test.run('9.9.9', 'errored')
      expect(run.errorMessage).toMatch(
        new RegExp(
          `^Cannot fetch ${name} 9\\.9\\.9: there is no \\S+ \\(404\\)\\. Check the version`,
          'u',
        ),
      )
      expect((await platform.logs(run)).trim()).toBe(run.errorMessage)
      expect(await failureOf(platform, run)).toMatchObject({
        result: 'failed',
        cause: 'tool-not-found',
        message: run.errorMessage,
        evidence: `NOT_FOUND: ${name} 9.9.9`,
      })
    })

    const faults: readonly (readonly [ReleaseFault, string, RegExp])[] = [
      ['forbidden', 'REFUSED', /refused \S+ \(403\)\. Check that this agent may read/u],
      ['cut', 'CORRUPT', /did not arrive whole in \d+ attempts; nothing of it was kept/u],
      ['other-bytes', 'CORRUPT', /its SHA-256 is [0-9a-f]{64}, the release says [0-9a-f]{64}/u],
      ['other-key', 'BAD_SIGNATURE', /^Cannot trust .*Nothing of it was kept\./u],
    ]
    it.each(faults)('a mirror with fault %s: one line, nothing kept', async (fault, code, says) => {
      mirror.fault = fault
      const run = await test.run(mirror.version, 'errored').finally(() => {
        mirror.fault = undefined
      })
      expect(run.errorMessage).toMatch(says)
      expect(run.errorMessage).toContain(`${name} ${mirror.version}`)
      expect((await platform.logs(run)).trim()).toBe(run.errorMessage)
      expect(await failureOf(platform, run)).toMatchObject({
        cause: 'tool-not-found',
        evidence: `${code}: ${name} ${mirror.version}`,
      })
      expect(await cached(test.agent)).toEqual([])
    })

    it('after all of that a good one goes through, and plan and apply use the same', async () => {
      const run = await test.run(mirror.version, 'planned')
      expect(await cached(test.agent)).toEqual([mirror.version])
      await platform.client.workspaces.update(run.workspaceId, { terraformVersion: '9.9.9' })
      await platform.client.runs.confirm(run.id)
      await platform.untilStatus(run.id, 'applied')
    })

    it('a mirror that breaks later does not hurt what is in the cache', async () => {
      mirror.fault = 'other-bytes'
      try {
        await test.run('9.9.9', 'errored')
        await test.run(mirror.version, 'planned')
      } finally {
        mirror.fault = undefined
      }
      expect(await cached(test.agent)).toEqual([mirror.version])
    })
  })

  it('a path that the operator gave is used for whatever is asked', async () => {
    const before = mirror.asked.length
    await using test = await start({ tools: { [iac]: tool.path } })
    await test.run('9.9.9', 'planned')
    expect(mirror.asked.length).toBe(before)
    expect(await cached(test.agent)).toEqual([])
  })
})
