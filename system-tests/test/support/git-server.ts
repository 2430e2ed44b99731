import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { GitHttpBackend } from '@scalr-agent/example-quickstart/git-http-backend'

import { git } from './git.ts'
import { ownPort } from './own-port.ts'

/** Real git over HTTP, on loopback, for any path `/<owner>/<name>.git`. Pushes are taken. */
export class GitServer implements AsyncDisposable {
  readonly directory: string
  readonly #server: Server
  readonly #port: number
  /** Requests as they came: method and target. */
  readonly requests: string[] = []

  private constructor(directory: string, port: number) {
    this.directory = directory
    this.#port = port
    const backend = new GitHttpBackend({ directory })
    this.#server = createServer((request, response) => {
      this.requests.push(`${request.method} ${request.url}`)
      if (backend.serves(request)) void backend.handle(request, response)
      else response.writeHead(404).end()
    })
  }

  static async start(): Promise<GitServer> {
    const server = new GitServer(await mkdtemp(join(tmpdir(), 'git-server-')), await ownPort())
    await server.restart()
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** An empty repository. @returns its URL */
  async create(name: string): Promise<string> {
    const directory = join(this.directory, `${name}.git`)
    await mkdir(directory, { recursive: true })
    await git(directory, 'init', '--quiet', '--bare', '--initial-branch', 'main')
    await git(directory, 'config', 'http.receivepack', 'true')
    await git(directory, 'config', 'uploadpack.allowFilter', 'true')
    // Partial clones fetch single objects; v0 has no other word for that.
    await git(directory, 'config', 'uploadpack.allowAnySHA1InWant', 'true')
    // What is large is sent as it lies here: git would look for hours for what random bytes share.
    await git(directory, 'config', 'core.bigFileThreshold', '1m')
    await git(directory, 'config', 'pack.compression', '0')
    await git(directory, 'config', 'receive.unpackLimit', '1')
    return `${this.url}/${name}.git`
  }

  /** Stops it; `restart` brings it back at the same address. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async restart(): Promise<void> {
    await once(this.#server.listen(this.#port, '127.0.0.1'), 'listening')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.directory, { recursive: true, force: true })
  }
}
