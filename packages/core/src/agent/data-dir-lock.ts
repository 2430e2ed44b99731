import { createHash } from 'node:crypto'
import { mkdir, realpath, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ConfigurationError } from '../errors/index.ts'

/**
 * Keeps a second agent off a data directory. Held by a listening local socket named after the directory:
 * the kernel gives it back when the process dies, however it dies, so no stale lock can be left.
 *
 * @throws {@link ConfigurationError} `DATA_DIR_IN_USE`, or `DATA_DIR_UNUSABLE` when the directory cannot be made.
 */
export async function lockDataDir(dataDir: string): Promise<AsyncDisposable> {
  let path: string
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    path = await realpath(dataDir)
  } catch (cause) {
    throw new ConfigurationError(
      `Cannot use the data directory ${dataDir}: ${reason(cause)}. Choose another with dataDir or SCALR_AGENT_DATA_DIR, or make it writable for this user.`,
      { code: 'DATA_DIR_UNUSABLE', cause },
    )
  }
  const id = createHash('sha256').update(path).digest('hex').slice(0, 40)
  // Linux has socket names without files; elsewhere a socket file can be left and must be tried.
  const abstract = process.platform === 'linux'
  const address = abstract ? `\0scalr-agent-${id}` : join(tmpdir(), `scalr-agent-${id}.sock`)
  const server = await listen(address)
    .catch(async (error: unknown) => {
      if (!abstract && !(await isAlive(address))) {
        await rm(address, { force: true })
        return listen(address)
      }
      throw error
    })
    .catch((cause: unknown) => {
      throw new ConfigurationError(
        `Cannot use the data directory ${path}: another agent on this machine is using it. Stop that one, or give this one its own dataDir.`,
        { code: 'DATA_DIR_IN_USE', cause },
      )
    })
  return {
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
      }),
  }
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.unref()
    server.once('error', reject)
    server.listen(address, () => resolve(server))
  })
}

function isAlive(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
