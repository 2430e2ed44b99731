import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { syncDirectory, writeFileAtomic } from '@scalr-agent/core/runtime'
import { z } from 'zod'

import { decodeEntry, encodeEntry, type SpoolEntry } from './spool-entry.ts'

/** A file of the spool, by its name: `<sequence>-<id>`. */
export interface SpoolFile {
  readonly sequence: number
  readonly id: string
  readonly bytes: number
}

const reasonSchema = z.object({ parkedAt: z.string(), reason: z.string() })
export type ParkReason = z.output<typeof reasonSchema>

const pattern = /^(\d{16})-([a-z0-9-]+)\.webhook$/u
/** What a file takes beside its bytes: its name, its inode, the rest of its last block. */
const overheadBytes = 4096

/** The directories of a spool. What a method did is durable when it resolves. */
export class SpoolFiles {
  readonly #waiting: string
  readonly #parked: string

  constructor(directory: string) {
    this.#waiting = join(directory, 'waiting')
    this.#parked = join(directory, 'parked')
  }

  /** Makes them, and removes what a crash left half-written. @returns what waits and what is parked */
  async open(): Promise<{
    readonly waiting: readonly SpoolFile[]
    readonly parked: readonly SpoolFile[]
  }> {
    await mkdir(this.#waiting, { recursive: true, mode: 0o700 })
    await mkdir(this.#parked, { recursive: true, mode: 0o700 })
    await syncDirectory(join(this.#waiting, '..'))
    return { waiting: await list(this.#waiting), parked: await list(this.#parked) }
  }

  /** Keeps a webhook: all of it, or after a crash nothing of it. */
  async write(sequence: number, entry: SpoolEntry): Promise<SpoolFile> {
    const content = encodeEntry(entry)
    const path = this.#path(this.#waiting, { sequence, id: entry.id })
    try {
      const file = await open(`${path}.tmp`, 'wx', 0o600)
      try {
        await file.writeFile(content)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(`${path}.tmp`, path)
    } catch (error) {
      await rm(`${path}.tmp`, { force: true })
      throw error
    }
    await syncDirectory(this.#waiting)
    return { sequence, id: entry.id, bytes: content.byteLength + overheadBytes }
  }

  async read(file: SpoolFile): Promise<SpoolEntry> {
    return decodeEntry(await readFile(this.#path(this.#waiting, file)))
  }

  /** Not made durable: one that comes back is known to be delivered. */
  async remove(file: SpoolFile): Promise<void> {
    await rm(this.#path(this.#waiting, file), { force: true })
  }

  async park(file: SpoolFile, reason: ParkReason): Promise<void> {
    await writeFileAtomic(this.#reasonPath(file), JSON.stringify(reason))
    await rename(this.#path(this.#waiting, file), this.#path(this.#parked, file))
    await syncDirectory(this.#parked)
    await syncDirectory(this.#waiting)
  }

  async unpark(file: SpoolFile): Promise<void> {
    await rename(this.#path(this.#parked, file), this.#path(this.#waiting, file))
    await syncDirectory(this.#waiting)
    await rm(this.#reasonPath(file), { force: true })
    await syncDirectory(this.#parked)
  }

  async removeParked(file: SpoolFile): Promise<void> {
    await rm(this.#path(this.#parked, file), { force: true })
    await rm(this.#reasonPath(file), { force: true })
    await syncDirectory(this.#parked)
  }

  async readParked(
    file: SpoolFile,
  ): Promise<{ readonly reason: ParkReason; readonly entry: SpoolEntry | undefined }> {
    const reason = reasonSchema.parse(JSON.parse(await readFile(this.#reasonPath(file), 'utf8')))
    try {
      return { reason, entry: decodeEntry(await readFile(this.#path(this.#parked, file))) }
    } catch {
      return { reason, entry: undefined }
    }
  }

  #reasonPath(file: SpoolFile): string {
    return `${this.#path(this.#parked, file)}.reason`
  }

  #path(directory: string, file: { readonly sequence: number; readonly id: string }): string {
    return join(directory, `${String(file.sequence).padStart(16, '0')}-${file.id}.webhook`)
  }
}

async function list(directory: string): Promise<readonly SpoolFile[]> {
  const files: SpoolFile[] = []
  for (const name of await readdir(directory)) {
    const match = pattern.exec(name)
    if (match !== null) {
      const { size } = await stat(join(directory, name))
      files.push({ sequence: Number(match[1]), id: match[2] ?? '', bytes: size + overheadBytes })
    } else if (name.endsWith('.tmp')) {
      await rm(join(directory, name), { force: true })
    }
  }
  return files.toSorted((left, right) => left.sequence - right.sequence)
}
