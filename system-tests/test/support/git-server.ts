import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { GitHttpBackend } from '@scalr-agent/example-quickstart/git-http-backend'

import { git } from './git.ts'

/** Real git over HTTP, on loopback, for any path `/<owner>/<name>.git`. Pushes are taken. */
export class GitServer implements AsyncDisposable {
  readonly directory: string
  readonly #server: Server
  /** Requests as they came: method and target. */
  readonly requests: string[] = []

  private constructor(directory: string) {
    this.directory = directory
    const backend = new GitHttpBackend({ directory })
    this.#server = createServer((request, response) => {
      this.requests.push(`${request.method} ${request.url}`)
      if (backend.serves(request)) void backend.handle(request, response)
      else response.writeHead(404).end()
    })
  }

  static async start(): Promise<GitServer> {
    const server = new GitServer(await mkdtemp(join(tmpdir(), 'git-server-')))
    await once(server.#server.listen(0, '127.0.0.1'), 'listening')
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
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
    return `${this.url}/${name}.git`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
    await rm(this.directory, { recursive: true, force: true })
  }
}
