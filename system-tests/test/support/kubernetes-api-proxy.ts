import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, request, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'

import type { KubernetesScene } from './kubernetes-scene.ts'
import { makeTlsIdentity } from './tls-identity.ts'

interface Upstream {
  readonly host: string
  readonly port: string
  readonly ca: Buffer
}

/** Stands between an agent and the API server, and answers or cuts as a bad day would have it. */
export class ApiProxy implements AsyncDisposable {
  /** Of an agent that goes through here. */
  readonly kubeconfig: string
  /** How many requests were turned away, and how many streams were cut. */
  turnedAway = 0
  cuts = 0
  readonly #server: Server
  readonly #streams = new Set<Duplex>()
  #throttles: () => boolean = () => false

  private constructor(server: Server, kubeconfig: string) {
    this.#server = server
    this.kubeconfig = kubeconfig
  }

  static async start(scene: KubernetesScene): Promise<ApiProxy> {
    const config = JSON.parse(readFileSync(scene.agentKubeconfig, 'utf8'))
    const { cluster } = config.clusters[0]
    const { hostname: host, port } = new URL(cluster.server)
    const ca = Buffer.from(cluster['certificate-authority-data'], 'base64')
    const { key, cert, caCert } = makeTlsIdentity(scene.platform.directory)
    const server = createServer({ key, cert })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const path = join(scene.platform.directory, 'proxied.kubeconfig')
    const authority = Buffer.from(caCert).toString('base64')
    const clusters = [
      { name: 'test', cluster: { server: url, 'certificate-authority-data': authority } },
    ]
    await writeFile(path, JSON.stringify({ ...config, clusters }))
    const proxy = new ApiProxy(server, path)
    server.on('request', (incoming, answer) => {
      proxy.#forward({ host, port, ca }, incoming, answer)
    })
    server.on('upgrade', (incoming, socket, head) => {
      proxy.#upgrade({ host, port, ca }, incoming, socket, head)
    })
    return proxy
  }

  /** From now on these requests get 429, as of a server that has too many. */
  throttle(which: () => boolean): void {
    this.#throttles = which
  }

  /** Breaks every watch and every process in a container that is open. */
  cut(): void {
    for (const stream of this.#streams) {
      this.cuts += 1
      stream.destroy()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #forward(upstream: Upstream, incoming: IncomingMessage, answer: ServerResponse): void {
    if (this.#throttles()) {
      this.turnedAway += 1
      answer.writeHead(429, { 'retry-after': '1', 'content-type': 'application/json' })
      const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 429 }
      answer.end(
        JSON.stringify({ ...status, reason: 'TooManyRequests', message: 'too many requests' }),
      )
      return
    }
    const { method, url, headers } = incoming
    const forwarded = request({ ...upstream, method, path: url, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers)
      if (/[?&]watch=/u.test(url ?? '')) this.#keep(response.socket)
      response.pipe(answer)
      response.on('error', () => answer.destroy())
    })
    forwarded.on('error', () => answer.destroy())
    answer.on('close', () => forwarded.destroy())
    incoming.pipe(forwarded)
  }

  #upgrade(upstream: Upstream, incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { method, url, headers } = incoming
    const forwarded = request({ ...upstream, method, path: url, headers })
    const close = (): void => {
      socket.destroy()
    }
    forwarded.on('error', close)
    forwarded.on('response', close)
    forwarded.on('upgrade', (response, remote: Duplex, first) => {
      const lines = Object.entries(response.headers).map(
        ([name, value]) => `${name}: ${String(value)}`,
      )
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`)
      socket.write(first)
      remote.write(head)
      for (const [from, to] of [
        [socket, remote],
        [remote, socket],
      ] as const) {
        from.pipe(to)
        from.on('error', () => to.destroy())
        from.on('close', () => to.destroy())
      }
      this.#keep(socket)
    })
    forwarded.end()
  }

  #keep(stream: Duplex): void {
    this.#streams.add(stream)
    stream.on('close', () => this.#streams.delete(stream))
  }
}
