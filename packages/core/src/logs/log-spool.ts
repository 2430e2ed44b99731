import { mkdir, rm } from 'node:fs/promises'

import { ConfigurationError, IllegalStateError, ProtocolError } from '../errors/index.ts'
import { concatBytes } from './concat-bytes.ts'
import { openSegments, SpoolSegment } from './spool-segment.ts'
import { SpoolSignal } from './spool-signal.ts'

/** Where the spool lies and how much it may hold. */
export interface LogSpoolOptions {
  /** Made if it is not there. It belongs to the spool alone. */
  readonly directory: string
  /** Most bytes that may wait for the control plane. @default 1 GiB */
  readonly quotaBytes?: number
  /** Size of one file. @default 8 MiB */
  readonly segmentBytes?: number
}

/**
 * The masked log of one job on disk, between pump and uploader, addressed by the log's own offsets.
 * What the control plane acknowledged is deleted in whole segments. One process writes; a `kill -9`
 * at any moment leaves a spool that opens again with every byte whose `append` had resolved.
 */
export class LogSpool implements AsyncDisposable {
  readonly directory: string
  readonly quotaBytes: number
  readonly #segmentBytes: number
  readonly #signal = new SpoolSignal()
  #segments: SpoolSegment[]
  #end: number
  #acknowledged: number
  #owedUntil = 0
  #diskFull = false
  #closed = false

  private constructor(options: LogSpoolOptions, segments: SpoolSegment[]) {
    this.directory = options.directory
    this.quotaBytes = options.quotaBytes ?? 1024 ** 3
    this.#segmentBytes = options.segmentBytes ?? 8 * 1024 ** 2
    this.#segments = segments
    this.#end = segments.at(-1)?.end ?? 0
    this.#acknowledged = this.start
    this.#signal.publish(this.start)
  }

