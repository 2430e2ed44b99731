import type { Clock, Logger } from '../runtime/index.ts'
import type { LogSpool } from './log-spool.ts'
import type { RunningDigest } from './running-digest.ts'

export interface SpoolWriterOptions {
  readonly spool: LogSpool
  readonly digest: RunningDigest
  readonly missingBytes: number
  readonly clock: Clock
  readonly logger: Logger
}

/** How long to wait before a full disk is tried again. */
const diskRetryMs = 250

/**
 * Writes the masked log into the spool, counts and digests it. Where the spool is full it drops bytes:
 * that is an open gap, which ends with a record in the log that says how many are missing.
 */
export class SpoolWriter {
  readonly #options: SpoolWriterOptions
  #missingBytes: number
  #gapBytes = 0
  #gapOnFullDisk = false
  #nextTryMs = 0

  constructor(options: SpoolWriterOptions) {
    this.#options = options
    this.#missingBytes = options.missingBytes
  }

  /** Bytes of the log so far. */
  get maskedBytes(): number {
    return this.#options.spool.end
  }

  /** Bytes that are missing, those of an open gap included. */
  get missingBytes(): number {
    return this.#missingBytes + this.#gapBytes
  }

  get gapOpen(): boolean {
    return this.#gapBytes > 0
  }

  /** Takes the bytes, or drops what finds no room. Waits only for bytes that may have been sent before. */
  async write(
    bytes: Uint8Array,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    const { spool, clock, logger } = this.#options
    let taken = 0
    while (!this.gapOpen && taken < bytes.length) {
      const accepted = await this.#append(bytes.subarray(taken), false)
      taken += accepted
      if (taken === bytes.length) return
      if (spool.end >= spool.owedUntil) break
      await clock.sleep(diskRetryMs, options)
    }
    if (taken === bytes.length) return
    if (!this.gapOpen) {
      this.#gapOnFullDisk = spool.diskFull
      this.#nextTryMs = clock.monotonicMs() + diskRetryMs
      logger.warn(
        {
          directory: spool.directory,
          offset: spool.end,
          quotaBytes: spool.quotaBytes,
          diskFull: spool.diskFull,
        },
        'The log spool is full: output of the job is dropped until the control plane takes some of it',
      )
    }
    this.#gapBytes += bytes.length - taken
  }

  /** Whether enough room is there again to end the gap; not at the first byte, lest the log be all gaps. */
  get canCloseGap(): boolean {
    const { spool, clock } = this.#options
    if (spool.room < Math.ceil(spool.quotaBytes / 4)) return false
    return !this.#gapOnFullDisk || clock.monotonicMs() >= this.#nextTryMs
  }

  /** Writes the gap's record; gives whether the disk had room for it. */
  async closeGap(): Promise<boolean> {
    const { spool, clock, logger } = this.#options
    const gapBytes = this.#gapBytes
    const record = Buffer.from(
      gapRecord(gapBytes, this.#gapOnFullDisk ? undefined : spool.quotaBytes),
    )
    const before = spool.end
    // The digest takes the record only once all of it is there.
    if ((await spool.append(record, { beyondQuota: true })) < record.length) {
      if (spool.end > before) await spool.truncateTo(before)
      this.#nextTryMs = clock.monotonicMs() + diskRetryMs
      return false
    }
    this.#options.digest.update(record)
    this.#missingBytes += gapBytes
    this.#gapBytes = 0
    logger.warn(
      { directory: spool.directory, offset: spool.end, gapBytes },
      'The log spool has room again: a gap record in the log tells how many bytes are missing',
    )
    return true
  }

  /** Takes all of the bytes, also beyond the quota; waits while the disk is full. */
  async writeWhole(
    bytes: Uint8Array,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    let taken = await this.#append(bytes, true)
    while (taken < bytes.length) {
      await this.#options.clock.sleep(diskRetryMs, options)
      taken += await this.#append(bytes.subarray(taken), true)
    }
  }

  /** Ends the gap, waiting while the disk is full. */
  async closeGapAtEnd(options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    while (this.gapOpen && !(await this.closeGap())) {
      await this.#options.clock.sleep(diskRetryMs, options)
    }
  }

  async #append(bytes: Uint8Array, beyondQuota: boolean): Promise<number> {
    const { spool, digest } = this.#options
    const before = digest.save()
    const appending = spool.append(bytes, { beyondQuota })
    // Hashing takes longer than writing; here it costs only the difference.
    digest.update(bytes)
    const accepted = await appending
    if (accepted < bytes.length) {
      digest.load(before)
      digest.update(bytes.subarray(0, accepted))
    }
    return accepted
  }
}

function gapRecord(bytes: number, quotaBytes: number | undefined): string {
  const why =
    quotaBytes === undefined
      ? "the disk of the agent's log spool was full"
      : `the log spool reached its limit of ${quotaBytes} bytes`
  return `\n[scalr-agent] ${bytes} bytes of output are missing here: ${why}.\n`
}
