import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { WebSocketServer, type WebSocket } from 'ws'

import { ownPort } from './own-port.ts'

/** What a request was. */
export interface Seen {
  readonly method: string
  /** Without its query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** The body as JSON; `undefined` where there is none. */
  readonly body: unknown
}

type Handler = (request: Seen, response: ServerResponse, raw: IncomingMessage) => void

/**
 * A TLS server in place of an API server, for what a real one does seldom: each test says what it answers. It
 * can be stopped and started again on its port.
 */
export class KubeServer implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'sa-kube-'))
  readonly requests: Seen[] = []
  handler: Handler = (_request, response) => response.writeHead(404).end('{}')
  /** Called with each exec connection; `undefined` answers the upgrade as the handler does. */
  exec: ((socket: WebSocket, request: Seen) => void) | undefined
  /** The subprotocol that the server takes. */
  protocol = 'v5.channel.k8s.io'
  port = 0
  /** By the port of the client: the outermost socket of each connection. */
  readonly #sockets = new Map<number | undefined, Socket>()
  #server: Server | undefined

  static async start(): Promise<KubeServer> {
    const server = new KubeServer()
    server.port = await ownPort()
    makeIdentity(server.directory)
    await server.up()
    return server
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`
  }

  get ca(): string {
    return readFileSync(join(this.directory, 'ca.pem'), 'utf8')
  }

  /** The text of a kubeconfig for it. */
  kubeconfig(user: object = { token: 'canary-token' }, cluster: object = {}): string {
    return JSON.stringify({
      'current-context': 'test',
      clusters: [
        {
          name: 'test',
          cluster: {
            server: this.url,
            'certificate-authority-data': Buffer.from(this.ca).toString('base64'),
            ...cluster,
          },
        },
      ],
      users: [{ name: 'test', user }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'jobs' } }],
    })
  }

  async up(identity = 'server'): Promise<void> {
    const read = (name: string): string => readFileSync(join(this.directory, name), 'utf8')
    const server = createServer({
      key: read(`${identity}.key`),
      cert: read(`${identity}.pem`),
      ca: read('ca.pem'),
      requestCert: true,
      rejectUnauthorized: false,
    })
    const upgrades = new WebSocketServer({ noServer: true, handleProtocols: () => this.protocol })
    server.on('request', (request, response) => {
      collect(request)
        .then((seen) => {
          this.requests.push(seen)
          this.handler(seen, response, request)
        })
        .catch(() => response.destroy())
    })
    server.on('upgrade', (request, socket, head) => {
      const seen = seenOf(request, undefined)
      this.requests.push(seen)
      const { exec } = this
      if (exec === undefined) {
        socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno')
        return
      }
      upgrades.handleUpgrade(request, socket, head, (webSocket) => exec(webSocket, seen))
    })
    for (const event of ['connection', 'secureConnection']) {
      server.on(event, (socket: Socket) => {
        const { remotePort } = socket
        // Of two that share a connection the outer one alone may be destroyed: Node was seen to die of both (SIGSEGV).
        this.#sockets.set(remotePort, socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          if (this.#sockets.get(remotePort) === socket) this.#sockets.delete(remotePort)
        })
      })
    }
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
    this.#server = server
  }

  /** As a killed process: every connection is reset. */
  async down(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = new Promise((resolve) => server.close(resolve))
    this.cut()
    await closed
  }

  /** Resets every connection, and goes on. */
  cut(): void {
    for (const socket of this.#sockets.values()) socket.destroy()
  }

  /** How many connections are open. */
  get connections(): number {
    return [...this.#sockets.values()].filter((socket) => 'encrypted' in socket).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Answers with an object, or with a `Status` of that code. */
export function answer(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** The API server's way to say no. */
export function failure(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message }
}

async function collect(request: IncomingMessage): Promise<Seen> {
  const parts: Buffer[] = []
  for await (const part of request) if (Buffer.isBuffer(part)) parts.push(part)
  const text = Buffer.concat(parts).toString('utf8')
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  return seenOf(request, body)
}

function seenOf(request: IncomingMessage, body: unknown): Seen {
  const url = new URL(request.url ?? '/', 'https://server')
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body,
  }
}

/** An authority, a certificate of the server, one that has expired, and two of clients. */
function makeIdentity(cwd: string): void {
  const openssl = (command: string): void => {
    execFileSync('openssl', command.split(' '), { cwd, stdio: 'pipe' })
  }
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  openssl(`req -x509 ${key} -keyout ca.key -out ca.pem -days 2 -subj /CN=ca`)
  openssl(`req -x509 ${key} -keyout other.key -out other.pem -days 2 -subj /CN=other`)
  writeFileSync(join(cwd, 'names'), 'subjectAltName=IP:127.0.0.1\n')
  const issue = (name: string, subject: string, days: string): void => {
    openssl(`req ${key} -keyout ${name}.key -out ${name}.csr -subj /CN=${subject}`)
    openssl(
      `x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -out ${name}.pem ${days}`,
    )
  }
  issue('server', 'server', '-days 1')
  issue('client', 'client', '-days 1')
  issue('client2', 'client', '-days 1')
  issue('expired', 'expired', '-days -1')
}