  /** Opens the spool in a directory, with what an earlier process left there. */
  static async open(options: LogSpoolOptions): Promise<LogSpool> {
    const { directory } = options
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      return new LogSpool(options, await openSegments(directory))
    } catch (error) {
      throw unusable('open', directory, error)
    }
  }

  /** Offset of the first byte that is still here. */
  get start(): number {
    return this.#segments[0]?.start ?? this.#end
  }

  get end(): number {
    return this.#end
  }

  /** Bytes that the control plane is known to hold; may lie beyond `end` after a truncation. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** Readers may read up to here. */
  get published(): number {
    return this.#signal.published
  }

  /** Whether the log is complete: nothing more will be appended. */
  get sealed(): boolean {
    return this.#signal.sealed
  }

  /** Bytes that may be appended before the quota is reached. */
  get room(): number {
    return Math.max(0, this.quotaBytes - Math.max(0, this.#end - this.#acknowledged))
  }

  /**
   * Bytes before this offset were here once and may have been sent, so that they must come again as
   * they were: the quota does not hold for them.
   */
  get owedUntil(): number {
    return this.#owedUntil
  }

  /** Whether the last write found the disk full. */
  get diskFull(): boolean {
    return this.#diskFull
  }

  /**
   * Appends and gives how many bytes were taken: all of them, or fewer when the quota is reached or
   * the disk is full. Not visible to readers before it is published.
   */
  async append(bytes: Uint8Array, options?: { readonly beyondQuota?: boolean }): Promise<number> {
    this.#assertOpen()
    let taken = await this.#skip(bytes.length)
    const allowed =
      options?.beyondQuota === true
        ? bytes.length
        : Math.min(bytes.length, taken + Math.max(this.room, this.#owedUntil - this.#end))
    this.#diskFull = false
    while (taken < allowed && !this.#diskFull) {
      const segment = await this.#writable()
      const wanted = Math.min(allowed - taken, this.#segmentBytes - (segment?.size ?? 0))
      const written = await this.#writing(
        async () => (await segment?.append(bytes.subarray(taken, taken + wanted))) ?? 0,
      )
      this.#diskFull = written < wanted
      taken += written
      this.#end += written
    }
    return taken
  }

  /** Lets readers read up to `offset`. */
  publish(offset: number): void {
    if (offset > this.#end) {
      throw new IllegalStateError(`Cannot publish byte ${offset} of a log of ${this.#end} bytes.`)
    }
    this.#signal.publish(offset)
  }

  /** The log is complete. */
  seal(): void {
    this.#signal.seal()
  }

  /** Resolves when bytes up to `offset` are published, or the log is complete. */
  async reached(
    offset: number,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    await this.#signal.reached(offset, options)
  }

  /** Published bytes from `offset` on; fewer than `maxBytes` where they end. */
  async readAt(offset: number, maxBytes: number): Promise<Uint8Array> {
    if (offset < this.start) {
      throw new ProtocolError(
        `Cannot read byte ${offset} of the log in ${this.directory}: the control plane acknowledged it, so it was deleted.`,
        { code: 'INVALID_RECORD' },
      )
    }
    const pieces: Uint8Array[] = []
    const until = Math.min(offset + maxBytes, this.published)
    let at = offset
    for (const segment of this.#segments.slice()) {
      if (at >= until || segment.start > at || segment.end <= at) continue
      const piece = await segment.read(at, until - at)
      pieces.push(piece)
      at += piece.length
    }
    return concatBytes(pieces)
  }

  /** The control plane holds every byte before `offset`. Deletes segments that are not needed any more. */
  async acknowledge(offset: number): Promise<void> {
    this.#acknowledged = Math.max(this.#acknowledged, offset)
    const done = this.#segments.filter(
      (segment, index) => segment.end <= this.#acknowledged && index < this.#segments.length - 1,
    )
    this.#segments = this.#segments.filter((segment) => !done.includes(segment))
    for (const segment of done) await segment.remove()
  }

  /** Cuts the log back, to write it again from there: an adoption. Nothing stays published behind it. */
  async truncateTo(offset: number): Promise<void> {
    this.#assertOpen()
    if (offset > Math.max(this.#end, this.#acknowledged)) {
      throw new IllegalStateError(
        `Cannot cut the log in ${this.directory} to ${offset} bytes: it has ${this.#end}.`,
      )
    }
    this.#owedUntil = Math.max(this.#owedUntil, this.#end)
    this.#signal.publish(Math.min(offset, this.published))
    const kept = this.#segments.filter((segment) => segment.start <= offset)
    const dropped = this.#segments.filter((segment) => segment.start > offset)
    this.#segments = kept
    this.#end = offset
    // An empty segment keeps the place: the offset must survive a crash.
    let last = kept.at(-1) ?? (await this.#roll())
    for (const segment of dropped.toReversed()) await segment.remove()
    last ??= await this.#roll()
    if (last !== undefined && last.end > offset) await last.truncateTo(offset)
  }

  /** Stop pump and uploader first. */
  async close(): Promise<void> {
    const segments = this.#segments
    this.#segments = []
    this.#closed = true
    for (const segment of segments) await segment.close()
  }

  /** Closes the spool and deletes all of it. */
  async remove(): Promise<void> {
    await this.close()
    await rm(this.directory, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Bytes that the control plane has already need no place here. Gives how many of `count` that are. */
  async #skip(count: number): Promise<number> {
    const skipped = Math.min(count, Math.max(0, this.#acknowledged - this.#end))
    if (skipped === 0) return 0
    this.#end += skipped
    const last = this.#segments.at(-1)
    if (last !== undefined && last.size === 0) {
      await this.#writing(() => last.moveTo(this.#end))
    } else {
      await this.#roll()
    }
    await this.acknowledge(this.#acknowledged)
    return skipped
  }

  async #writable(): Promise<SpoolSegment | undefined> {
    const last = this.#segments.at(-1)
    if (last !== undefined && last.end === this.#end && last.size < this.#segmentBytes) return last
    return this.#roll()
  }

  async #roll(): Promise<SpoolSegment | undefined> {
    const segment = await this.#writing(() => SpoolSegment.open(this.directory, this.#end))
    if (segment !== undefined) this.#segments.push(segment)
    return segment
  }

  async #writing<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write()
    } catch (error) {
      throw unusable('write', this.directory, error)
    }
  }

  #assertOpen(): void {
    if (this.sealed || this.#closed) {
      throw new IllegalStateError(`The log in ${this.directory} is complete or closed.`)
    }
  }
}

function unusable(doing: string, directory: string, cause: unknown): ConfigurationError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ConfigurationError(
    `Cannot ${doing} the log spool in ${directory}: ${reason}. Check the disk and the directory's owner.`,
    { code: 'DATA_DIR_UNUSABLE', cause },
  )
}
