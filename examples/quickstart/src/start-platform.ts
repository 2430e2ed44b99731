import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import {
  ControlPlaneError,
  createControlPlane,
  type ControlPlaneServer,
} from '@scalr-agent/control-plane'
import { Agent, ScalrClient, type Executor } from '@scalr-agent/core'
import { ProcessExecutor } from '@scalr-agent/executor-process'

import type { Tool } from './find-tool.ts'

/**
 * The control plane of the demo, at the address of the last demo if it is free: a job that outlived a
 * demo that was killed finds it again.
 */
export async function startControlPlane(
  dataDir: string,
): Promise<{ readonly server: ControlPlaneServer; readonly client: ScalrClient }> {
  const directory = join(dataDir, 'control-plane')
  const portFile = join(dataDir, 'port')
  await mkdir(directory, { recursive: true })
  const lastPort = Number(await readFile(portFile, 'utf8').catch(() => '0')) || 0
  const server = await createControlPlane({ dataDir: directory, port: lastPort }).catch(
    (error: unknown) => {
      if (!(error instanceof ControlPlaneError) || error.code !== 'PORT_IN_USE') throw error
      return createControlPlane({ dataDir: directory })
    },
  )
  await writeFile(portFile, new URL(server.url).port)
  const client = new ScalrClient({ url: server.url, token: server.ownerToken() })
  return { server, client }
}

/** An agent that runs in this process; its jobs are processes of their own. */
export class DemoAgent {
  readonly #agent: Agent
  readonly #running: Promise<void>
  #jobs = 0

  constructor(options: {
    readonly url: string
    readonly token: string
    readonly dataDir: string
    readonly tool: Tool
    readonly path: string
  }) {
    const { url, token, dataDir, tool, path } = options
    this.#agent = new Agent({
      url,
      token,
      name: 'quickstart',
      dataDir: join(dataDir, 'agent'),
      executor: makeExecutor(join(dataDir, 'agent')),
      path,
      tools: { [tool.iac]: tool.path },
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

function makeExecutor(dataDir: string): Executor {
  return new ProcessExecutor({ dataDir })
}
