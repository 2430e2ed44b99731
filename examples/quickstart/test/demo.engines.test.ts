import { mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'

import { ScalrClient } from '@scalr-agent/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { openTofuVersion } from '../src/fetch-opentofu.ts'
import type { Tool } from '../src/find-tool.ts'
import { demoApiKey } from '../src/setup-workspace.ts'
import { Demo, leftovers } from './support/demo.ts'
import { Mirror } from './support/mirror.ts'
import { realTools } from './support/tools.ts'
import { zipOf } from './support/zip.ts'

const finished =
  /^Demo finished: 4 runs, 7 jobs, (?<bytes>\d+) bytes of log, longest time from queued to started (?<ms>\d+) ms$/u

function demoWith(tool: Tool, dataDir: string, ...args: string[]): Demo {
  const path = [dirname(tool.path), process.env['PATH'] ?? '/usr/bin:/bin'].join(delimiter)
  return new Demo(['--data-dir', dataDir, '--iac', tool.iac, ...args], { PATH: path })
}

async function expectFinished(demo: Demo, dataDir: string): Promise<void> {
  const code = await demo.exited()
  expect(demo.lastLine).toMatch(finished)
  expect(code).toBe(0)
  expect(demo.output).not.toContain(demoApiKey)
  expect(await leftovers(dataDir)).toEqual([])
}

describe.each(realTools())('the demo with real $iac', (tool) => {
  let dataDir: string

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'quickstart-demo-'))
  })
  afterAll(async () => {
    await rm(dataDir, { recursive: true, force: true })
  })

  it('tells the whole story, once and again on what the first one kept', async () => {
    await using first = demoWith(tool, dataDir, '--fresh')
    await expectFinished(first, dataDir)
    const { output } = first
    for (const part of [
      'What will change: 3 to add, 0 to change, 0 to destroy',
      '  + create   terraform_data.deployment',
      'deploying, step 3 of 3',
      'Apply complete! Resources: 3 added',
      '"world":"Hello, world!"',
      'api_key_fingerprint = (sensitive)',
      '"world":"Good morning, world!"',
      'Nothing to do, so there is no apply.',
      'Apply complete! Resources: 0 added, 0 changed, 3 destroyed.',
      'State: serial 3, 0 resources',
    ]) {
      expect(output).toContain(part)
    }
    const order = [...output.matchAll(/^Run (\d) of 4: /gmu)].map((match) => match[1])
    expect(order).toEqual(['1', '2', '3', '4'])
    expect(Number(finished.exec(first.lastLine)?.groups?.['bytes'])).toBeGreaterThan(5_000)

    await using second = demoWith(tool, dataDir)
    await expectFinished(second, dataDir)
    expect(second.output).toContain('State: serial 6, 0 resources')
  })
})

const [tool] = realTools()

describe.skipIf(tool === undefined)('a demo that is interrupted', () => {
  let dataDir: string

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'quickstart-interrupted-'))
  })
  afterAll(async () => {
    await rm(dataDir, { recursive: true, force: true })
  })

  const moments: readonly (readonly [
    string,
    RegExp,
    NodeJS.Signals,
    'process' | 'group',
    number,
  ])[] = [
    ['before anything', /Scalr Agent SDK/u, 'SIGINT', 'process', 130],
    ['when the agent is there', /Agent: +registered/u, 'SIGINT', 'group', 130],
    ['while it plans', /Its plan, as the agent sends it/u, 'SIGINT', 'process', 130],
    ['while it plans', /Initializing the backend/u, 'SIGINT', 'group', 130],
    ['between plan and apply', /What will change/u, 'SIGINT', 'process', 130],
    ['while it applies', /deploying, step 1 of 3/u, 'SIGINT', 'process', 130],
    ['while it applies', /deploying, step 2 of 3/u, 'SIGINT', 'group', 130],
    ['while it applies', /deploying, step 1 of 3/u, 'SIGTERM', 'process', 143],
  ]

  it.each(moments)(
    '%s (%s): %s to the %s leaves nothing behind',
    async (_when, moment, signal, target, code) => {
      await using demo = demoWith(tool as Tool, dataDir)
      await demo.said(moment)
      demo.signal(signal, target)
      const ended = await demo.exited()
      expect(demo.output).not.toContain('    at ')
      expect(demo.lastLine).toBe('Stopped. Nothing was left running.')
      expect(ended).toBe(code)
      expect(await leftovers(dataDir)).toEqual([])
    },
  )

  it('a second Ctrl-C does not wait for the tool', async () => {
    await using demo = demoWith(tool as Tool, dataDir)
    await demo.said(/deploying, step 1 of 3/u)
    demo.signal('SIGINT', 'process')
    await demo.said(/SIGINT: stopping/u)
    demo.signal('SIGINT', 'process')
    expect(await demo.exited()).toBe(130)
    expect(demo.output).toContain('SIGINT again: ending what runs now.')
    expect(await leftovers(dataDir)).toEqual([])
  })

  it.each([
    ['takes its run to an end', [], /State: serial (?!3,)\d+, 0 resources/u],
    ['with --fresh forgets it', ['--fresh'], /State: serial 3, 0 resources/u],
  ])('one was killed during an apply: the next one %s', async (_how, args, state) => {
    await using killed = demoWith(tool as Tool, dataDir)
    await killed.said(/deploying, step 1 of 3/u)
    killed.signal('SIGKILL', 'group')
    await killed.exited()
    await using next = demoWith(tool as Tool, dataDir, ...args)
    expect(await next.exited()).toBe(0)
    expect(next.lastLine).toMatch(/^Demo finished: 4 runs/u)
    expect(next.output).toMatch(state)
    expect(await leftovers(dataDir)).toEqual([])
  })
})

