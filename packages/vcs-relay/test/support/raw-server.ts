import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** One request as it came over the wire. */
export interface RawRequest {
  readonly requestLine: string
  /** The second word of the request line, byte for byte. */
  readonly target: string
  readonly headLines: readonly string[]
  /** Everything behind the head that came with it. */
  readonly rest: Buffer
}

/** A server without a parser that could hide anything: heads are cut at the empty line and shown. */
export class RawServer implements AsyncDisposable {
  readonly requests: RawRequest[] = []
  readonly url: string
  readonly #server: Server
  readonly #sockets: Set<Socket>

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server
    this.#sockets = sockets
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** @param answer writes whatever it likes */
  static async listen(
    answer: (socket: Socket, request: RawRequest) => void = answerWith('ok'),
  ): Promise<RawServer> {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => {})
      let pending = Buffer.alloc(0)
      socket.on('data', (chunk) => {
        pending = Buffer.concat([pending, chunk])
        const end = pending.indexOf('\r\n\r\n')
        if (end === -1) return
        const [requestLine = '', ...headLines] = pending
          .subarray(0, end)
          .toString('latin1')
          .split('\r\n')
        const rest = pending.subarray(end + 4)
        pending = Buffer.alloc(0)
        const target = requestLine.slice(requestLine.indexOf(' ') + 1, requestLine.lastIndexOf(' '))
        const request = { requestLine, target, headLines, rest }
        raw.requests.push(request)
        answer(socket, request)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const raw = new RawServer(server, sockets)
    return raw
  }

  /** Names of the header lines of the last request, in lower case. */
  get lastNames(): readonly string[] {
    return (this.requests.at(-1)?.headLines ?? []).map((line) =>
      line.slice(0, line.indexOf(':')).toLowerCase(),
    )
  }

  get openSockets(): number {
    return this.#sockets.size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** A whole answer with that body. */
export function answerWith(
  body: string,
  lines: readonly string[] = [],
  status = '200 OK',
): (socket: Socket) => void {
  const head = [
    `HTTP/1.1 ${status}`,
    ...lines,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    '',
  ]
  return (socket) => socket.write(head.join('\r\n') + body)
}
