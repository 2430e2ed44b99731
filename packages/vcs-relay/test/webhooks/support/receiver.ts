import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { RelayWebhook } from '../../../src/relay-webhook.ts'

/** What a control plane keeps of webhooks: the first of each id. */
export class Receiver implements AsyncDisposable {
  readonly #server = createServer()
  readonly #waiting = new Set<() => void>()
  readonly kept = new Map<string, RelayWebhook>()
  /** Deliveries with an id that was kept already. */
  repeated = 0
  isDown = false

  static async start(): Promise<Receiver> {
    const receiver = new Receiver()
    receiver.#server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        if (receiver.isDown) {
          request.socket.destroy()
          return
        }
        const head = decodeURIComponent(String(request.headers['x-webhook']))
        const webhook = { ...(JSON.parse(head) as RelayWebhook), body: Buffer.concat(chunks) }
        if (receiver.kept.has(webhook.id)) receiver.repeated += 1
        else receiver.kept.set(webhook.id, webhook)
        response.writeHead(204).end()
        for (const look of receiver.#waiting) look()
      })
    })
    receiver.#server.listen(0, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  deliveryIds(): readonly (string | undefined)[] {
    return [...this.kept.values()].map(({ deliveryId }) => deliveryId)
  }

  async untilKept(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.kept.size < count) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