describe.skipIf(tool === undefined)('a demo with', () => {
  let dataDir: string

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'quickstart-with-'))
  })
  afterEach(async () => {
    await rm(dataDir, { recursive: true, force: true })
  })

  it('--keep leaves URL and token that both work, until Ctrl-C', async () => {
    await using demo = demoWith(tool as Tool, dataDir, '--keep')
    await demo.said(/^Token: \S+$/mu)
    const url = /^URL: +(?<url>\S+)$/mu.exec(demo.output)?.groups?.['url'] ?? ''
    const token = /^Token: (?<token>\S+)$/mu.exec(demo.output)?.groups?.['token'] ?? ''
    await using client = new ScalrClient({ url, token })
    const agents: string[] = []
    for await (const agent of client.agents.list()) agents.push(`${agent.name} ${agent.status}`)
    expect(agents).toEqual(['quickstart idle'])

    await using intruder = demoWith(tool as Tool, dataDir, '--fresh')
    expect(await intruder.exited()).toBe(1)
    expect(intruder.output).toMatch(/another control plane/u)

    demo.signal('SIGINT', 'group')
    expect(await demo.exited()).toBe(0)
    expect(demo.lastLine).toMatch(finished)
    expect(await leftovers(dataDir)).toEqual([])
  })

  it('no tool in PATH fetches one, checks it, runs on it, and finds it the next time', async () => {
    const path = await pathWithoutTools(dataDir)
    const platform = `linux_${process.arch === 'arm64' ? 'arm64' : 'amd64'}`
    const release = zipOf({ tofu: `#!/bin/sh\nexec ${(tool as Tool).path} "$@"\n` })
    await using mirror = await Mirror.start(openTofuVersion, platform, release)
    const args = ['--data-dir', dataDir, '--opentofu-url', mirror.url]
    await using first = new Demo(args, { PATH: path })
    expect(await first.exited()).toBe(0)
    expect(first.lastLine).toMatch(finished)
    expect(first.output).toContain(
      `Fetching OpenTofu ${openTofuVersion} from ${new URL(mirror.url).host}`,
    )
    await mirror.close()
    await using second = new Demo([...args, '--fresh'], { PATH: path })
    await second.said(/Its plan, as the agent sends it/u)
    second.signal('SIGINT', 'process')
    expect(await second.exited()).toBe(130)
    expect(second.output).not.toContain('Fetching')
  })
})

/** A directory with all that a shell needs, and neither of the tools. */
async function pathWithoutTools(directory: string): Promise<string> {
  const target = join(directory, 'bin')
  await mkdir(target)
  for (const source of ['/usr/bin', '/bin']) {
    for (const name of await readdir(source)) {
      if (['terraform', 'tofu'].includes(basename(name))) continue
      const exists = await stat(join(target, name)).then(
        () => true,
        () => false,
      )
      if (!exists) await symlink(join(source, name), join(target, name)).catch(() => {})
    }
  }
  return target
}
