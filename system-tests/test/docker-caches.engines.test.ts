import { readFileSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { oneResource } from './support/configurations.ts'
import { anyDockerEngine, docker, toolImage } from './support/docker-engine.ts'
import { DockerScene } from './support/docker-scene.ts'
import { DockerWatch } from './support/docker-watch.ts'
import { hooksOf } from './support/hooks.ts'
import { ProviderMirror, realProviders } from './support/provider-mirror.ts'
import { ReleaseMirror } from './support/release-mirror.ts'
import { ProviderScene } from './support/provider-scene.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'caches in containers'
const host = anyDockerEngine(suite) ?? ''
const tool = anyRealTool(suite)
const providers = realProviders(suite)

/** Says how each cache is mounted, and that nothing can be written there. */
const spoil = `sed -n 's|^[^ ]* \\(/opt/caches/[^ ]*\\) [^ ]* \\(r[ow]\\),.*|mounted \\1 \\2|p' /proc/mounts
for cache in /opt/caches/*; do
  (echo planted >"$cache/planted") 2>/dev/null && echo "written: $cache"
  file=$(find "$cache/" -type f 2>/dev/null | head -n 1)
  echo "file in $cache: \${file:+yes}"
  (rm -f "$file") 2>/dev/null && echo "removed: $file"
done
true`

function expectReadOnly(log: string): void {
  const mounts = log.match(/^mounted .*$/gmu) ?? []
  expect(mounts.length).toBeGreaterThan(0)
  expect(mounts.filter((line) => !line.endsWith(' ro'))).toEqual([])
  expect(log).toMatch(/^file in \S+: yes$/mu)
  expect(log).not.toMatch(/^(?:written|removed): /mu)
}

describe.skipIf(host === '' || tool === undefined || providers === undefined)(
  'caches of the agent, mounted into containers',
  () => {
    if (tool === undefined) return
    const { iac } = tool
    const image = toolImage(tool)
    let scene: DockerScene
    let watch: DockerWatch

    beforeAll(async () => {
      watch = await DockerWatch.start(host)
      scene = await DockerScene.start(host)
    })

    afterAll(async () => {
      expect(await scene.left(watch)).toEqual([])
      await scene[Symbol.asyncDispose]()
      await watch[Symbol.asyncDispose]()
    })

    it('the program comes from the binary cache, fetched once, and no job can change it', async () => {
      await using releases = await ReleaseMirror.start(tool)
      // Of this image nothing is used but its shell.
      await using _agent = await scene.localAgent({
        image: 'local/busybox:1',
        imageMode: 'golden',
        caCert: `${readFileSync(scene.platform.caCertPath, 'utf8')}\n${releases.caCert}`,
        binaryCache: { baseUrls: { [iac]: releases.url } },
      })
      const { client } = scene.platform
      const workspace = await scene.platform.workspace({
        iac,
        files: oneResource,
        attributes: { terraformVersion: releases.version },
        hooks: hooksOf({ prePlan: spoil }),
        autoApply: true,
      })
      const { id } = await client.runs.create({ workspaceId: workspace.id })
      const log = await scene.platform.logs(await scene.platform.untilStatus(id, 'applied'))
      expectReadOnly(log)
      expect(log).toContain('Apply complete! Resources: 1 added')
      expect(releases.downloads).toBe(1)
    })

    it('providers come from the provider cache, and no job can change them', async () => {
      await using mirror = await ProviderMirror.start(providers ?? [])
      await using lockScene = await ProviderScene.open(tool, mirror)
      const time = (providers ?? []).filter(({ type }) => type === 'time')
      const lockFile = await lockScene.lockFileOf(time)
      const agent = await scene.localAgent({
        image,
        caCert: `${readFileSync(scene.platform.caCertPath, 'utf8')}\n${mirror.caCert}`,
        workloadCaCert: scene.platform.caCertPath,
        providerCache: { networkMirrors: [{ url: mirror.url }] },
      })
      await using _agent = agent
      const { client } = scene.platform
      const workspace = await scene.platform.workspace({
        iac,
        files: {
          '.terraform.lock.hcl': lockFile,
          'main.tf': `
terraform {
  required_providers {
    time = {
      source  = "hashicorp/time"
      version = "0.14.2"
    }
  }
}

resource "time_static" "one" {}
`,
        },
        hooks: hooksOf({ prePlan: spoil }),
        autoApply: true,
      })
      const before = mirror.requests.length
      const { id } = await client.runs.create({ workspaceId: workspace.id })
      const log = await scene.platform.logs(await scene.platform.untilStatus(id, 'applied'))
      expect(log).toContain('1 plugin locked (1 used from cache)')
      expectReadOnly(log)
      expect(log).toContain('Apply complete! Resources: 1 added')
      // The mirror listens on this machine's loopback, where no container can reach it.
      expect(mirror.requests.length).toBeGreaterThan(before)
      expect(mirror.downloads('time')).toBe(2)
    })

    it('without a cache a container finds the programs of its image alone', async () => {
      expect(await docker(host, 'image', 'ls', '--quiet', image)).not.toBe('')
      await using _agent = await scene.localAgent({ image: 'local/busybox:1', imageMode: 'golden' })
      const workspace = await scene.platform.workspace({ iac, files: oneResource })
      const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
      const run = await scene.platform.untilStatus(id, 'errored')
      expect(`${run.errorMessage}\n${await scene.platform.logs(run)}`).toMatch(/terraform|tofu/u)
      console.log(run.errorMessage)
    })
  },
)
