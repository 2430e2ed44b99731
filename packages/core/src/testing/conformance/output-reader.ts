import type { Workload } from '../../executor/index.ts'
import { fail, show } from './assertions.ts'

/** Follows a workload's output, so that a behaviour can await what it says. */
export class OutputReader implements AsyncDisposable {
  readonly #abort = new AbortController()
  readonly #iterator: AsyncIterator<Uint8Array>
  readonly #chunks: Uint8Array[] = []
  #ended = false

  constructor(
    workload: Workload,
    options: { readonly signal: AbortSignal; readonly fromByte?: number },
  ) {
    const signal = AbortSignal.any([options.signal, this.#abort.signal])
    this.#iterator = workload.output(options.fromByte ?? 0, { signal })[Symbol.asyncIterator]()
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get text(): string {
    return this.bytes.toString('utf8')
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Reads until the text stands in the output; fails when the output ends before that. */
  async until(text: string): Promise<void> {
    while (!this.text.includes(text)) {
      if (!(await this.#read())) {
        fail(`the output ended without ${show(text)}; it was ${show(this.text)}`)
      }
    }
  }

  /** Reads to the end. */
  async end(): Promise<Buffer> {
    while (await this.#read());
    return this.bytes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort()
    await this.#iterator.return?.()
  }

  async #read(): Promise<boolean> {
    if (this.#ended) return false
    const result = await this.#iterator.next()
    if (result.done === true) this.#ended = true
    else this.#chunks.push(result.value)
    return !this.#ended
  }
}

/** All of a workload's output from that byte on. */
export async function readOutput(
  workload: Workload,
  fromByte: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of workload.output(fromByte, { signal })) chunks.push(chunk)
  return Buffer.concat(chunks)
}
