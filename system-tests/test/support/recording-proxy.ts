import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const jwt = /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/gu

/** Changes the body of a JSON answer before the agent gets it. */
export type Tamper = (method: string, path: string, body: Buffer) => Buffer

/**
 * Stands between an agent and its control plane and remembers every token that went by, so that a test
 * knows the short-lived ones, which are kept nowhere.
 */
export class RecordingProxy implements AsyncDisposable {
  /** Session, job and run tokens, as far as they were seen. */
  readonly tokens = new Set<string>()
  readonly #server: Server

  private constructor(target: () => string, tamper: Tamper) {
    this.#server = createServer((incoming, answer) => {
      const { hostname, port } = new URL(target())
      this.#note(incoming.headers.authorization ?? '')
      const { method, url: path, headers } = incoming
      const onward = request({ hostname, port, method, path, headers }, (reply) => {
        reply.on('error', () => answer.destroy())
        if (reply.headers['content-type']?.includes('json') !== true) {
          answer.writeHead(reply.statusCode ?? 502, reply.headers)
          reply.pipe(answer)
          return
        }
        const chunks: Buffer[] = []
        reply.on('data', (chunk: Buffer) => chunks.push(chunk))
        reply.on('end', () => {
          const body = tamper(method ?? '', path ?? '', Buffer.concat(chunks))
          this.#note(body.toString())
          answer.writeHead(reply.statusCode ?? 502, {
            ...reply.headers,
            'content-length': body.length,
          })
          answer.end(body)
        })
      })
      onward.on('error', () => answer.destroy())
      answer.on('close', () => onward.destroy())
      incoming.pipe(onward)
    })
  }

  static async start(
    target: () => string,
    tamper: Tamper = (_method, _path, body) => body,
  ): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(target, tamper)
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #note(text: string): void {
    for (const [token] of text.matchAll(jwt)) this.tokens.add(token)
    const basic = /^Basic (?<pair>.+)$/u.exec(text)?.groups?.['pair']
    if (basic !== undefined) this.#note(Buffer.from(basic, 'base64').toString())
  }
}
