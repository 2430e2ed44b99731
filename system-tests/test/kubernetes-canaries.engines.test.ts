import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import type { Run } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { search, searchPlanted, type Needle } from './support/canaries.ts'
import { toolImage } from './support/docker-engine.ts'
import { anyKubernetesCluster, kubectl } from './support/kubernetes-cluster.ts'
import { KubernetesScene } from './support/kubernetes-scene.ts'
import { PlantedSecrets } from './support/planted-secrets.ts'
import { RecordingControlPlane } from './support/recording-control-plane.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'canaries in pods'
const kubeconfig = anyKubernetesCluster(suite) ?? ''
const tool = anyRealTool(suite)

describe.skipIf(kubeconfig === '' || tool === undefined)('I12: planted secrets, in pods', () => {
  if (tool === undefined) return
  const planted = new PlantedSecrets()
  /** What the cluster showed, by place. */
  const shown = new Map<string, Set<string>>()
  let scene: KubernetesScene
  let controlPlane: RecordingControlPlane
  let run: Run
  let kinds: string

  const secrets = (): readonly Needle[] =>
    planted.withTokens(scene.platform.poolToken, controlPlane)

  async function ask(place: string, ...words: readonly string[]): Promise<void> {
    // What ended meanwhile cannot be asked any more.
    const answer = await scene.kubectl(...words).catch(() => undefined)
    if (answer !== undefined) shown.set(place, (shown.get(place) ?? new Set()).add(answer))
  }

  /** What the cluster tells an administrator of that namespace: all objects, and more of the newest pod. */
  const looks: readonly (() => Promise<void>)[] = [
    () => ask('objects', 'get', kinds, '--output=yaml'),
    async () => {
      const names = await scene.kubectl('get', 'pods', '--output=name')
      const pod = names.trim().split('\n').at(-1)?.replace('pod/', '') ?? ''
      if (pod === '') return
      await ask('description', 'describe', 'pod', pod)
      await ask('logs', 'logs', pod, '--container=main')
    },
  ]

  beforeAll(async () => {
    scene = await KubernetesScene.start(kubeconfig)
    const { platform } = scene
    // Whatever a namespace may hold.
    const listed = await kubectl(
      kubeconfig,
      'api-resources',
      '--namespaced',
      '--verbs=list',
      '--output=name',
    )
    kinds = listed.split('\n').join(',')
    controlPlane = new RecordingControlPlane({
      url: platform.url,
      token: platform.poolToken,
      connection: { caCert: platform.caCertPath },
    })
    await using _agent = await scene.localAgent({ image: toolImage(tool) }, {}, { controlPlane })
    const workspace = await platform.workspace(planted.workspace(tool.iac))
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const done = new AbortController()
    const looking = Promise.all(
      looks.map(async (look) => {
        while (!done.signal.aborted) {
          await look()
          await delay(100)
        }
      }),
    )
    try {
      run = await platform.untilStatus(id, 'applied')
    } finally {
      done.abort()
      await looking
    }
  }, 120_000)

  afterAll(async () => {
    await controlPlane.close()
    await scene[Symbol.asyncDispose]()
  })

  it('the attempt is real: all was printed, masked, and the cluster was asked meanwhile', async () => {
    const log = await scene.platform.logs(run)
    expect(log).toContain(planted.visible)
    expect(log).toContain('hook: end')
    expect(log).toContain('local-exec: end')
    expect(log.match(/\*{4,}/gu)?.length).toBeGreaterThan(30)
    expect(searchPlanted('log', Buffer.from(log), secrets())).toEqual([])
    expect(controlPlane.started).toHaveLength(2)
    expect(secrets().length - planted.needles.length).toBeGreaterThan(3)
    for (const kind of ['Job', 'Pod', 'PodDisruptionBudget', 'Event']) {
      expect([...(shown.get('objects') ?? [])].join('\n')).toMatch(
        new RegExp(`^ +kind: ${kind}$`, 'mu'),
      )
    }
    expect([...shown.keys()].toSorted()).toEqual(['description', 'logs', 'objects'])
  })

  it('are in nothing that the cluster tells: objects, descriptions, events, logs', () => {
    const watched = JSON.stringify(scene.watch.states)
    for (const [place, contents] of [...shown, ['watch', [watched]] as const]) {
      const content = Buffer.from([...contents].join('\n'))
      expect(searchPlanted(place, content, secrets())).toEqual([])
    }
    // Old servers put a token of their own into each namespace.
    const ours = [...(shown.get('description') ?? []), ...(shown.get('logs') ?? []), watched]
    expect(search('pods', Buffer.from(ours.join('\n')), secrets())).toEqual([])
  })

  it('are nowhere in the store of the cluster, with all that objects ever were', async (context) => {
    const store = join(dirname(kubeconfig), 'etcd')
    if (!existsSync(store)) context.skip('the store of this cluster cannot be read from here')
    const entries = await readdir(store, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    const found: string[] = []
    let size = 0
    for (const file of files) {
      const path = join(file.parentPath, file.name)
      const content = await readFile(path)
      size += content.length
      found.push(...searchPlanted(relative(store, path), content, secrets()))
    }
    expect(size).toBeGreaterThan(1_000_000)
    expect(found).toEqual([])
  })

  it('leave nothing behind', async () => {
    await scene.untilNothingLeft()
  })
})
