import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

const segmentName = /^(?<start>\d{16})\.log$/u

/** Whether the disk, or the user's share of it, is full. */
function isDiskFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/** One file of a spool; named after the offset of its first byte. */
export class SpoolSegment {
  readonly #directory: string
  readonly #handle: FileHandle
  #start: number
  #size: number

  private constructor(directory: string, handle: FileHandle, start: number, size: number) {
    this.#directory = directory
    this.#handle = handle
    this.#start = start
    this.#size = size
  }

  /** Opens the segment that begins at `start`, or makes it; `undefined` when the disk is full. */
  static async open(directory: string, start: number): Promise<SpoolSegment | undefined> {
    try {
      const path = segmentPath(directory, start)
      // 'a' only makes the file: positioned writes need a handle without it.
      await (await open(path, 'a', 0o600)).close()
      const handle = await open(path, 'r+')
      return new SpoolSegment(directory, handle, start, (await handle.stat()).size)
    } catch (error) {
      if (isDiskFull(error)) return undefined
      throw error
    }
  }

  static async removeFile(directory: string, start: number): Promise<void> {
    await rm(segmentPath(directory, start), { force: true })
  }

  get start(): number {
    return this.#start
  }

  get size(): number {
    return this.#size
  }

  get end(): number {
    return this.#start + this.#size
  }

  /** Gives how many bytes were written: fewer only when the disk is full. */
  async append(bytes: Uint8Array): Promise<number> {
    let written = 0
    try {
      while (written < bytes.length) {
        const result = await this.#handle.write(bytes, written, bytes.length - written, this.#size)
        written += result.bytesWritten
        this.#size += result.bytesWritten
      }
    } catch (error) {
      if (!isDiskFull(error)) throw error
    }
    return written
  }

  async read(offset: number, maxBytes: number): Promise<Uint8Array> {
    const length = Math.max(0, Math.min(maxBytes, this.end - offset))
    const bytes = Buffer.allocUnsafe(length)
    let done = 0
    while (done < length) {
      const position = offset - this.#start + done
      const { bytesRead } = await this.#handle.read(bytes, done, length - done, position)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return bytes.subarray(0, done)
  }

  async truncateTo(offset: number): Promise<void> {
    await this.#handle.truncate(offset - this.#start)
    this.#size = offset - this.#start
  }

  /** Moves an empty segment to another offset. */
  async moveTo(start: number): Promise<void> {
    await rename(segmentPath(this.#directory, this.#start), segmentPath(this.#directory, start))
    this.#start = start
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  async remove(): Promise<void> {
    await SpoolSegment.removeFile(this.#directory, this.#start)
    await this.#handle.close()
  }
}

function segmentPath(directory: string, start: number): string {
  return join(directory, `${String(start).padStart(16, '0')}.log`)
}

/** Opens the segments in a directory that belong together, in order; deletes others. */
export async function openSegments(directory: string): Promise<SpoolSegment[]> {
  const found: { readonly start: number; readonly size: number }[] = []
  for (const name of await readdir(directory)) {
    const digits = segmentName.exec(name)?.groups?.['start']
    if (digits === undefined) continue
    found.push({ start: Number(digits), size: (await stat(join(directory, name))).size })
  }
  found.sort((a, b) => a.start - b.start)
  const segments: SpoolSegment[] = []
  for (const [index, { start, size }] of found.entries()) {
    const last = segments.at(-1)
    // An empty one before others was left by a crash while the log was cut back. A hole is the trace
    // of a power failure: what lies behind it cannot be trusted.
    const fits = (size > 0 || index === found.length - 1) && (last?.end ?? start) === start
    const segment = fits ? await SpoolSegment.open(directory, start) : undefined
    if (segment === undefined) await SpoolSegment.removeFile(directory, start)
    else segments.push(segment)
  }
  return segments
}
