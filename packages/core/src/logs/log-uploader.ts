import { IllegalStateError, ProtocolError, TimeoutError } from '../errors/index.ts'
import { silentLogger, systemClock, type Clock, type Logger } from '../runtime/index.ts'
import type { LogSpool } from './log-spool.ts'
import { retryDelayMs, retryUpload, type UploadRetryOptions } from './upload-retry.ts'

/** Where log bytes go: a `ControlPlaneJob` is one. */
export interface LogSink {
  /** Appends at `offset` and gives the server's offset, also when the server was elsewhere. One attempt. */
  appendLog(
    offset: number,
    bytes: Uint8Array,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<number>
  /** How many bytes of the log the server holds. One attempt. */
  logOffset(options?: { readonly signal?: AbortSignal | undefined }): Promise<number>
}

/** What is uploaded, where to, and how patiently. */
export interface LogUploaderOptions {
  readonly spool: LogSpool
  readonly sink: LogSink
  /** Errors that end the upload at once, e.g. a lost lease. Errors that are not retryable always do. */
  readonly isFinal?: (error: unknown) => boolean
  /** @default 2 hours */
  readonly retryForMs?: number
  /** @default 60 s */
  readonly attemptTimeoutMs?: number
  readonly clock?: Clock
  readonly random?: () => number
  readonly logger?: Logger
}

const flushBytes = 256 * 1024
const maxCallBytes = 1024 * 1024
const liveForMs = 60_000
const liveFlushMs = 250
const laterFlushMs = 1000

/**
 * Sends a spool's published bytes to the control plane, one call at a time, and goes on from wherever
 * the server is. Small pieces wait 250 ms for more in the first minute, later 1 s; 256 KiB go at once.
 */
export class LogUploader {
  readonly #spool: LogSpool
  readonly #sink: LogSink
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #retry: UploadRetryOptions
  readonly #stop = new AbortController()
  /** Bytes that the server holds. */
  #offset = 0
  #done: Promise<void> | undefined
  #failure: { readonly cause: unknown } | undefined
  #drainTo = 0
  #flush = new AbortController()
  #progress = Promise.withResolvers<void>()

  constructor(options: LogUploaderOptions) {
    this.#spool = options.spool
    this.#sink = options.sink
    this.#clock = options.clock ?? systemClock
    this.#logger = options.logger ?? silentLogger
    this.#retry = {
      clock: this.#clock,
      random: options.random ?? Math.random,
      logger: this.#logger,
      isFinal: options.isFinal ?? (() => false),
      retryForMs: options.retryForMs ?? 2 * 3_600_000,
      attemptTimeoutMs: options.attemptTimeoutMs ?? 60_000,
    }
  }

  /** Bytes that the server holds, as far as is known. */
  get acknowledgedBytes(): number {
    return this.#offset
  }

  /** Starts sending. Call it once. */
  start(): void {
    if (this.#done !== undefined) {
      throw new IllegalStateError('The upload of this log was started already.')
    }
    this.#done = this.#run()
    // Whoever drains or waits gets the failure; until then it must not end the process.
    this.#done.catch(() => {})
  }

  /** Resolves when the spool is sealed and the server holds all of it; rejects when that cannot be. */
  async done(): Promise<void> {
    if (this.#done === undefined) {
      throw new IllegalStateError('The upload of this log was not started.')
    }
    await this.#done
  }

