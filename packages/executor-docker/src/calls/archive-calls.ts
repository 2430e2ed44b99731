import { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'

import { orAbsent, readable, type EngineCaller } from './engine-caller.ts'
import { parsePathStat, type PathStat } from './path-stat.ts'

/** Files of containers, whether they run or not. */
export class ArchiveCalls {
  readonly #caller: EngineCaller

  constructor(caller: EngineCaller) {
    this.#caller = caller
  }

  /** Unpacks an archive below `path`. No time limit but the signal's. */
  async put(
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
      await this.#caller.call(
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
  async get(containerId: string, path: string, signal: AbortSignal): Promise<Readable | undefined> {
    return await this.#caller.call(signal, async (docker, abortSignal) => {
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
    return await this.#caller.call(signal, async (docker, abortSignal) => {
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
}
