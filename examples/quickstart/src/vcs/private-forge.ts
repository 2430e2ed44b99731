import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { CommitStatuses } from './commit-statuses.ts'
import { answerForgeApi } from './forge-api.ts'
import { GitHttpBackend } from './git-http-backend.ts'
import { runGit } from './run-git.ts'
import { sendPushWebhooks, type ForgeHook } from './send-push-webhooks.ts'

/** Token of the VCS agent, and password of the developer who pushes. */
export interface ForgeSecrets {
  readonly agentToken: string
  readonly developerPassword: string
}

/**
 * A private git server: real git over HTTP, and as much of GitHub Enterprise's API in front as a control
 * plane asks for. Nobody but the VCS agent has its address and a token.
 */
export class PrivateForge implements AsyncDisposable {
  readonly #directory: string
  readonly #secrets: ForgeSecrets
  readonly #backend: GitHttpBackend
  readonly #server: Server
  #hook: ForgeHook | undefined
  readonly statuses = new CommitStatuses()
  /** Of the links to archives, which the agent follows without its token. */
  readonly #archiveToken = randomBytes(24).toString('hex')
  /** Requests with the agent's token. */
  agentRequests = 0
  /** Status codes that webhooks were answered with. */
  readonly webhookAnswers: number[] = []

  private constructor(directory: string, secrets: ForgeSecrets) {
    this.#directory = directory
    this.#secrets = secrets
    this.#backend = new GitHttpBackend({ directory })
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy())
    })
  }

  static async start(directory: string): Promise<PrivateForge> {
    const secret = (): string => randomBytes(24).toString('hex')
    const secrets = { agentToken: secret(), developerPassword: secret() }
    const forge = new PrivateForge(directory, secrets)
    await once(forge.#server.listen(0, '127.0.0.1'), 'listening')
    return forge
  }

  get url(): string {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has an address object
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get agentToken(): string {
    return this.#secrets.agentToken
  }

  /** Makes an empty repository. @returns the URL that the developer pushes to */
  async createRepository(name: string): Promise<string> {
    const directory = this.#pathOf(name)
    await mkdir(directory, { recursive: true })
    await runGit(directory, ['init', '--quiet', '--bare', '--initial-branch', 'main'])
    await runGit(directory, ['config', 'http.receivepack', 'true'])
    const { host } = new URL(this.url)
    return `http://ada:${this.#secrets.developerPassword}@${host}/${name}.git`
  }

  /** From now on pushes are told there. */
  addHook(hook: ForgeHook): void {
    this.#hook = hook
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const user = this.#userOf(request)
    if (user === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
      return
    }
    if (user === 'agent') this.agentRequests += 1
    if (!this.#backend.serves(request)) {
      await answerForgeApi(request, response, {
        url: this.url,
        root: this.#directory,
        statuses: this.statuses,
        archiveToken: this.#archiveToken,
      })
      return
    }
    const [, name = ''] = /^\/([^?]+?)\.git\//u.exec(request.url ?? '') ?? []
    const isPush = (request.url ?? '').endsWith('/git-receive-pack')
    if (isPush && user === 'agent') {
      response.writeHead(403).end()
      return
    }
    const before = isPush ? await this.#branches(name) : undefined
    await this.#backend.handle(request, response)
    if (before !== undefined && this.#hook !== undefined) {
      const after = await this.#branches(name)
      const pushes = { repository: name, before, after }
      this.webhookAnswers.push(...(await sendPushWebhooks(this.#hook, pushes)))
    }
  }

  #userOf(request: IncomingMessage): 'agent' | 'developer' | undefined {
    const { pathname, searchParams } = new URL(request.url ?? '', this.url)
    if (pathname.startsWith('/_codeload/')) {
      return searchParams.get('token') === this.#archiveToken ? 'agent' : undefined
    }
    const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ')
    const isBasic = scheme.toLowerCase() === 'basic'
    const text = isBasic ? Buffer.from(value, 'base64').toString('utf8') : value
    const secret = isBasic ? text.slice(text.indexOf(':') + 1) : text
    if (secret === this.#secrets.agentToken) return 'agent'
    return secret === this.#secrets.developerPassword ? 'developer' : undefined
  }

  async #branches(name: string): Promise<ReadonlyMap<string, string>> {
    const format = '--format=%(refname) %(objectname)'
    const lines = await runGit(this.#pathOf(name), ['for-each-ref', format, 'refs/heads'])
    return new Map(
      lines.split('\n').flatMap((line) => {
        const [ref, commit] = line.split(' ')
        return ref !== undefined && commit !== undefined ? [[ref, commit] as const] : []
      }),
    )
  }

  #pathOf(name: string): string {
    return join(this.#directory, `${name}.git`)
  }
}
