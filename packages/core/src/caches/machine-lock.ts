import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Clock } from '../runtime/index.ts'

export interface MachineLockOptions {
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** Then the work is done without the lock. */
  readonly maxWaitMs: number
}

/**
 * Does the work while no other process of this machine does work of that name, so that two agents do not
 * fetch the same thing twice. Held by a listening local socket: the kernel gives it back when the holder
 * dies, however it dies, and whoever waits is woken by its connection.
 *
 * Saves work and no more. It is not seen from another machine or container, and where it cannot be had
 * the work is done all the same: what it guards must be safe without it.
 */
export async function withMachineLock<T>(
  name: string,
  work: () => Promise<T>,
  options: MachineLockOptions,
): Promise<T> {
  const lock = await acquire(addressOf(name), options)
  try {
    return await work()
  } finally {
    await lock?.release()
  }
}

interface Held {
  release(): Promise<void>
}

// Linux has socket names without files; elsewhere a socket file can be left by a crash.
const hasAbstractNames = process.platform === 'linux'

function addressOf(name: string): string {
  const id = `scalr-agent-cache-${createHash('sha256').update(name).digest('hex').slice(0, 40)}`
  return hasAbstractNames ? `\0${id}` : join(tmpdir(), `${id}.sock`)
}

async function acquire(address: string, options: MachineLockOptions): Promise<Held | undefined> {
  const { clock, signal } = options
  const untilMs = clock.monotonicMs() + options.maxWaitMs
  for (;;) {
    signal?.throwIfAborted()
    const held = await listen(address)
    if (held !== 'taken') return held
    const leftMs = untilMs - clock.monotonicMs()
    if (leftMs <= 0) return undefined
    await untilFree(address, leftMs, options)
  }
}

/** `undefined`: this system grants no such sockets. */
async function listen(address: string): Promise<Held | 'taken' | undefined> {
  const waiting = new Set<Socket>()
  const server = createServer((socket) => {
    socket.unref()
    socket.on('error', () => {})
    socket.once('close', () => waiting.delete(socket))
    waiting.add(socket)
  })
  server.unref()
  const error = await started(server, address)
  if (error === undefined) {
    return {
      release: () =>
        new Promise((resolve) => {
          server.close(() => resolve())
          for (const socket of waiting) socket.destroy()
        }),
    }
  }
  return error === 'EADDRINUSE' ? 'taken' : undefined
}

function started(server: Server, address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(address, () => resolve(undefined))
  })
}

/** Stays connected to the holder: the connection ends with the lock. */
async function untilFree(
  address: string,
  maxMs: number,
  { clock, signal }: MachineLockOptions,
): Promise<void> {
  // An abort that has been is not told again.
  signal?.throwIfAborted()
  const done = new AbortController()
  const stop = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal])
  const ended = new Promise<string | undefined>((resolve) => {
    const socket = connect(address)
    let code: string | undefined
    socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code))
    socket.once('close', () => resolve(code))
    socket.resume()
    stop.addEventListener('abort', () => socket.destroy(), { once: true })
  })
  const timeout = clock.sleep(maxMs, { signal: stop }).then(
    () => 'timeout',
    () => 'stopped',
  )
  const end = await Promise.race([ended, timeout])
  done.abort()
  await ended
  signal?.throwIfAborted()
  if (end === 'ECONNREFUSED' && !hasAbstractNames) await rm(address, { force: true })
  // The holder's queue is full.
  if (end === 'EAGAIN') await clock.sleep(20, { signal })
}
