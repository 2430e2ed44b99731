import { createHash } from 'node:crypto'
import { Transform, type TransformCallback } from 'node:stream'

import type { Clock } from '@scalr-agent/core'
import type { z } from 'zod'

import type { RequestFate } from '../relay-exchange.ts'
import { RelayError, type RelayErrorCode } from '../relay-error.ts'
import { FairTurn } from './fair-turn.ts'
import { frameHeaderBytes, frameTypes, maxJsonFrameBytes } from './frame.ts'
import { frameAbortSchema, frameEndSchema } from './frame-heads.ts'
import { IdleWatch } from './idle-watch.ts'

export interface FrameDecoderOptions<Head> {
  /** Given: the first frame must be a head. */
  readonly head?: {
    readonly schema: z.ZodType<Head>
    readonly onHead: (head: Head) => void
  }
  /** For messages: `the answer of agent-1`. */
  readonly what: string
  /** Of the request, should the body break off now. */
  readonly fate: () => RequestFate
  readonly clock: Clock
  /** A body of which nothing comes for that long has broken off. */
  readonly idleMs: number
  /** A body that nobody reads for that long is given up. */
  readonly stalledMs: number
  /** Whether a small call is under way that this body, a bulk one, shall not hold up. */
  readonly othersWait?: (() => boolean) | undefined
  /** Called once, when somebody wants the first byte. */
  readonly onWanted?: () => void
}

/**
 * The bytes of a body out of its frames. Ends well only when the sender said so and bytes and digest are
 * what it says; everything else destroys the stream with a {@link RelayError}.
 */
export class FrameDecoder<Head = undefined> extends Transform {
  readonly #options: FrameDecoderOptions<Head>
  readonly #hash = createHash('sha256')
  readonly #watch: IdleWatch
  readonly #turn: FairTurn
  /** Start of a header or of JSON, until the rest has come. */
  #held: Buffer[] = []
  #heldBytes = 0
  #type = 0
  #payloadLeft = 0
  #bytes = 0
  #headSeen: boolean
  #ended = false
  #wantedOnce = false
  #readMs: number

