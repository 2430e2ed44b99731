import { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

import type Docker from 'dockerode'
import type {
  ContainerCreateOptions,
  ContainerInfo,
  ContainerInspectInfo,
  ContainerStats,
  NetworkCreateOptions,
} from 'dockerode'

import { EngineSilentError, isConflict, isNotFound } from './docker-error.ts'
import { orAborted } from './or-aborted.ts'
import { parsePathStat, type PathStat } from './path-stat.ts'
import { readFrames, stderrStream } from './read-frames.ts'

/** Longest that the engine may think about a small question. */
const callLimitMs = 60_000

/** A container as `list` of the engine shows it: cheaper than inspection, and never blocked. */
export interface ListedContainer {
  readonly containerId: string
  readonly names: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited`, `dead`. */
  readonly state: string
  readonly createdSeconds: number
}

/**
 * The engine's calls that we use, by container id or name. What dockerode leaves out is added here: each
 * call ends when its signal aborts (a promise of dockerode's may hang when the engine dies), and a small
 * question has a time limit. Errors are dockerode's; `docker-error.ts` tells what they mean.
 */
export class EngineClient {
  readonly #connect: () => Promise<Docker>

  constructor(connect: () => Promise<Docker>) {
    this.#connect = connect
  }

  async docker(): Promise<Docker> {
    return await this.#connect()
  }

  async create(options: ContainerCreateOptions, signal: AbortSignal): Promise<string> {
    return await this.#call(signal, async (docker, abortSignal) => {
      const { id } = await docker.createContainer({ ...options, abortSignal })
      return id
    })
  }

  /** `undefined` when there is no such container. */
  async inspect(nameOrId: string, signal: AbortSignal): Promise<ContainerInspectInfo | undefined> {
    return await this.#call(
      signal,
      async (docker, abortSignal) =>
        await orAbsent(docker.getContainer(nameOrId).inspect({ abortSignal })),
    )
  }

  async list(labels: readonly string[], signal: AbortSignal): Promise<readonly ListedContainer[]> {
    const found: readonly ContainerInfo[] = await this.#call(
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
    await this.#call(signal, async (docker, abortSignal) => {
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
    await this.#call(signal, async (docker, abortSignal) => {
      await docker
        .getContainer(containerId)
        .kill({ signal: 'SIGKILL', abortSignal })
        .catch((error: unknown) => {
          if (!isNotFound(error) && !isConflict(error)) throw error
        })
    })
  }

  /** With its anonymous volumes. A container that is gone is removed enough. */
  async remove(containerId: string, signal: AbortSignal): Promise<void> {
    await this.#call(signal, async (docker, abortSignal) => {
      await orAbsent(docker.getContainer(containerId).remove({ force: true, v: true, abortSignal }))
    })
  }

  /** Unpacks an archive below `path`. No time limit but the signal's. */
  async putArchive(
    containerId: string,
    path: string,
    archive: Readable,
    signal: AbortSignal,
  ): Promise<void> {
    const failed = Promise.withResolvers<never>()
    failed.promise.catch(() => {})
    archive.once('error', failed.reject)
    const abort = new AbortController()
    try {
      await this.#call(
        AbortSignal.any([signal, abort.signal]),
        async (docker, abortSignal) => {
          const sending = docker
            .getContainer(containerId)
            .putArchive(archive, { path, abortSignal })
          sending.catch(() => {})
          // What is wrong with the archive says more than that the request broke off.
          await Promise.race([sending, failed.promise])
        },
        Number.POSITIVE_INFINITY,
      )
    } catch (error) {
      throw archive.errored ?? error
    } finally {
      archive.removeListener('error', failed.reject)
      archive.on('error', () => {})
      archive.destroy()
      abort.abort()
    }
  }

  /** A tar stream of what lies at `path`, or `undefined` when nothing does or the container is gone. */
  async getArchive(
    containerId: string,
    path: string,
    signal: AbortSignal,
  ): Promise<Readable | undefined> {
    return await this.#call(signal, async (docker, abortSignal) => {
      const stream = await orAbsent(
        docker.getContainer(containerId).getArchive({ path, abortSignal }),
      )
      return stream === undefined ? undefined : readable(stream)
    })
  }

  /** What lies at `path`, without following it when it is a link. */
  async stat(
    containerId: string,
    path: string,
    signal: AbortSignal,
  ): Promise<PathStat | undefined> {
    return await this.#call(signal, async (docker, abortSignal) => {
      const answer: unknown = await orAbsent(
        docker.getContainer(containerId).infoArchive({ path, abortSignal }),
      )
      if (!(answer instanceof IncomingMessage)) return undefined
      // The answer has no body; left open it would hold the connection.
      answer.resume()
      const header = answer.headers['x-docker-container-path-stat']
      return typeof header === 'string' ? parsePathStat(header) : undefined
    })
  }

  /** What a command in a running container writes to standard error. */
  async *exec(
    containerId: string,
    command: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<Buffer, void> {
    const stream = await this.#call(signal, async (docker, abortSignal) => {
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
    return await this.#call(signal, async (docker, abortSignal) => {
      const options = { stream: false as const, 'one-shot': true, abortSignal }
      return await orAbsent(docker.getContainer(containerId).stats(options))
    })
  }

  /** What the engine itself wrote to the log: why a start failed. */
  async logs(containerId: string, signal: AbortSignal): Promise<string> {
    return await this.#call(signal, async (docker, abortSignal) => {
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

  async createNetwork(options: NetworkCreateOptions, signal: AbortSignal): Promise<void> {
    await this.#call(signal, async (docker, abortSignal) => {
      await docker.createNetwork({ ...options, abortSignal })
    })
  }

  async connectNetwork(network: string, containerId: string, signal: AbortSignal): Promise<void> {
    await this.#call(signal, async (docker, abortSignal) => {
      const options = { Container: containerId, abortSignal }
      await docker.getNetwork(network).connect(options)
    })
  }

  async hasNetwork(network: string, signal: AbortSignal): Promise<boolean> {
    return await this.#call(signal, async (docker, abortSignal) => {
      const found = await docker.listNetworks({ filters: { name: [network] }, abortSignal })
      return found.some(({ Name: name }) => name === network)
    })
  }

  /** Removes volumes with these labels that no container has. */
  async removeUnusedVolumes(labels: readonly string[], signal: AbortSignal): Promise<void> {
    const names = await this.#call(signal, async (docker, abortSignal) => {
      const filters = { label: [...labels], dangling: ['true'] }
      const { Volumes: volumes } = await docker.listVolumes({ filters, abortSignal })
      return (volumes ?? []).map(({ Name: name }) => name)
    })
    for (const name of names) {
      await this.#call(signal, async (docker, abortSignal) => {
        const options = { abortSignal }
        await orAbsent(docker.getVolume(name).remove(options)).catch((error: unknown) => {
          // A container has it after all.
          if (!isConflict(error)) throw error
        })
      })
    }
  }

  /** Lines of JSON, as long as the engine lives and the signal does not abort. */
  async events(
    filters: Readonly<Record<string, string[]>>,
    signal: AbortSignal,
  ): Promise<Readable> {
    return await this.#call(signal, async (docker) => {
      const stream = await docker.getEvents({ filters: { ...filters }, abortSignal: signal })
      return readable(stream)
    })
  }

  /** Runs `work` until it is done, its signal aborts or its time is up. */
  async #call<T>(
    signal: AbortSignal,
    work: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
    limitMs = callLimitMs,
  ): Promise<T> {
    signal.throwIfAborted()
    const silent = new AbortController()
    const timer =
      limitMs === Number.POSITIVE_INFINITY
        ? undefined
        : setTimeout(() => {
            silent.abort(new EngineSilentError(`no answer within ${limitMs / 1000} s`))
          }, limitMs)
    const either = AbortSignal.any([signal, silent.signal])
    const working = this.#connect().then(async (docker) => await work(docker, either))
    working.catch(() => {})
    try {
      return await orAborted(working, either)
    } catch (error) {
      either.throwIfAborted()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }
}

async function orAbsent<T>(working: Promise<T>): Promise<T | undefined> {
  try {
    return await working
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** dockerode gives the answer of Node's HTTP client and calls it less. */
function readable(stream: unknown): Readable {
  if (stream instanceof Readable) return stream
  throw new TypeError('dockerode gave no stream')
}
