import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'

import { ScalrAgentError, type Clock } from '@scalr-agent/core'

import { FairTurn } from './fair-turn.ts'
import { frameHeader, frameTypes, makeFrame, makeJsonFrame } from './frame.ts'
import { IdleWatch } from './idle-watch.ts'

export interface FrameEncoderOptions {
  /** First frame, where the body has one. */
  readonly head?: unknown
  /** Absent: head and end alone. */
  readonly source?: Readable | undefined
  /** For messages: `the answer of 'ghe'`. */
  readonly what: string
  readonly clock: Clock
  readonly keepAliveMs: number
  /** A source that gives nothing for that long has broken off. */
  readonly idleMs: number
  /** Frames that nobody takes for that long are given up. */
  readonly stalledMs: number
  /** Whether a small call is under way that this body, a bulk one, shall not hold up. */
  readonly othersWait?: (() => boolean) | undefined
  /** Bytes of the source went out. */
  readonly onProgress?: () => void
}

/**
 * A body in frames. Reads of the source what is asked for and no more, so that a slow taker slows it down.
 * A source that breaks off ends in an abort frame, never in an end frame.
 */
export class FrameEncoder extends Readable {
  readonly #options: FrameEncoderOptions
  readonly #source: Readable | undefined
  readonly #hash = createHash('sha256')
  readonly #watch: IdleWatch
  readonly #turn: FairTurn
  #bytes = 0
  #wanted = false
  #resting = false
  #finished = false
  #sourceEnded = false
  #sentMs = 0

  constructor(options: FrameEncoderOptions) {
    super({ highWaterMark: 256 * 1024 })
    this.#options = options
    this.#turn = new FairTurn(options.clock, options.othersWait)
    this.#source = options.source
    const { clock, keepAliveMs, idleMs } = options
    this.#watch = new IdleWatch({
      clock,
      everyMs: Math.max(10, Math.min(keepAliveMs, idleMs / 4)),
      check: (ms) => this.#checkIdle(ms),
    })
    if (options.head !== undefined) this.push(makeJsonFrame(frameTypes.head, options.head))
    const source = options.source
    source?.on('readable', () => this.#pump())
    source?.on('end', () => {
      this.#sourceEnded = true
      this.#pump()
    })
    source?.on('error', (error) => this.#abort(error))
    source?.on('close', () => {
      if (!this.#sourceEnded) this.#abort(undefined)
    })
  }

  /** Whether everything was handed over, the end included. */
  get finished(): boolean {
    return this.#finished
  }

  override _read(): void {
    this.#wanted = true
    this.#pump()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#watch[Symbol.dispose]()
    // Its own 'error' listener stays, so that a late error hurts nobody.
    this.#source?.destroy()
    callback(error)
  }

  #pump(): void {
    while (this.#wanted && !this.#resting && !this.#finished && !this.destroyed) {
      if (this.#source === undefined || this.#sourceEnded) return this.#end()
      // Without a size: all that is there, in one piece.
      const chunk: unknown = this.#source.read()
      if (chunk === null) {
        // A source that had ended before we listened says so no more.
        if (this.#source.readableEnded) this.#sourceEnded = true
        else if (this.#source.destroyed) return this.#abort(this.#source.errored ?? undefined)
        else return
        continue
      }
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      if (!(bytes instanceof Uint8Array)) {
        return this.#abort(new TypeError('The body is no stream of bytes.'))
      }
      if (bytes.length === 0) continue
      this.#hash.update(bytes)
      this.#bytes += bytes.length
      this.push(frameHeader(frameTypes.data, bytes.length))
      this.#send(bytes)
      this.#watch.touch()
      this.#options.onProgress?.()
      if (this.#turn.endsAfter(bytes.length)) this.#rest()
    }
  }

  #rest(): void {
    this.#resting = true
    this.#turn.rest(() => {
      this.#resting = false
      this.#pump()
    })
  }

  #send(frame: Uint8Array): void {
    this.#sentMs = this.#options.clock.monotonicMs()
    this.#wanted = this.push(frame)
  }

  #end(): void {
    this.#last(
      makeJsonFrame(frameTypes.end, { bytes: this.#bytes, sha256: this.#hash.digest('hex') }),
    )
  }

  #abort(error: unknown): void {
    if (this.#finished || this.destroyed) return
    // Messages of our family hold no secret; of others nothing is known.
    const reason = ScalrAgentError.isInstance(error)
      ? error.message
      : `${this.#options.what} broke off.`
    this.#last(makeJsonFrame(frameTypes.abort, { reason: reason.slice(0, 2000) }))
  }

  #last(frame: Buffer): void {
    this.#finished = true
    this.#watch[Symbol.dispose]()
    this.push(frame)
    this.push(null)
    this.#options.onProgress?.()
  }

  #checkIdle(idleMs: number): void {
    const { clock, keepAliveMs, stalledMs, what } = this.#options
    const sinceSentMs = clock.monotonicMs() - this.#sentMs
    if (!this.#wanted) {
      // Not the source's silence: nobody takes what it gave.
      this.#watch.touch()
      if (this.#sentMs > 0 && sinceSentMs >= stalledMs) {
        this.destroy(new Error(`Nobody took ${what} for ${Math.round(stalledMs / 1000)} s.`))
      }
      return
    }
    if (idleMs >= this.#options.idleMs) {
      this.#abort(undefined)
      this.#source?.destroy()
    } else if (sinceSentMs >= keepAliveMs) this.#send(makeFrame(frameTypes.keepAlive))
  }
}
