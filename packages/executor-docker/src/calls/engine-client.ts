import type { Readable } from 'node:stream'

import type Docker from 'dockerode'
import type {
  ContainerCreateOptions,
  ContainerInfo,
  ContainerInspectInfo,
  ContainerStats,
} from 'dockerode'

import { isNotFound, isNotRunning } from '../docker-error.ts'
import { ArchiveCalls } from './archive-calls.ts'
import { EngineCaller, orAbsent, readable } from './engine-caller.ts'
import { NetworkCalls } from './network-calls.ts'
import { readFrames, stderrStream } from './read-frames.ts'
import { VolumeCalls } from './volume-calls.ts'

/** A container as `list` of the engine shows it: cheaper than inspection, and never blocked. */
export interface ListedContainer {
  readonly containerId: string
  readonly names: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited`, `dead`. */
  readonly state: string
  readonly createdSeconds: number
}

/** The engine's calls that we use, by container id or name. Errors are dockerode's; see `docker-error.ts`. */
export class EngineClient {
  readonly archives: ArchiveCalls
  readonly networks: NetworkCalls
  readonly volumes: VolumeCalls
  readonly #connect: () => Promise<Docker>
  readonly #caller: EngineCaller

  constructor(connect: () => Promise<Docker>) {
    this.#connect = connect
    this.#caller = new EngineCaller(connect)
    this.archives = new ArchiveCalls(this.#caller)
    this.networks = new NetworkCalls(this.#caller)
    this.volumes = new VolumeCalls(this.#caller)
  }

  async docker(): Promise<Docker> {
    return await this.#connect()
  }

  async create(options: ContainerCreateOptions, signal: AbortSignal): Promise<string> {
    return await this.#caller.call(signal, async (docker, abortSignal) => {
      const { id } = await docker.createContainer({ ...options, abortSignal })
      return id
    })
  }

  /** `undefined` when there is no such container. */
  async inspect(nameOrId: string, signal: AbortSignal): Promise<ContainerInspectInfo | undefined> {
    return await this.#caller.call(
      signal,
      async (docker, abortSignal) =>
        await orAbsent(docker.getContainer(nameOrId).inspect({ abortSignal })),
    )
  }

  async list(labels: readonly string[], signal: AbortSignal): Promise<readonly ListedContainer[]> {
    const found: readonly ContainerInfo[] = await this.#caller.call(
      signal,
      async (docker, abortSignal) =>
        await docker.listContainers({ all: true, filters: { label: [...labels] }, abortSignal }),
    )
    return found.map((info) => ({
      containerId: info.Id,
      names: info.Names.map((name) => name.replace(/^\//u, '')),
      labels: info.Labels,
      state: info.State,
      createdSeconds: info.Created,
    }))
  }

  async start(containerId: string, signal: AbortSignal): Promise<void> {
    await this.#caller.call(signal, async (docker, abortSignal) => {
      await docker
        .getContainer(containerId)
        .start({ abortSignal })
        // 304: it was started before.
        .catch((error: unknown) => {
          if (!(error instanceof Error && 'statusCode' in error && error.statusCode === 304))
            throw error
        })
    })
  }

  /** Sends SIGKILL to all of it. A container that is gone or does not run is killed enough. */
  async kill(containerId: string, signal: AbortSignal): Promise<void> {
    await this.#caller.call(signal, async (docker, abortSignal) => {
      await docker
        .getContainer(containerId)
        .kill({ signal: 'SIGKILL', abortSignal })
        .catch((error: unknown) => {
          if (!isNotFound(error) && !isNotRunning(error)) throw error
        })
    })
  }

  /** With its anonymous volumes. A container that is gone is removed enough. */
  async remove(containerId: string, signal: AbortSignal): Promise<void> {
    await this.#caller.call(signal, async (docker, abortSignal) => {
      await orAbsent(docker.getContainer(containerId).remove({ force: true, v: true, abortSignal }))
    })
  }

  /** What a command in a running container writes to standard error. */
  async *exec(
    containerId: string,
    command: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<Buffer, void> {
    const stream = await this.#caller.call(signal, async (docker, abortSignal) => {
      const exec = await docker.getContainer(containerId).exec({
        Cmd: [...command],
        AttachStdout: false,
        AttachStderr: true,
        Tty: false,
        abortSignal,
      })
      return await exec.start({ Detach: false, Tty: false, abortSignal: signal })
    })
    const answer = readable(stream)
    // Errors after we left concern nobody.
    answer.on('error', () => {})
    try {
      yield* readFrames(answer, stderrStream)
    } finally {
      answer.destroy()
    }
  }

  async stats(containerId: string, signal: AbortSignal): Promise<ContainerStats | undefined> {
    return await this.#caller.call(signal, async (docker, abortSignal) => {
      const options = { stream: false as const, 'one-shot': true, abortSignal }
      return await orAbsent(docker.getContainer(containerId).stats(options))
    })
  }

  /** What the engine itself wrote to the log: why a start failed. */
  async logs(containerId: string, signal: AbortSignal): Promise<string> {
    return await this.#caller.call(signal, async (docker, abortSignal) => {
      const log = await orAbsent(
        docker
          .getContainer(containerId)
          .logs({ follow: false, stdout: true, stderr: true, tail: 20, abortSignal }),
      ).catch(() => undefined)
      if (!Buffer.isBuffer(log)) return ''
      const parts: Buffer[] = []
      for await (const part of readFrames([log])) parts.push(part)
      return Buffer.concat(parts).toString('utf8').trim()
    })
  }

  /** Lines of JSON, as long as the engine lives and the signal does not abort. */
  async events(
    filters: Readonly<Record<string, string[]>>,
    signal: AbortSignal,
  ): Promise<Readable> {
    return await this.#caller.call(signal, async (docker) => {
      const stream = await docker.getEvents({ filters: { ...filters }, abortSignal: signal })
      return readable(stream)
    })
  }
}
