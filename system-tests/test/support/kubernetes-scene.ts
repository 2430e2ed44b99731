import { randomBytes } from 'node:crypto'

import type { AgentOptions, AgentParts } from '@scalr-agent/core'
import { KubernetesExecutor } from '@scalr-agent/executor-k8s'
import { vi } from 'vitest'

import { Daemon } from './daemon.ts'
import { accountKubeconfig, documentedRules } from './kubernetes-account.ts'
import { kubectl, kubeObjects, minorVersion, nodeAddress } from './kubernetes-cluster.ts'
import { KubernetesWatch } from './kubernetes-watch.ts'
import { LocalAgent } from './local-agent.ts'
import { Platform } from './platform.ts'

type Timing = NonNullable<Parameters<typeof Platform.start>[0]>
type ServerOptions = NonNullable<Parameters<typeof Platform.start>[1]>
export type KubernetesOptions = NonNullable<ConstructorParameters<typeof KubernetesExecutor>[0]>

type SceneCluster = Pick<
  KubernetesScene,
  'address' | 'agentKubeconfig' | 'kubeconfig' | 'minor' | 'namespace'
>

/** Everything that a job may leave. */
const kinds =
  'jobs,pods,poddisruptionbudgets,networkpolicies,secrets,configmaps,services,persistentvolumeclaims'

/**
 * A control plane that jobs in pods reach: over TLS with a CA of its own, on the address that the node's
 * bridge has on this machine; a namespace of its own; and agents whose jobs run there, with no more rights
 * than the documented role gives.
 */
export class KubernetesScene implements AsyncDisposable {
  readonly platform: Platform
  /** Of the cluster's administrator. */
  readonly kubeconfig: string
  /** Of the agents. */
  readonly agentKubeconfig: string
  readonly namespace: string
  readonly watch: KubernetesWatch
  /** Minor version of the API server. */
  readonly minor: number
  readonly #address: string

  private constructor(platform: Platform, cluster: SceneCluster) {
    this.platform = platform
    this.kubeconfig = cluster.kubeconfig
    this.agentKubeconfig = cluster.agentKubeconfig
    this.namespace = cluster.namespace
    this.#address = cluster.address
    this.minor = cluster.minor
    this.watch = KubernetesWatch.start(this.kubeconfig, this.namespace)
  }

  static async start(
    kubeconfig: string,
    timing: Timing = {},
    options: ServerOptions = {},
  ): Promise<KubernetesScene> {
    const address = await nodeAddress(kubeconfig)
    const minor = await minorVersion(kubeconfig)
    const platform = await Platform.start(timing, {
      tls: 'own-ca',
      host: ['127.0.0.1', address],
      ...options,
    })
    const namespace = `test-${randomBytes(4).toString('hex')}`
    await kubectl(kubeconfig, 'create', 'namespace', namespace)
    const agentKubeconfig = await accountKubeconfig(kubeconfig, {
      namespace,
      name: 'agent',
      rules: await documentedRules(kubeconfig),
      directory: platform.directory,
    })
    return new KubernetesScene(platform, { kubeconfig, agentKubeconfig, namespace, address, minor })
  }

  /** Where pods reach this machine. */
  get address(): string {
    return this.#address
  }

  /** Where jobs reach the control plane. */
  get workloadUrl(): string {
    return `https://${this.#address}:${new URL(this.platform.url).port}`
  }

  /** An agent in this process. */
  async localAgent(
    options: Partial<AgentOptions> = {},
    kubernetes: KubernetesOptions = {},
    parts: AgentParts = {},
  ): Promise<LocalAgent> {
    const executor = new KubernetesExecutor({
      cluster: { kubeconfig: this.agentKubeconfig },
      requests: { cpus: 0.02, memoryBytes: 32 * 1024 ** 2 },
      ...kubernetes,
    })
    const all = { ...this.#agentOptions, executor, ...options }
    return await LocalAgent.start(this.platform, undefined, all, parts)
  }

  /** An agent in a process of its own, for `kill -9`. */
  async daemon(options: NonNullable<Parameters<typeof Daemon.start>[1]> = {}): Promise<Daemon> {
    return await Daemon.start(this.platform, { ...options, env: { ...this.env, ...options.env } })
  }

  /** The environment of such a daemon. */
  get env(): Readonly<Record<string, string>> {
    return {
      SCALR_AGENT_DRIVER: 'kubernetes',
      // It names the namespace, too.
      KUBECONFIG: this.agentKubeconfig,
      // A node of two cores takes many jobs that mostly wait.
      SCALR_AGENT_CONTAINER_TASK_CPU_REQUEST: '0.02',
      SCALR_AGENT_CONTAINER_TASK_MEM_REQUEST: '32',
      SCALR_AGENT_CA_CERT: this.platform.caCertPath,
      SCALR_AGENT_WORKLOAD_URL: this.workloadUrl,
      SCALR_AGENT_CONTAINER_TASK_IMAGE_MODE: 'legacy',
    }
  }

  async kubectl(...words: readonly string[]): Promise<string> {
    return await kubectl(this.kubeconfig, '--namespace', this.namespace, ...words)
  }

  /** What jobs of its agents left in the namespace. */
  async left(): Promise<readonly string[]> {
    const objects = await kubeObjects(this.kubeconfig, this.namespace, kinds)
    return (
      objects
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
        // What controllers put into every namespace.
        .filter(
          (name) => !/^(?:ConfigMap kube-root-ca|Secret (?:agent|default)-token-)/u.test(name),
        )
    )
  }

  /** An agent tidies up once it has reported. */
  async untilNothingLeft(): Promise<void> {
    await vi.waitFor(
      async () => {
        const left = await this.left()
        if (left.length > 0) throw new Error(`Left in ${this.namespace}: ${left.join(', ')}`)
      },
      { timeout: 120_000, interval: 200 },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watch[Symbol.asyncDispose]()
    await kubectl(this.kubeconfig, 'delete', 'namespace', this.namespace, '--wait=false')
    await this.platform[Symbol.asyncDispose]()
  }

  get #agentOptions(): Partial<AgentOptions> {
    return {
      caCert: this.platform.caCertPath,
      workloadUrl: this.workloadUrl,
      imageMode: 'legacy',
    }
  }
}
