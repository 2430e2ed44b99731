import { randomBytes } from 'node:crypto'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import { vi } from 'vitest'

import { docker, dockerLines } from './docker-engine.ts'

interface EngineEvent {
  readonly Type: string
  readonly Action: string
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> }
}

export interface CreatedContainer {
  readonly id: string
  readonly image: string
}

/**
 * Listens to an engine's events, so that a test knows every container and volume that its jobs had, and
 * can tell which of them are still there. Others may use the same engine meanwhile.
 */
export class DockerWatch implements AsyncDisposable {
  /** Every event, as the engine words it. */
  readonly lines: string[] = []
  readonly #host: string
  readonly #process: ChildProcess

  private constructor(host: string, child: ChildProcess) {
    this.#host = host
    this.#process = child
    if (child.stdout !== null) {
      createInterface(child.stdout).on('line', (line) => this.lines.push(line))
    }
  }

  static async start(host: string): Promise<DockerWatch> {
    const words = ['--host', host, 'events', '--format', '{{json .}}']
    const child = spawn('docker', words, { stdio: ['ignore', 'pipe', 'ignore'] })
    const watch = new DockerWatch(host, child)
    await watch.caughtUp()
    return watch
  }

  /** Events come in order: once one of ours is there, so are all before it. */
  async caughtUp(): Promise<void> {
    await vi.waitFor(
      async () => {
        const name = `scalr-agent-test-${randomBytes(6).toString('hex')}`
        await docker(this.#host, 'volume', 'create', name)
        await docker(this.#host, 'volume', 'rm', name)
        await vi.waitFor(
          () => {
            if (!this.lines.some((line) => line.includes(name))) throw new Error('not there yet')
          },
          { timeout: 10_000, interval: 20 },
        )
      },
      { timeout: 60_000 },
    )
  }

  /** The containers that these agents made, in order. */
  created(agentIds: readonly string[]): readonly CreatedContainer[] {
    return this.#events
      .filter(({ Type, Action }) => Type === 'container' && Action === 'create')
      .filter(({ Actor }) =>
        agentIds.includes(Actor.Attributes['io.scalr.agent.agent-id'] ?? 'none'),
      )
      .map(({ Actor: { ID, Attributes } }) => ({ id: ID, image: Attributes['image'] ?? '' }))
  }

  /** Names of the volumes that containers of these agents used. */
  volumesOf(agentIds: readonly string[]): readonly string[] {
    const containers = new Set(this.created(agentIds).map(({ id }) => id))
    const names = this.#events
      .filter(({ Type, Action }) => Type === 'volume' && Action === 'mount')
      .filter(({ Actor }) => containers.has(Actor.Attributes['container'] ?? ''))
      .map(({ Actor }) => Actor.ID)
    return [...new Set(names)]
  }

  /** What jobs of these agents left in the engine: containers and volumes. */
  async leftBy(agentIds: readonly string[]): Promise<readonly string[]> {
    await this.caughtUp()
    const all = await dockerLines(this.#host, 'ps', '--all', '--quiet', '--no-trunc')
    const volumes = await dockerLines(this.#host, 'volume', 'ls', '--quiet')
    const labels = agentIds.map((id) => `label=io.scalr.agent.agent-id=${id}`)
    const labelled = await Promise.all(
      labels.map((label) => dockerLines(this.#host, 'volume', 'ls', '--quiet', '--filter', label)),
    )
    const ours = new Set([...this.volumesOf(agentIds), ...labelled.flat()])
    return [
      ...this.created(agentIds)
        .filter(({ id }) => all.includes(id))
        .map(({ id }) => `container ${id}`),
      ...volumes.filter((name) => ours.has(name)).map((name) => `volume ${name}`),
    ]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const gone = once(this.#process, 'exit')
    this.#process.kill()
    await gone
  }

  get #events(): readonly EngineEvent[] {
    return this.lines.map((line) => JSON.parse(line) as EngineEvent)
  }
}
