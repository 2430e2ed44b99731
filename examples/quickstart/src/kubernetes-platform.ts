import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

import {
  clusterOptionsFromEnv,
  KubernetesExecutor,
  probeCluster,
  type ClusterFacts,
  type ClusterOptions,
} from '@scalr-agent/executor-k8s'

import type { DemoPlatform } from './demo-platform.ts'
import { runEngineScript } from './engine-script.ts'
import type { Tool } from './find-tool.ts'
import { podNetwork } from './pod-network.ts'
import type { Screen } from './screen.ts'
import { toolVersion } from './tool-version.ts'

/** Small enough for a node on which much else runs. */
const requests = { cpus: 0.1, memoryBytes: 64 * 1024 ** 2 }

export interface KubernetesPlatformOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly screen: Screen
  readonly signal: AbortSignal
}

/**
 * Jobs as pods of the cluster that kubectl would use; where there is no kubeconfig, of one that
 * `scripts/engines` starts on this machine, and that is stopped at the end.
 *
 * @throws `DemoEngineError`; `ConfigurationError` or `ExecutorError` when the cluster cannot be used
 */
export async function kubernetesPlatform(
  options: KubernetesPlatformOptions,
): Promise<DemoPlatform> {
  const { screen } = options
  await using cleanup = new AsyncDisposableStack()
  const { cluster, facts, kubeconfig, stop } = await findCluster(options)
  cleanup.defer(stop)
  screen.line(
    `Cluster:       Kubernetes ${facts.version} at ${facts.server}, namespace ${facts.namespace}`,
  )
  const network = await podNetwork(facts)
  const executor = cleanup.use(new KubernetesExecutor({ cluster, requests }))
  const owned = cleanup.move()
  return {
    name: 'kubernetes',
    executor,
    network,
    prepare: async (tool) => {
      const image = await getImage(kubeconfig, { ...options, tool })
      screen.line(`Image:         ${image}`)
      // The image's own program, wherever in it that lies.
      return { image, imageMode: 'legacy' }
    },
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  }
}

interface FoundCluster {
  readonly cluster: ClusterOptions
  readonly facts: ClusterFacts
  /** Of a cluster of `scripts/engines`, which knows no registry. */
  readonly kubeconfig: string | undefined
  readonly stop: () => Promise<void>
}

async function findCluster(options: KubernetesPlatformOptions): Promise<FoundCluster> {
  const { env, screen, signal } = options
  const named = clusterOptionsFromEnv(env)
  const given = [named.kubeconfig ?? join(homedir(), '.kube/config')].flat()
  if (named.kubeconfig !== undefined || named.inCluster !== undefined || given.some(existsSync)) {
    return {
      cluster: named,
      facts: await probeCluster(named, { signal }),
      kubeconfig: given.find((path) => existsSync(join(dirname(path), 'containerd.sock'))),
      stop: async () => {},
    }
  }
  const running = await runEngineScript('kubernetes.sh', ['status'], { env, signal }).catch(
    () => undefined,
  )
  if (running === undefined) {
    screen.line(
      'No kubeconfig here: starting a cluster of one node for this demo (scripts/engines).',
    )
    screen.line('Where it was never built, that takes some ten minutes.')
  }
  const kubeconfig = running ?? (await runEngineScript('kubernetes.sh', ['up'], { env, signal }))
  return {
    cluster: { kubeconfig },
    facts: await probeCluster({ kubeconfig }, { signal }),
    kubeconfig,
    stop: async () => {
      if (running === undefined) await runEngineScript('kubernetes.sh', ['down'], { env })
    },
  }
}

/** Scalr's image of the tool, from the registry; for a cluster of this machine made of the tool here. */
async function getImage(
  kubeconfig: string | undefined,
  options: KubernetesPlatformOptions & { readonly tool: Tool },
): Promise<string> {
  const { env, screen, signal, tool } = options
  if (kubeconfig === undefined) return `scalr/${tool.iac}:${await toolVersion(tool, signal)}`
  screen.line(`Making an image of ${tool.path} for the cluster.`)
  return await runEngineScript('kubernetes-images.sh', ['tool', tool.iac, tool.path], {
    env: { ...env, KUBECONFIG: kubeconfig },
    signal,
  })
}
