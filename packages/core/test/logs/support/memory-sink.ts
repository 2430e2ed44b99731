import type { LogSink } from '../../../src/logs/index.ts'

/** What a control plane does with a log, in memory. `fault` may throw before or after the append. */
export class MemorySink implements LogSink {
  content = Buffer.alloc(0)
  readonly calls: { readonly offset: number; readonly bytes: number }[] = []
  fault: ((when: 'before' | 'after', signal: AbortSignal | undefined) => Promise<void>) | undefined
  #inFlight = 0
  mostInFlight = 0

  async appendLog(
    offset: number,
    bytes: Uint8Array,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<number> {
    this.calls.push({ offset, bytes: bytes.length })
    this.#inFlight++
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight)
    try {
      await this.fault?.('before', options?.signal)
      if (offset === this.content.length) this.content = Buffer.concat([this.content, bytes])
      await this.fault?.('after', options?.signal)
      return this.content.length
    } finally {
      this.#inFlight--
    }
  }

  async logOffset(options?: { readonly signal?: AbortSignal | undefined }): Promise<number> {
    await this.fault?.('before', options?.signal)
    return this.content.length
  }
}