  constructor(options: FrameDecoderOptions<Head>) {
    super({ readableHighWaterMark: 256 * 1024, writableHighWaterMark: 256 * 1024 })
    this.#options = options
    this.#turn = new FairTurn(options.clock, options.othersWait)
    this.#headSeen = options.head === undefined
    this.#readMs = options.clock.monotonicMs()
    this.#watch = new IdleWatch({
      clock: options.clock,
      everyMs: Math.max(10, options.idleMs / 4),
      check: (idleMs) => this.#checkIdle(idleMs),
    })
  }

  /** The sender lives, though nothing of the body came. */
  touch(): void {
    this.#watch.touch()
  }

  override _read(size: number): void {
    this.#readMs = this.#options.clock.monotonicMs()
    if (!this.#wantedOnce) {
      this.#wantedOnce = true
      this.#watch.touch()
      this.#options.onWanted?.()
    }
    super._read(size)
  }

  override _transform(chunk: Buffer, _encoding: string, callback: TransformCallback): void {
    this.#watch.touch()
    try {
      this.#take(chunk)
      if (this.#turn.endsAfter(chunk.length)) this.#turn.rest(callback)
      else callback()
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)))
    }
  }

  override _flush(callback: TransformCallback): void {
    callback(this.#ended ? null : this.#broken('it ended early'))
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#watch[Symbol.dispose]()
    callback(
      error === null || error instanceof RelayError
        ? error
        : this.#broken('the connection was cut', { cause: error }),
    )
  }

  #take(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#type === frameTypes.data) {
        const piece = chunk.subarray(at, at + this.#payloadLeft)
        at += piece.length
        this.#payloadLeft -= piece.length
        this.#hash.update(piece)
        this.#bytes += piece.length
        this.push(piece)
        if (this.#payloadLeft === 0) this.#type = 0
        continue
      }
      const missing = (this.#type === 0 ? frameHeaderBytes : this.#payloadLeft) - this.#heldBytes
      const piece = chunk.subarray(at, at + missing)
      at += piece.length
      this.#held.push(piece)
      this.#heldBytes += piece.length
      if (piece.length < missing) return
      const whole = this.#held.length === 1 ? piece : Buffer.concat(this.#held)
      this.#held = []
      this.#heldBytes = 0
      if (this.#type === 0) this.#begin(whole)
      else this.#json(whole)
    }
  }

  #begin(header: Buffer): void {
    const type = header[0] ?? 0
    const length = header.readUInt32BE(1)
    if (this.#ended) throw this.#broken('more came after its end')
    const isData = type === frameTypes.data || type === frameTypes.keepAlive
    if (!this.#headSeen && type !== frameTypes.head && type !== frameTypes.abort) {
      throw this.#broken('it does not begin with a head')
    }
    if (!isData && length > maxJsonFrameBytes) throw this.#broken('a frame is too large')
    if (type < frameTypes.head || type > frameTypes.abort || (length === 0 && !isData)) {
      throw this.#broken('it is not made of frames')
    }
    if (length === 0) return
    if (type === frameTypes.keepAlive) throw this.#broken('it is not made of frames')
    this.#type = type
    this.#payloadLeft = length
  }

  #json(payload: Buffer): void {
    const type = this.#type
    this.#type = 0
    this.#payloadLeft = 0
    if (type === frameTypes.head) return this.#takeHead(payload)
    if (type === frameTypes.abort) {
      const { reason } = this.#parse(frameAbortSchema, payload)
      throw this.#broken(`its sender gave it up: ${reason}`, {
        code: this.#headSeen ? 'BROKEN_OFF' : 'AGENT_FAILED',
      })
    }
    const end = this.#parse(frameEndSchema, payload)
    if (end.bytes !== this.#bytes) {
      throw this.#broken(`${this.#bytes} of ${end.bytes} bytes came`)
    }
    if (end.sha256 !== this.#hash.digest('hex')) throw this.#broken('its digest is another one')
    this.#ended = true
  }

  #takeHead(payload: Buffer): void {
    const { head } = this.#options
    if (head === undefined || this.#headSeen) throw this.#broken('it has a head too many')
    this.#headSeen = true
    head.onHead(this.#parse(head.schema, payload))
  }

  #parse<T>(schema: z.ZodType<T>, payload: Buffer): T {
    let value: unknown
    try {
      value = JSON.parse(payload.toString('utf8'))
    } catch (cause) {
      throw this.#broken('a frame is no JSON', { cause })
    }
    const result = schema.safeParse(value)
    if (result.success) return result.data
    const [issue] = result.error.issues
    // The path of what is wrong, never its value: that may be a header with a token.
    throw this.#broken(`a frame does not fit the protocol (${issue?.path.map(String).join('.')})`)
  }

  #broken(
    why: string,
    options: { readonly code?: RelayErrorCode; readonly cause?: unknown } = {},
  ): RelayError {
    const { what, fate } = this.#options
    return new RelayError(`Cannot read ${what}: ${why}.`, {
      code: options.code ?? 'BROKEN_OFF',
      fate: fate(),
      cause: options.cause,
    })
  }

  #checkIdle(idleMs: number): void {
    const { clock, stalledMs } = this.#options
    if (this.#ended || this.destroyed) return
    if (this.#wantedOnce && this.readableLength < this.readableHighWaterMark) {
      if (idleMs >= this.#options.idleMs) this.#giveUp('Nothing came of', this.#options.idleMs)
      return
    }
    // Not the sender's silence: nobody takes what it gave.
    this.#watch.touch()
    if (clock.monotonicMs() - this.#readMs >= stalledMs) this.#giveUp('Nobody read', stalledMs)
  }

  #giveUp(why: string, ms: number): void {
    const { what, fate } = this.#options
    const message = `${why} ${what} for ${Math.round(ms / 1000)} s; it was given up.`
    this.destroy(new RelayError(message, { code: 'TIMED_OUT', fate: fate() }))
  }
}
