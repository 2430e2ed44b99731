import {
  DockerExecutor,
  engineOptionsFromEnv,
  probeEngine,
  type EngineFacts,
  type EngineOptions,
} from '@scalr-agent/executor-docker'
import { ExecutorError } from '@scalr-agent/core'

import { DemoEngineError } from './demo-engine-error.ts'
import type { DemoNetwork, DemoPlatform } from './demo-platform.ts'
import { runEngineScript } from './engine-script.ts'
import type { Tool } from './find-tool.ts'
import type { Screen } from './screen.ts'
import { toolVersion } from './tool-version.ts'

/** A demo waits less for a registry than an agent: an image can be made here as well. */
const images = { pullTimeoutMs: 300_000, pullIdleTimeoutMs: 15_000 }

/** What every engine calls its own machine; the executor tells it to containers. */
const engineHost = 'host.docker.internal'

export interface DockerPlatformOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly screen: Screen
  readonly signal: AbortSignal
}

/**
 * Jobs as containers of the engine that Docker's own client would use; where none runs, of one that
 * `scripts/engines` starts, and that is stopped at the end.
 *
 * @throws {@link DemoEngineError}; `ExecutorError` when the engine that was named does not answer
 */
export async function dockerPlatform(options: DockerPlatformOptions): Promise<DemoPlatform> {
  const { screen, signal } = options
  await using cleanup = new AsyncDisposableStack()
  const { engine, facts, stop } = await findEngine(options)
  cleanup.defer(stop)
  screen.line(
    `Engine:        Docker ${facts.engineVersion} at ${facts.address}, API ${facts.apiVersion}`,
  )
  const network = demoNetwork(facts)
  const executor = cleanup.use(await DockerExecutor.connect({ engine, images }, { signal }))
  const owned = cleanup.move()
  return {
    name: 'docker',
    executor,
    network,
    prepare: async (tool) => {
      const image = await getImage(executor, facts, { ...options, tool })
      screen.line(`Image:         ${image}`)
      // The image's own program, wherever in it that lies.
      return { image, imageMode: 'legacy' }
    },
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  }
}

interface FoundEngine {
  readonly engine: EngineOptions
  readonly facts: EngineFacts
  readonly stop: () => Promise<void>
}

async function findEngine({ env, screen, signal }: DockerPlatformOptions): Promise<FoundEngine> {
  const engine = engineOptionsFromEnv(env)
  const stop = async (): Promise<void> => {}
  try {
    return { engine, facts: await probeEngine(engine, { signal }), stop }
  } catch (error) {
    const wasNamed = engine.host !== undefined || engine.context !== undefined
    if (wasNamed || !(error instanceof ExecutorError) || process.platform !== 'linux') throw error
    const running = await runEngineScript('docker.sh', ['status'], { env, signal }).catch(
      () => undefined,
    )
    if (running === undefined) {
      if (process.getuid?.() !== 0) throw error
      screen.line('No Docker engine runs here: starting one for this demo (scripts/engines).')
    }
    const host = running ?? (await runEngineScript('docker.sh', ['up'], { env, signal }))
    return {
      engine: { host },
      facts: await probeEngine({ host }, { signal }),
      stop: async () => {
        if (running === undefined) await runEngineScript('docker.sh', ['down'], { env })
      },
    }
  }
}

function demoNetwork({ address, isLocal, gateway }: EngineFacts): DemoNetwork {
  if (isLocal && gateway !== undefined) return { hosts: [gateway], workloadHost: engineHost }
  // Docker Desktop leads this name to the loopback of its user's machine.
  if (address.startsWith('unix:')) return { hosts: [], workloadHost: engineHost }
  throw new DemoEngineError(
    `The engine at ${address} runs on another machine, from where the demo's control plane cannot be reached. Run the demo there, or with an engine of this machine.`,
  )
}

/** An image of the tool: the engine's own, else the registry's, else one made of the tool on this machine. */
async function getImage(
  executor: DockerExecutor,
  facts: EngineFacts,
  options: DockerPlatformOptions & { readonly tool: Tool },
): Promise<string> {
  const { env, screen, signal, tool } = options
  const image = `scalr/${tool.iac}:${await toolVersion(tool, signal)}`
  try {
    await executor.ensureImage(image, { signal })
    return image
  } catch (error) {
    if (!(error instanceof ExecutorError) || error.code !== 'IMAGE_PULL_FAILED') throw error
    screen.line(error.message)
    if (process.platform !== 'linux') throw error
    screen.line(`Making it of ${tool.path}.`)
  }
  return await runEngineScript('docker-tool-image.sh', [tool.iac, tool.path], {
    env: { ...env, DOCKER_HOST: facts.address },
    signal,
  })
}
