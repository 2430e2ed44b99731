import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/**
 * A TCP proxy before the control plane that can be cut and healed, to part one agent from it. `refuse`
 * destroys every connection and each new one; `hang` lets nothing through either way, and what was sent
 * meanwhile arrives when it is healed.
 */
export class CuttableProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #cut: 'refuse' | 'hang' | undefined

  private constructor(target: URL) {
    this.#server = createServer((client) => {
      if (this.#cut === 'refuse') {
        client.destroy()
        return
      }
      const upstream = connect(Number(target.port), target.hostname)
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(from)
        from.on('data', (bytes) => to.write(bytes))
        from.on('end', () => to.end())
        from.on('error', () => to.destroy())
        from.on('close', () => {
          this.#sockets.delete(from)
          to.destroy()
        })
        if (this.#cut === 'hang') from.pause()
      }
    })
  }

  static async start(target: string): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(new URL(target))
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  cut(how: 'refuse' | 'hang'): void {
    this.#cut = how
    for (const socket of this.#sockets) {
      if (how === 'refuse') socket.destroy()
      else socket.pause()
    }
  }

  heal(): void {
    this.#cut = undefined
    for (const socket of this.#sockets) socket.resume()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
