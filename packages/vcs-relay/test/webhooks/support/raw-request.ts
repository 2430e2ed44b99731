import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection on which a test writes what no HTTP client would. */
export class RawConnection implements AsyncDisposable {
  readonly #socket: Socket
  #text = ''
  readonly #closed: Promise<unknown>

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => (this.#text += chunk.toString('latin1')))
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port) })
    await once(socket, 'connect')
    return new RawConnection(socket)
  }

  write(text: string | Uint8Array): void {
    this.#socket.write(text)
  }

  /** Ends only what is written. */
  end(): void {
    this.#socket.end()
  }

  /** All that came until the other side closed. */
  async untilClosed(): Promise<string> {
    await this.#closed
    return this.#text
  }

  async untilText(part: string): Promise<string> {
    while (!this.#text.includes(part)) {
      await Promise.race([once(this.#socket, 'data'), this.#closed])
      if (this.#socket.destroyed && !this.#text.includes(part)) {
        throw new Error(`Closed without '${part}': ${this.#text}`)
      }
    }
    return this.#text
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy()
    await this.#closed
  }
}