  /**
   * Sends without further delay, and resolves when the server holds everything published so far; of a
   * sealed spool everything. Rejects with what ended the upload, `TimeoutError` or the signal's reason.
   */
  async drain(options?: {
    readonly signal?: AbortSignal | undefined
    readonly timeoutMs?: number
  }): Promise<void> {
    const { signal, timeoutMs } = options ?? {}
    signal?.throwIfAborted()
    const cleanup = new AbortController()
    const races: Promise<unknown>[] = [this.#drained()]
    if (timeoutMs !== undefined) {
      races.push(this.#timeOut(timeoutMs, cleanup.signal))
    }
    if (signal !== undefined) {
      const aborted = Promise.withResolvers<never>()
      signal.addEventListener('abort', () => aborted.reject(signal.reason), {
        once: true,
        signal: cleanup.signal,
      })
      races.push(aborted.promise)
    }
    try {
      await Promise.race(races)
    } finally {
      cleanup.abort()
    }
  }

  /** Ends sending now; what is not acknowledged stays in the spool. */
  async stop(): Promise<void> {
    this.#stop.abort(new IllegalStateError('The upload of this log was stopped.'))
    await this.#done?.catch(() => {})
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    try {
      await this.#moveTo(
        await retryUpload(
          'ask for the offset of the log',
          (attempt) => this.#sink.logOffset({ signal: attempt }),
          this.#retry,
          signal,
        ),
      )
      const startedMs = this.#clock.monotonicMs()
      while (!this.#complete()) {
        if (this.#offset >= this.#spool.published) {
          await this.#spool.reached(this.#offset + 1, { signal })
          continue
        }
        await this.#gather(startedMs)
        await this.#sendOnce()
      }
    } catch (error) {
      this.#failure = { cause: error }
      throw error
    } finally {
      this.#progress.resolve()
    }
  }

  #complete(): boolean {
    if (!this.#spool.sealed || this.#offset < this.#spool.published) return false
    if (this.#offset > this.#spool.end) {
      throw new ProtocolError(
        `The control plane holds ${this.#offset} bytes of a log that has only ${this.#spool.end}: it is not the same log.`,
      )
    }
    return true
  }

  /** Waits until enough is there to be worth a call, or it has waited long enough. */
  async #gather(startedMs: number): Promise<void> {
    const enough = this.#offset + flushBytes
    if (this.#spool.sealed || this.#spool.published >= enough || this.#drainTo > this.#offset)
      return
    const live = this.#clock.monotonicMs() - startedMs < liveForMs
    this.#flush = new AbortController()
    const signal = AbortSignal.any([this.#flush.signal, this.#stop.signal])
    await Promise.race([
      this.#clock.sleep(live ? liveFlushMs : laterFlushMs, { signal }),
      this.#spool.reached(enough, { signal }),
    ]).catch(() => {})
    this.#flush.abort()
    this.#stop.signal.throwIfAborted()
  }

  /** Sends one piece, as often as it takes for the server to move. */
  async #sendOnce(): Promise<void> {
    const startedMs = this.#clock.monotonicMs()
    for (let attempt = 0; ; attempt++) {
      const offset = this.#offset
      const bytes = await this.#spool.readAt(offset, maxCallBytes)
      const serverOffset = await retryUpload(
        `send ${bytes.length} bytes of the log at byte ${offset}`,
        (signal) => this.#sink.appendLog(offset, bytes, { signal }),
        this.#retry,
        this.#stop.signal,
      )
      if (serverOffset !== offset + bytes.length) {
        this.#logger.info({ offset, serverOffset }, 'The control plane is elsewhere in the log')
      }
      await this.#moveTo(serverOffset)
      if (serverOffset > offset) return
      if (this.#clock.monotonicMs() - startedMs >= this.#retry.retryForMs) {
        throw new ProtocolError(
          `The control plane does not take the log beyond byte ${serverOffset}, though it reports no error.`,
        )
      }
      await this.#clock.sleep(retryDelayMs(attempt, this.#retry.random), {
        signal: this.#stop.signal,
      })
    }
  }

  async #moveTo(serverOffset: number): Promise<void> {
    if (!Number.isSafeInteger(serverOffset) || serverOffset < 0) {
      throw new ProtocolError(`The control plane told the log offset ${serverOffset}.`)
    }
    if (serverOffset < this.#spool.start) {
      throw new ProtocolError(
        `The control plane holds ${serverOffset} bytes of the log, but had acknowledged ${this.#spool.start}: it lost some that are not here any more.`,
      )
    }
    this.#offset = serverOffset
    await this.#spool.acknowledge(serverOffset)
    const { resolve } = this.#progress
    this.#progress = Promise.withResolvers<void>()
    resolve()
  }

  async #drained(): Promise<void> {
    if (this.#done === undefined || this.#spool.sealed) return this.done()
    const target = this.#spool.published
    this.#drainTo = Math.max(this.#drainTo, target)
    this.#flush.abort()
    while (this.#offset < target) {
      if (this.#failure !== undefined) throw this.#failure.cause
      await this.#progress.promise
    }
  }

  async #timeOut(timeoutMs: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(timeoutMs, { signal })
    } catch {
      return
    }
    const left = this.#spool.published - this.#offset
    throw new TimeoutError(
      `Cannot send the rest of the log: ${left} bytes are not acknowledged after ${timeoutMs} ms.`,
    )
  }
}
