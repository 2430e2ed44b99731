import { createHash } from 'node:crypto'
import type { Agent } from 'node:http'

import { ScalrAgentError, type Clock } from '@scalr-agent/core'
import { orAborted } from '@scalr-agent/core/runtime'

import { kubernetesError } from '../kubernetes-error.ts'
import { refuseInvalid, validityOf, type Validity } from './client-certificate.ts'
import type { ClusterAccess } from './cluster.ts'
import { CredentialPluginError } from './credential-plugin.ts'
import { Identity, type Presented } from './identity.ts'
import type { Kubeconfig } from './load-kubeconfig.ts'
import { makeAgent, retireAgent } from './make-agent.ts'

/** Shortest time between two looks at the kubeconfig. */
const reloadPauseMs = 5000

/** What the kubeconfig means for one connection, always as new as its files. */
export class Credentials {
  readonly #reload: () => Promise<Kubeconfig>
  readonly #proxyUrl: string | undefined
  readonly #pluginEnv: Readonly<Record<string, string>>
  readonly #clock: Clock
  #kubeconfig: Kubeconfig
  #identity: Identity
  #reloadedMs = Number.NEGATIVE_INFINITY
  #asking: Promise<ClusterAccess> | undefined
  #made:
    | { readonly fingerprint: string; readonly agent: Agent; readonly validity: Validity }
    | undefined

  constructor(
    kubeconfig: Kubeconfig,
    options: {
      readonly reload: () => Promise<Kubeconfig>
      readonly proxyUrl: string | undefined
      readonly pluginEnv: Readonly<Record<string, string>>
      readonly clock: Clock
    },
  ) {
    this.#kubeconfig = kubeconfig
    this.#reload = options.reload
    this.#proxyUrl = options.proxyUrl
    this.#pluginEnv = options.pluginEnv
    this.#clock = options.clock
    this.#identity = new Identity(kubeconfig, options)
  }

  async access(signal: AbortSignal): Promise<ClusterAccess> {
    // Shared, so that a plugin runs once however many calls wait for it.
    if (this.#asking === undefined) {
      const asking = this.#ask().finally(() => {
        if (this.#asking === asking) this.#asking = undefined
      })
      asking.catch(() => {})
      this.#asking = asking
    }
    return await orAborted(this.#asking, signal)
  }

  /** Something else than what was refused, or `undefined` when there is nothing. */
  async renew(refused: ClusterAccess, signal: AbortSignal): Promise<ClusterAccess | undefined> {
    const present = await this.access(signal)
    if (!isSame(present, refused)) return present
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#reloadedMs < reloadPauseMs) return undefined
    this.#reloadedMs = nowMs
    // Also drops what a plugin gave, whatever it said of its time.
    this.#kubeconfig = await orAborted(this.#reload(), signal)
    this.#identity = new Identity(this.#kubeconfig, {
      pluginEnv: this.#pluginEnv,
      clock: this.#clock,
    })
    const renewed = await this.access(signal)
    return isSame(renewed, refused) ? undefined : renewed
  }

  close(): void {
    if (this.#made !== undefined) retireAgent(this.#made.agent)
    this.#made = undefined
  }

  async #ask(): Promise<ClusterAccess> {
    const presented = await this.#identity.present().catch((error: unknown) => {
      throw this.#explain(error)
    })
    return { agent: this.#agent(presented), headers: presented.headers }
  }

  /** The one that there is, unless certificates changed. */
  #agent({ ca, cert, key }: Presented): Agent {
    const { cluster, source } = this.#kubeconfig
    const servername = cluster['tls-server-name'] || undefined
    const rejectUnauthorized = cluster['insecure-skip-tls-verify'] !== true
    const hash = createHash('sha256')
    for (const part of [ca, cert, key, servername, String(rejectUnauthorized)]) {
      hash.update(`${part?.length ?? ''}:`).update(part ?? '')
    }
    const fingerprint = hash.digest('hex')
    if (this.#made?.fingerprint !== fingerprint) {
      if (this.#made !== undefined) retireAgent(this.#made.agent)
      const { server } = cluster
      const proxyUrl = this.#proxyUrl
      const agent = makeAgent({ ca, cert, key, servername, rejectUnauthorized, server, proxyUrl })
      this.#made = { fingerprint, agent, validity: validityOf(cert) }
    }
    refuseInvalid(this.#made.validity, this.#clock.now(), source)
    return this.#made.agent
  }

  #explain(error: unknown): Error {
    if (ScalrAgentError.isInstance(error)) return error
    const what =
      error instanceof CredentialPluginError
        ? error.message
        : `the credentials cannot be read: ${fileProblem(error)}`
    return kubernetesError(
      'REJECTED',
      'connect',
      `Cannot speak to the cluster of ${this.#kubeconfig.source}: ${what}. Try \`kubectl get pods\` as the agent's user.`,
    )
  }
}

function isSame(a: ClusterAccess, b: ClusterAccess): boolean {
  return a.agent === b.agent && JSON.stringify(a.headers) === JSON.stringify(b.headers)
}

/** Errors of files name their path. What older plugins say may quote a credential. */
function fileProblem(error: unknown): string {
  const code: unknown = Object(error)['code']
  const path: unknown = Object(error)['path']
  if (typeof code === 'string' && typeof path === 'string') return `${path}: ${code}`
  return error instanceof Error ? error.name : 'for an unknown reason'
}
