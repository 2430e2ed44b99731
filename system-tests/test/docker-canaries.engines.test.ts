import { existsSync, statSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import type { Run } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { search, searchPlanted, type Needle } from './support/canaries.ts'
import { anyDockerEngine, docker, dockerLines, toolImage } from './support/docker-engine.ts'
import { DockerScene } from './support/docker-scene.ts'
import { DockerWatch } from './support/docker-watch.ts'
import { PlantedSecrets } from './support/planted-secrets.ts'
import { RecordingControlPlane } from './support/recording-control-plane.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'canaries in containers'
const host = anyDockerEngine(suite) ?? ''
const tool = anyRealTool(suite)

describe.skipIf(host === '' || tool === undefined)('I12: planted secrets, in containers', () => {
  if (tool === undefined) return
  const { iac } = tool
  const image = toolImage(tool)
  const planted = new PlantedSecrets()
  /** What the engine showed, by place. */
  const shown = new Map<string, Set<string>>()
  let scene: DockerScene
  let watch: DockerWatch
  let controlPlane: RecordingControlPlane
  let run: Run
  let startedAt: number
  let agentIds: readonly string[]

  const secrets = (): readonly Needle[] =>
    planted.withTokens(scene.platform.poolToken, controlPlane)

  function note(place: string, content: string): void {
    const known = shown.get(place) ?? new Set()
    shown.set(place, known.add(content))
  }

  /** Everything that the engine tells whoever may ask it. */
  async function look(): Promise<void> {
    const ask = async (place: string, ...words: readonly string[]): Promise<void> => {
      // What ended meanwhile cannot be asked any more.
      const answer = await docker(host, ...words).catch(() => undefined)
      if (answer !== undefined) note(place, answer)
    }
    const filter = ['--filter', 'label=io.scalr.agent.workload']
    const containers = await dockerLines(host, 'ps', '--all', '--quiet', '--no-trunc', ...filter)
    const ours = new Set(watch.created(await scene.agentIds()).map(({ id }) => id))
    for (const id of containers.filter((one) => ours.has(one))) {
      await ask('container', 'inspect', id)
      await ask('logs', 'logs', id)
      await ask('top', 'top', id, '-eo', 'pid,args')
    }
    await ask('ps', 'ps', '--all', '--no-trunc', ...filter)
    for (const name of watch.volumesOf(await scene.agentIds())) {
      await ask('volume', 'volume', 'inspect', name)
    }
  }

  beforeAll(async () => {
    startedAt = Date.now()
    watch = await DockerWatch.start(host)
    scene = await DockerScene.start(host)
    const { platform } = scene
    controlPlane = new RecordingControlPlane({
      url: platform.url,
      token: platform.poolToken,
      connection: { caCert: platform.caCertPath },
    })
    await using _agent = await scene.localAgent({ image }, {}, { controlPlane })
    const workspace = await platform.workspace(planted.workspace(iac))
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const done = new AbortController()
    const looking = (async () => {
      while (!done.signal.aborted) {
        await look()
        await delay(50)
      }
    })()
    try {
      run = await platform.untilStatus(id, 'applied')
    } finally {
      done.abort()
      await looking
    }
    agentIds = await scene.agentIds()
  }, 120_000)

  afterAll(async () => {
    await controlPlane.close()
    await scene[Symbol.asyncDispose]()
    await watch[Symbol.asyncDispose]()
  })

  it('the attempt is real: all was printed, masked, and the engine was asked meanwhile', async () => {
    const log = await scene.platform.logs(run)
    expect(log).toContain(planted.visible)
    expect(log).toContain('hook: end')
    expect(log).toContain('local-exec: end')
    expect(log.match(/\*{4,}/gu)?.length).toBeGreaterThan(30)
    expect(searchPlanted('log', Buffer.from(log), secrets())).toEqual([])
    expect(controlPlane.started).toHaveLength(2)
    expect(secrets().length - planted.needles.length).toBeGreaterThan(3)
    for (const place of ['container', 'top', 'volume', 'ps']) {
      expect([place, shown.get(place)?.size ?? 0]).not.toEqual([place, 0])
    }
    expect([...(shown.get('top') ?? [])].join('\n')).toMatch(
      /(?:terraform|tofu) (?:plan|apply|init)/u,
    )
  })

  it('are in nothing that the engine tells of containers, volumes and processes', () => {
    const found = [...shown].flatMap(([place, contents]) =>
      search(place, Buffer.from([...contents].join('\n')), secrets()),
    )
    expect(found).toEqual([])
  })

  it('are in no event of the engine, and not in the image', async () => {
    await watch.caughtUp()
    const events = Buffer.from(watch.lines.join('\n'))
    expect(events.length).toBeGreaterThan(1000)
    expect(searchPlanted('events', events, secrets())).toEqual([])
    const inspected = Buffer.from(await docker(host, 'image', 'inspect', image))
    const history = Buffer.from(await docker(host, 'history', '--no-trunc', image))
    expect(searchPlanted('image', Buffer.concat([inspected, history]), planted.needles)).toEqual([])
  })

  it('are nowhere on the disk of the engine afterwards', async (context) => {
    expect(await watch.leftBy(agentIds)).toEqual([])
    const root = await docker(host, 'info', '--format', '{{.DockerRootDir}}')
    if (!existsSync(root) || process.getuid?.() !== 0) {
      context.skip('the disk of the engine cannot be read from here')
    }
    const found: string[] = []
    let files = 0
    // What lay there before the first secret was made holds none.
    for (const path of await changedSince(root, startedAt)) {
      const content = await readFile(path).catch(() => undefined)
      if (content === undefined) continue
      files += 1
      found.push(...searchPlanted(relative(root, path), content, secrets()))
    }
    expect(files).toBeGreaterThan(0)
    expect(found).toEqual([])
  })

  it('a job does not reach the metadata service of a cloud', async () => {
    await using _agent = await scene.localAgent({ image })
    const address = '169.254.169.254'
    const workspace = await scene.platform.workspace({
      iac,
      files: { 'main.tf': 'output "one" {\n  value = 1\n}\n' },
      hooks: {
        preInit: null,
        // Where packets to it would go: to a network that leads nowhere, not to the default route.
        prePlan: `echo "way: $(ip route get ${address} | head -n 1)"; timeout 5 wget -q -O- http://${address}/ || echo "no metadata"`,
        postPlan: null,
        preApply: null,
        postApply: null,
      },
    })
    const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
    const log = await scene.platform.logs(await scene.platform.untilStatus(id, 'planned'))
    expect(log).toMatch(/^no metadata$/mu)
    expect(log).toMatch(/^way: 169\.254\.169\.254 dev \S+ +src 169\.254\.169\./mu)
  })
})

/** Files below a directory that were changed since then. */
async function changedSince(directory: string, timeMs: number): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const stat = statSync(path, { throwIfNoEntry: false })
      return stat !== undefined && Math.max(stat.mtimeMs, stat.ctimeMs) >= timeMs
    })
}
