import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Linux has socket names without files; elsewhere a socket file can be left by a crash.
const hasAbstractNames = process.platform === 'linux'

/** A holder that is stopped accepts no connection, and is alive all the same. */
const aliveTimeoutMs = 200

/** How trying to take a lock ended. */
export type LockAttempt =
  | { readonly kind: 'held'; release(): Promise<void> }
  | { readonly kind: 'taken' }
  /** This system grants no such sockets. */
  | { readonly kind: 'unavailable'; readonly cause: Error }

/**
 * A lock among the processes of this machine, held by a listening local socket: the kernel gives it back
 * when the holder dies, however it dies, so no stale lock can be left. It is not seen from another
 * machine or container.
 */
export class SocketLock {
  readonly #address: string

  /** @param scope keeps locks of different kinds apart; becomes part of a file name on some systems */
  constructor(scope: string, name: string) {
    const id = `${scope}-${createHash('sha256').update(name).digest('hex').slice(0, 40)}`
    this.#address = hasAbstractNames ? `\0${id}` : join(tmpdir(), `${id}.sock`)
  }

  /** Takes the lock if it is free. */
  async take(): Promise<LockAttempt> {
    const attempt = await this.#listen()
    if (hasAbstractNames || attempt.kind !== 'taken') return attempt
    if ((await this.#connection(AbortSignal.timeout(aliveTimeoutMs))) !== 'ECONNREFUSED') {
      return attempt
    }
    await rm(this.#address, { force: true })
    return this.#listen()
  }

  /**
   * Waits until the holder gives it back, dies, or the signal aborts; somebody else may take it then.
   *
   * @returns whether the holder could be waited for, which it cannot where very many wait
   */
  async untilFree(signal: AbortSignal): Promise<boolean> {
    return (await this.#connection(signal)) !== 'EAGAIN'
  }

  async #listen(): Promise<LockAttempt> {
    const waiting = new Set<Socket>()
    const server = createServer((socket) => {
      socket.unref()
      socket.on('error', () => {})
      socket.once('close', () => waiting.delete(socket))
      waiting.add(socket)
    })
    server.unref()
    const cause = await listen(server, this.#address)
    if (cause === undefined) {
      const release = (): Promise<void> =>
        new Promise((resolve) => {
          server.close(() => resolve())
          for (const socket of waiting) socket.destroy()
        })
      return { kind: 'held', release }
    }
    return cause.code === 'EADDRINUSE' ? { kind: 'taken' } : { kind: 'unavailable', cause }
  }

  /** Stays connected to the holder as long as that lives; the code of the error that it ended with. */
  #connection(signal: AbortSignal): Promise<string | undefined> {
    // An abort that has been is not told again.
    if (signal.aborted) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const socket = connect(this.#address)
      const abort = (): void => {
        socket.destroy()
      }
      let code: string | undefined
      socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code))
      socket.once('close', () => {
        signal.removeEventListener('abort', abort)
        resolve(code)
      })
      socket.resume()
      signal.addEventListener('abort', abort, { once: true })
    })
  }
}

function listen(server: Server, address: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    server.once('error', resolve)
    server.listen(address, () => resolve(undefined))
  })
}
