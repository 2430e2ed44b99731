import { IllegalStateError, ProtocolError } from '../errors/index.ts'
import { silentLogger, systemClock, type Clock } from '../runtime/index.ts'
import { CheckpointWriter } from './checkpoint-writer.ts'
import { concatBytes } from './concat-bytes.ts'
import type { LogCheckpoint } from './log-checkpoint.ts'
import type { LogPumpOptions, LogSource, LogSummary } from './log-pump-options.ts'
import { MarkerFilter } from './marker-filter.ts'
import { Masker } from './masker.ts'
import { RunningDigest } from './running-digest.ts'
import { SpoolWriter } from './spool-writer.ts'

interface RunOptions {
  readonly signal?: AbortSignal | undefined
}

/**
 * Carries a workload's output through marker filter and masker into the spool. The same output gives
 * the same log, also over any number of crashes. Where bytes had to be dropped, nothing behind the gap
 * is published before the checkpoint that knows of the gap is durable, since a gap cannot be repeated.
 */
export class LogPump implements Disposable {
  readonly #options: LogPumpOptions
  readonly #clock: Clock
  readonly #filter: MarkerFilter
  readonly #masker: Masker
  readonly #writer: SpoolWriter
  readonly #digest: RunningDigest
  readonly #checkpoints: CheckpointWriter
  readonly #start: LogCheckpoint
  #rawBytes: number
  #state: 'open' | 'flushed' | 'ended' | 'broken' = 'open'
  #busy = false
  #timer: AbortController | undefined
  #lastCheckpoint: { rawBytes: number; atMs: number }

