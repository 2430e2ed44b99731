import { accessSync, chmodSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { ControlPlaneError, errorCode } from '../runtime/index.ts'

/**
 * The data directory, held by this process alone. The lock is SQLite's own on a file of its own: the
 * kernel frees it when the process dies, however it dies, so there is no stale lock to clean up.
 */
export class DataDirectory implements Disposable {
  readonly path: string
  readonly #lock: DatabaseSync

  /** @throws {@link ControlPlaneError} `DATA_DIR_UNUSABLE`, `DATA_DIR_IN_USE`, `DISK_FULL` */
  static open(path: string): DataDirectory {
    const absolute = resolve(path)
    try {
      mkdirSync(absolute, { recursive: true, mode: 0o700 })
      // It holds state and secrets: nobody else's business, even if it was made by hand before.
      chmodSync(absolute, 0o700)
      accessSync(absolute, constants.R_OK | constants.W_OK | constants.X_OK)
      return new DataDirectory(absolute, takeLock(absolute))
    } catch (error) {
      if (error instanceof ControlPlaneError) throw error
      if (errorCode(error) === 'ENOSPC') {
        throw new ControlPlaneError(
          `Cannot use the data directory ${absolute}: the disk is full. Free some space and start again.`,
          { code: 'DISK_FULL', cause: error },
        )
      }
      throw new ControlPlaneError(
        `Cannot use the data directory ${absolute}: ${error instanceof Error ? error.message : String(error)}. ` +
          'Give this user the right to write there, or use another directory.',
        { code: 'DATA_DIR_UNUSABLE', cause: error },
      )
    }
  }

  private constructor(path: string, lock: DatabaseSync) {
    this.path = path
    this.#lock = lock
  }

  get databasePath(): string {
    return join(this.path, 'control-plane.sqlite')
  }

  close(): void {
    if (this.#lock.isOpen) this.#lock.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

function takeLock(path: string): DatabaseSync {
  const pidPath = join(path, 'lock.pid')
  const lock = new DatabaseSync(join(path, 'lock.sqlite'), { timeout: 0 })
  try {
    lock.exec('PRAGMA journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE')
    writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 })
    return lock
  } catch (error) {
    lock.close()
    const busy = error instanceof Error && 'errcode' in error && error.errcode === 5
    if (!busy) throw error
    throw new ControlPlaneError(
      `Cannot use the data directory ${path}: another control plane (process ${readPid(pidPath)}) is using it. ` +
        'Stop that one first, or use another data directory.',
      { code: 'DATA_DIR_IN_USE', cause: error },
    )
  }
}

function readPid(path: string): string {
  try {
    const text = readFileSync(path, 'utf8').trim()
    return /^\d+$/u.test(text) ? text : 'unknown'
  } catch {
    return 'unknown'
  }
}
