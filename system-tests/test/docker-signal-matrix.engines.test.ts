import { readFileSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Daemon } from './support/daemon.ts'
import { anyDockerEngine, toolImage } from './support/docker-engine.ts'
import { DockerScene } from './support/docker-scene.ts'
import { DockerWatch } from './support/docker-watch.ts'
import { ProviderMirror, realProviders } from './support/provider-mirror.ts'
import { ProviderScene } from './support/provider-scene.ts'
import { proveSignalCell, signalCells } from './support/signal-matrix.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'signal matrix in containers'
const host = anyDockerEngine(suite) ?? ''
const tool = anyRealTool(suite)
const providers = realProviders(suite)

describe.skipIf(host === '' || tool === undefined || providers === undefined)(
  'interrupting a job under the Docker executor',
  () => {
    if (tool === undefined) return
    const image = toolImage(tool)
    let mirror: ProviderMirror
    let lockFile: string
    let watch: DockerWatch

    beforeAll(async () => {
      mirror = await ProviderMirror.start(providers ?? [])
      await using locks = await ProviderScene.open(tool, mirror)
      const http = (providers ?? []).filter(({ type }) => type === 'http')
      lockFile = await locks.lockFileOf(http)
      watch = await DockerWatch.start(host)
    })

    afterAll(async () => {
      await watch[Symbol.asyncDispose]()
      await mirror[Symbol.asyncDispose]()
    })

    it.concurrent.each(signalCells)(
      '$phase, $level: outcome, state and lock are true',
      async (cell) => {
        await using scene = await DockerScene.start(host)
        const { platform, gateway } = scene
        const daemon = (name: string, env: Readonly<Record<string, string>>): Promise<Daemon> =>
          scene.daemon({
            name,
            env: {
              SCALR_AGENT_CONTAINER_TASK_IMAGE: image,
              // The mirror is for the agent alone: no container reaches this machine's loopback.
              SCALR_AGENT_CA_CERT: `${readFileSync(platform.caCertPath, 'utf8')}\n${mirror.caCert}`,
              SCALR_AGENT_CONTAINER_TASK_CA_CERT: platform.caCertPath,
              SCALR_AGENT_PROVIDER_NETWORK_MIRRORS: JSON.stringify([{ url: mirror.url }]),
              ...env,
            },
          })
        await proveSignalCell(
          {
            platform,
            iac: tool.iac,
            address: gateway,
            files: { '.terraform.lock.hcl': lockFile },
            daemon,
          },
          cell,
        )
        expect(await scene.left(watch)).toEqual([])
      },
    )
  },
)