  private constructor(options: LogPumpOptions, start: LogCheckpoint, digest: RunningDigest) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#filter = new MarkerFilter(options.nonce)
    this.#masker = new Masker(options.secrets)
    this.#digest = digest
    this.#writer = new SpoolWriter({
      spool: options.spool,
      digest,
      missingBytes: start.missingBytes,
      clock: this.#clock,
      logger: options.logger ?? silentLogger,
    })
    this.#checkpoints = new CheckpointWriter(options.onCheckpoint ?? (() => {}))
    this.#start = start
    this.#rawBytes = start.rawBytes
    this.#lastCheckpoint = { rawBytes: start.rawBytes, atMs: this.#clock.monotonicMs() }
  }

  /**
   * @throws {@link ProtocolError} `INVALID_RECORD` when spool and checkpoint do not fit together, and
   * the log has a gap, so that it cannot be made anew from the output.
   */
  static async open(options: LogPumpOptions): Promise<LogPump> {
    const { spool, from } = options
    const zero = { rawBytes: 0, maskedBytes: 0, missingBytes: 0, digestState: '' }
    let start: LogCheckpoint = from ?? zero
    let digest: RunningDigest
    try {
      if (start.maskedBytes > Math.max(spool.end, spool.acknowledged)) {
        throw new ProtocolError(
          `Cannot go on with the log in ${spool.directory} at byte ${start.maskedBytes}: the spool has only ${spool.end}. It may have lost bytes in a power failure.`,
          { code: 'INVALID_RECORD' },
        )
      }
      digest = await RunningDigest.create(from?.digestState)
    } catch (error) {
      if (start.missingBytes > 0) throw error
      options.logger?.warn(
        { err: error, directory: spool.directory },
        'The log is made anew from the beginning of the output',
      )
      start = zero
      digest = await RunningDigest.create()
    }
    await spool.truncateTo(start.maskedBytes)
    spool.publish(start.maskedBytes)
    return new LogPump(options, start, digest)
  }

  /** Bytes of output that were read, from its beginning. */
  get rawBytes(): number {
    return this.#rawBytes
  }

  /** Bytes of the log so far. */
  get bytes(): number {
    return this.#writer.maskedBytes
  }

  /** The log as it is now. */
  get summary(): LogSummary {
    return {
      bytes: this.#writer.maskedBytes,
      digest: this.#digest.digest(),
      missingBytes: this.#writer.missingBytes,
    }
  }

  /**
   * Reads the output to its end. When the output itself fails, `run` may be called again and goes on
   * behind the last byte that was read. Any other failure needs a new pump from the last checkpoint.
   */
  async run(source: LogSource, options?: RunOptions): Promise<void> {
    this.#assertState('open', 'read output')
    for await (const chunk of source.output(this.#rawBytes, options)) {
      await this.#take(chunk, options)
    }
    await this.#flush(options)
  }

  /**
   * Adds text behind the output, masked. Nothing is checkpointed behind it: after a crash the caller
   * gives the same text again.
   */
  async appendEpilogue(text: string, options?: RunOptions): Promise<void> {
    if (this.#state === 'open') await this.#flush(options)
    this.#assertState('flushed', 'append an epilogue')
    await this.#unbroken(async () => {
      const masked = [this.#masker.push(Buffer.from(text, 'utf8')), this.#masker.flush()]
      await this.#writer.writeWhole(concatBytes(masked), options)
      this.#options.spool.publish(this.#writer.maskedBytes)
    })
  }

  /** Completes the log, also when `run` could not read the output to its end, and seals the spool. */
  async end(options?: RunOptions): Promise<LogSummary> {
    if (this.#state === 'open') await this.#flush(options)
    this.#assertState('flushed', 'complete the log')
    this.#state = 'ended'
    this.#options.spool.seal()
    return this.summary
  }

  /** Stops the timer. What was pumped stays in the spool. */
  [Symbol.dispose](): void {
    this.#timer?.abort()
  }

  async #take(chunk: Uint8Array, options: RunOptions | undefined): Promise<void> {
    this.#busy = true
    await this.#unbroken(async () => {
      this.#rawBytes += chunk.length
      const before = this.#filter.passed
      const { bytes, markers } = this.#filter.push(chunk)
      let written = 0
      for (const { marker, passedOffset, rawOffset } of markers) {
        const until = passedOffset - before
        await this.#write(this.#masker.push(bytes.subarray(written, until)), options)
        written = until
        await this.#options.onMarker?.({ marker, rawOffset: this.#start.rawBytes + rawOffset })
      }
      await this.#write(this.#masker.push(bytes.subarray(written)), options)
      if (this.#writer.gapOpen && this.#atRest && this.#writer.canCloseGap) {
        if (await this.#writer.closeGap()) await this.#commit()
      }
      this.#options.spool.publish(this.#writer.maskedBytes)
      this.#busy = false
      this.#offerCheckpoint()
    })
  }

  async #write(bytes: Uint8Array, options: RunOptions | undefined): Promise<void> {
    this.#options.onText?.(bytes)
    await this.#writer.write(bytes, options)
  }

  /** The output is complete: what was held back is text, and an open gap ends. */
  async #flush(options: RunOptions | undefined): Promise<void> {
    this.#assertState('open', 'complete the log')
    this.#busy = true
    this.#timer?.abort()
    await this.#unbroken(async () => {
      const rest = concatBytes([this.#masker.push(this.#filter.flush()), this.#masker.flush()])
      await this.#write(rest, options)
      await this.#writer.closeGapAtEnd(options)
      await this.#commit()
      this.#options.spool.publish(this.#writer.maskedBytes)
      this.#state = 'flushed'
    })
  }

  /** A step that failed half-way cannot be repeated here, but by a new pump from the last checkpoint. */
  async #unbroken(step: () => Promise<void>): Promise<void> {
    try {
      await step()
    } catch (error) {
      this.#state = 'broken'
      this.#timer?.abort()
      throw error
    }
  }

  get #atRest(): boolean {
    return this.#filter.held === 0 && this.#masker.atRest
  }

  #offerCheckpoint(): void {
    if (this.#busy || this.#state !== 'open' || this.#writer.gapOpen || !this.#atRest) return
    const rawBytes = this.#rawBytes - this.#lastCheckpoint.rawBytes
    if (rawBytes === 0) return
    const intervalMs = this.#options.checkpointIntervalMs ?? 250
    const waitedMs = this.#clock.monotonicMs() - this.#lastCheckpoint.atMs
    if (rawBytes >= (this.#options.checkpointBytes ?? 256 * 1024) || waitedMs >= intervalMs) {
      this.#checkpoints.offer(this.#checkpoint())
    } else if (this.#timer === undefined) {
      this.#timer = new AbortController()
      void this.#offerLater(intervalMs - waitedMs, this.#timer.signal)
    }
  }

  async #offerLater(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(ms, { signal })
      this.#timer = undefined
      this.#offerCheckpoint()
    } catch {
      // Aborted, or an earlier checkpoint failed: the next chunk or the end tells.
    }
  }

  async #commit(): Promise<void> {
    await this.#checkpoints.commit(this.#checkpoint())
  }

  #checkpoint(): LogCheckpoint {
    this.#lastCheckpoint = { rawBytes: this.#rawBytes, atMs: this.#clock.monotonicMs() }
    return {
      rawBytes: this.#rawBytes,
      maskedBytes: this.#writer.maskedBytes,
      missingBytes: this.#writer.missingBytes,
      digestState: this.#digest.save(),
    }
  }

  #assertState(state: 'open' | 'flushed', doing: string): void {
    if (this.#state !== state) {
      throw new IllegalStateError(`Cannot ${doing}: the log pump is ${this.#state}, not ${state}.`)
    }
  }
}
