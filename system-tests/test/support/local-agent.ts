import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'

import {
  Agent,
  type AgentOptions,
  type AgentParts,
  type JobEnd,
  type JobEventIds,
} from '@scalr-agent/core'
import { ProcessExecutor } from '@scalr-agent/executor-process'

import type { Platform } from './platform.ts'
import type { Tool } from './tools.ts'

/** An agent that runs in this process. Its workloads are processes of their own. */
export class LocalAgent implements AsyncDisposable {
  readonly agent: Agent
  readonly dataDir: string
  readonly ended: (JobEventIds & JobEnd)[] = []
  readonly running: Promise<void>
  #most = 0
  readonly #live = new Set<string>()

  private constructor(agent: Agent, dataDir: string) {
    this.agent = agent
    this.dataDir = dataDir
    agent.events.on('job:launch', ({ jobId }) => {
      this.#live.add(jobId)
      this.#most = Math.max(this.#most, this.#live.size)
    })
    agent.events.on('job:end', (end) => {
      this.#live.delete(end.jobId)
      this.ended.push(end)
    })
    this.running = agent.run()
    this.running.catch(() => {})
  }

  /** Resolves when it is registered. */
  static async start(
    platform: Platform,
    tool: Tool | undefined,
    options: Partial<AgentOptions> = {},
    parts: AgentParts = {},
  ): Promise<LocalAgent> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(platform.directory, 'agent-')))
    const settings: AgentOptions = {
      url: platform.url,
      token: platform.poolToken,
      name: 'agent',
      dataDir,
      executor: new ProcessExecutor({ dataDir }),
      path: process.env['PATH'] ?? '/usr/bin:/bin',
      ...(tool === undefined ? {} : { tools: { [tool.iac]: tool.path } }),
      jobMemoryBytes: 512 * 1024 ** 2,
      handleSignals: false,
      ...options,
    }
    const agent = new Agent(settings, parts)
    const ready = new Promise<void>((resolve) => agent.events.once('agent:ready', () => resolve()))
    const local = new LocalAgent(agent, dataDir)
    await Promise.race([ready, local.running])
    return local
  }

  /** Most workloads that ran here at once. */
  get mostAtOnce(): number {
    return this.#most
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.agent.stop('the test is over')
    await this.running.catch(() => {})
  }
}
