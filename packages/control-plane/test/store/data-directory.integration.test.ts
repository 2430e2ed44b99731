import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import { Database, DataDirectory } from '../../src/store/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const writer = fileURLToPath(new URL('../support/writing-process.ts', import.meta.url))

function startWriter(path: string): ReturnType<typeof fork> {
  return fork(writer, [path], {
    execArgv: ['--conditions=@scalr-agent/source'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}

describe('DataDirectory', () => {
  it('is made for this user alone, also where it was open to others', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'deep', 'data')
    await mkdir(path, { recursive: true, mode: 0o755 })
    using _held = DataDirectory.open(path)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
  })

  it('refuses a second control plane and names the process of the first', async () => {
    await using directory = await temporaryDirectory()
    using _held = DataDirectory.open(directory.path)
    expect(() => DataDirectory.open(directory.path)).toThrow(
      expect.objectContaining({
        code: 'DATA_DIR_IN_USE',
        message: expect.stringContaining(`process ${process.pid}`),
      }),
    )
  })

  it('is free again after a close', async () => {
    await using directory = await temporaryDirectory()
    DataDirectory.open(directory.path).close()
    using again = DataDirectory.open(directory.path)
    expect(again.path).toBe(directory.path)
  })

  it('says that a path is no directory', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'file')
    await writeFile(path, '')
    expect(() => DataDirectory.open(path)).toThrow(
      expect.objectContaining({ code: 'DATA_DIR_UNUSABLE' }),
    )
  })

  it('keeps out another process, and is free and whole after kill -9 of it, at any moment', async () => {
    await using directory = await temporaryDirectory()
    // Five lives, each killed after another number of commits: 1, 8, 15, …
    for (let life = 0; life < 5; life += 1) {
      const child = startWriter(directory.path)
      const exited = once(child, 'exit')
      const confirmed = await new Promise<number>((resolve) => {
        child.on('message', (count) => {
          if (typeof count === 'number' && count >= 1 + life * 7) resolve(count)
        })
      })
      expect(() => DataDirectory.open(directory.path)).toThrow(
        expect.objectContaining({ code: 'DATA_DIR_IN_USE' }),
      )
      child.kill('SIGKILL')
      await exited

      using held = DataDirectory.open(directory.path)
      using db = Database.open(held.databasePath)
      expect(db.get('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' })
      expect(db.all('PRAGMA foreign_key_check')).toEqual([])
      const { pairs, written } = db.get<{ pairs: number; written: number }>(
        `SELECT (SELECT COUNT(*) FROM access_tokens) AS written,
                (SELECT value FROM counters WHERE name = 'tokens') AS pairs`,
      )!
      // Both or neither: counter and row are one transaction. And nothing that was confirmed is missing.
      expect(written).toBe(pairs)
      expect(written).toBeGreaterThanOrEqual(confirmed)
    }
  })
})
