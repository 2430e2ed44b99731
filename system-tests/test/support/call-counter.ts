import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { untilText } from './until-text.ts'

/** Counts who calls, so that a test sees how often a job did something. */
export class CallCounter implements AsyncDisposable {
  /** The path of each call, without its first slash. */
  readonly calls: string[] = []
  readonly #server: Server
  readonly #held = new Map<string, Promise<void>>()

  private constructor() {
    this.#server = createServer((request, response) => {
      const call = (request.url ?? '').slice(1)
      this.calls.push(call)
      void Promise.resolve(this.#held.get(call)).then(() => response.end())
    })
  }

  static async start(address: string): Promise<CallCounter> {
    const counter = new CallCounter()
    await once(counter.#server.listen(0, address), 'listening')
    return counter
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo
    return `http://${address}:${port}`
  }

  /** Calls of this path have no answer before `letGo`. */
  hold(call: string): { letGo(): void } {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held.set(call, promise)
    return { letGo: resolve }
  }

  /** Resolves once it was called so. */
  async until(call: string): Promise<void> {
    await untilText(() => this.calls.join('\n'), call)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
