import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import {
  ControlPlaneError,
  createControlPlane,
  type ControlPlaneServer,
} from '@scalr-agent/control-plane'
import { Agent, ScalrClient, type AgentOptions } from '@scalr-agent/core'

import type { DemoNetwork } from './demo-platform.ts'

/** The control plane of the demo, and how one speaks to it. */
export interface DemoControlPlane {
  readonly server: ControlPlaneServer
  readonly client: ScalrClient
  /** Options of an agent: where it is, and what it trusts. */
  readonly agent: Pick<AgentOptions, 'url' | 'workloadUrl' | 'caCert' | 'workloadCaCert'>
}

/**
 * The control plane of the demo, at the address of the last demo if it is free: a job that outlived a
 * demo that was killed finds it again.
 */
export async function startControlPlane(
  dataDir: string,
  network: DemoNetwork | undefined,
): Promise<DemoControlPlane> {
  const directory = join(dataDir, 'control-plane')
  const portFile = join(dataDir, 'port')
  const lastPort = Number(await readFile(portFile, 'utf8').catch(() => '0')) || 0
  const options = {
    dataDir: directory,
    ...(network === undefined
      ? {}
      : {
          // Its own CA: what leaves loopback is encrypted.
          tls: 'own-ca' as const,
          host: ['127.0.0.1', ...network.hosts],
          certificateNames: [network.workloadHost],
        }),
  }
  const server = await createControlPlane({ ...options, port: lastPort }).catch(
    (error: unknown) => {
      if (!(error instanceof ControlPlaneError) || error.code !== 'PORT_IN_USE') throw error
      return createControlPlane(options)
    },
  )
  const { url, caCertPath } = server
  const { port } = new URL(url)
  await writeFile(portFile, port)
  const client = new ScalrClient({
    url,
    token: server.ownerToken(),
    connection: { caCert: caCertPath },
  })
  const trust = caCertPath === undefined ? {} : { caCert: caCertPath, workloadCaCert: caCertPath }
  const workload =
    network === undefined ? {} : { workloadUrl: `https://${network.workloadHost}:${port}` }
  return { server, client, agent: { url, ...workload, ...trust } }
}

/** An agent that runs in this process; its jobs do not. */
export class DemoAgent {
  readonly #agent: Agent
  readonly #running: Promise<void>
  #jobs = 0

  constructor(dataDir: string, options: Omit<AgentOptions, 'name' | 'dataDir' | 'handleSignals'>) {
    this.#agent = new Agent({
      ...options,
      name: 'quickstart',
      dataDir: join(dataDir, 'agent'),
      handleSignals: false,
    })
    this.#agent.events.on('job:end', () => {
      this.#jobs += 1
    })
    this.#running = this.#agent.run()
    // Told by `stopped` and `ready`; without a listener it would end the process first.
    this.#running.catch(() => {})
  }

  /** Jobs that ended. */
  get jobs(): number {
    return this.#jobs
  }

  /** Resolves when the agent is registered; rejects when it cannot be. */
  async ready(): Promise<void> {
    await Promise.race([
      new Promise<void>((resolve) => this.#agent.events.once('agent:ready', () => resolve())),
      this.#running,
    ])
  }

  /** Rejects when the agent ends in error; resolves when it was stopped. */
  get stopped(): Promise<void> {
    return this.#running
  }

  /** Finishes what runs. */
  async drain(): Promise<void> {
    this.#agent.drain('the demo is over')
    await this.#running
  }

  /** Interrupts what runs, once, and waits for it. */
  async stop(): Promise<void> {
    this.#agent.stop('the demo was interrupted')
    await this.#running
  }
}
