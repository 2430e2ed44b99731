import type { IncomingMessage } from 'node:http'

/** Why a body was not taken, with the status that says so. */
export type BodyFault = 'too-large' | 'too-slow' | 'broken-off' | 'no-room'

export interface BodyLimits {
  readonly maxBodyBytes: number
  readonly idleMs: number
  readonly bodyMs: number
}

/** Memory that bodies of webhooks may take together. */
export class BodyBudget {
  readonly #maxBytes: number
  #usedBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  take(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.#maxBytes) return false
    this.#usedBytes += bytes
    return true
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes
  }
}

/**
 * Reads a body whole, its bytes as they came. What it took of the budget is the caller's to give back:
 * the length of the body, or nothing after a fault.
 */
export function readBody(
  request: IncomingMessage,
  limits: BodyLimits,
  budget: BodyBudget,
): Promise<Buffer | BodyFault> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const end = (result: Buffer | BodyFault): void => {
      clearTimeout(idle)
      clearTimeout(whole)
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      // A request that is given up may still fail, and nobody needs to hear of it.
      request.on('error', () => {})
      if (typeof result === 'string') {
        request.pause()
        budget.giveBack(bytes)
      }
      resolve(result)
    }
    const onData = (chunk: Buffer): void => {
      idle.refresh()
      if (bytes + chunk.byteLength > limits.maxBodyBytes) return end('too-large')
      if (!budget.take(chunk.byteLength)) return end('no-room')
      bytes += chunk.byteLength
      chunks.push(chunk)
    }
    const onEnd = (): void => end(Buffer.concat(chunks, bytes))
    const onClose = (): void => end('broken-off')
    const idle = setTimeout(() => end('too-slow'), limits.idleMs)
    const whole = setTimeout(() => end('too-slow'), limits.bodyMs)
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
    request.resume()
  })
}
