import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Counts who calls, so that a test sees how often a job did something. */
export class CallCounter implements AsyncDisposable {
  /** The path of each call, without its first slash. */
  readonly calls: string[] = []
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => {
      this.calls.push((request.url ?? '').slice(1))
      response.end()
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
