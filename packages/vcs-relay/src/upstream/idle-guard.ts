import { Transform, type Readable, type TransformCallback } from 'node:stream'

import { TimeoutError } from '@scalr-agent/core'

/**
 * A body that is given up when its sender stands still while somebody waits for more. Ends as its source
 * ends: an early end of the source is an error here.
 */
export function guardIdle(source: Readable, idleTimeoutMs: number): Readable {
  const guard = new IdleGuard(idleTimeoutMs)
  source.once('error', (error) => guard.destroy(error))
  source.once('close', () => {
    if (!source.readableEnded) guard.destroy(new Error('the body was broken off'))
  })
  guard.once('close', () => {
    if (!source.readableEnded) source.destroy()
  })
  // Whoever reads it hears of its end; a guard that nobody reads any more must not end the process.
  guard.on('error', () => {})
  source.pipe(guard)
  return guard
}

class IdleGuard extends Transform {
  readonly #idleTimeoutMs: number
  #timer: NodeJS.Timeout | undefined

  constructor(idleTimeoutMs: number) {
    super()
    this.#idleTimeoutMs = idleTimeoutMs
  }

  override _read(size: number): void {
    this.#arm()
    super._read(size)
  }

  override _transform(chunk: unknown, _encoding: string, callback: TransformCallback): void {
    this.#disarm()
    callback(null, chunk)
  }

  override _flush(callback: TransformCallback): void {
    this.#disarm()
    callback()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#disarm()
    callback(error)
  }

  // Only while more is wanted: a slow reader is no fault of the sender.
  #arm(): void {
    this.#timer ??= setTimeout(() => {
      this.destroy(
        new TimeoutError(
          `Cannot send a body on: nothing more of it came for ${this.#idleTimeoutMs} ms.`,
        ),
      )
    }, this.#idleTimeoutMs)
  }

  #disarm(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
