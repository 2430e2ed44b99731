import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

import { serveGit } from './git-backend.ts'
import { GithubDescription, type DescribedOperation } from './github-description.ts'

export interface GhesStandInOptions {
  readonly token: string
  /** Directory with bare repositories, `owner/name.git`. */
  readonly gitRoot?: string
  /** What its archives hold. */
  readonly archive?: Buffer
}

export interface SeenRequest {
  readonly method: string
  readonly target: string
  readonly authorization: string | undefined
  readonly body: unknown
}

/**
 * A GitHub Enterprise Server as GitHub's description says: every call of the API is checked against it and
 * answered with GitHub's own example. With codeload on an origin of its own, pages that name the repository by
 * its id, ETags, and git.
 */
export class GhesStandIn implements AsyncDisposable {
  readonly url: string
  readonly codeloadUrl: string
  readonly seen: SeenRequest[] = []
  readonly seenByCodeload: SeenRequest[] = []
  /** Answers or requests that are not as described. */
  readonly faults: string[] = []
  readonly #servers: readonly Server[]
  readonly #options: GhesStandInOptions
  readonly #description = GithubDescription.load()

  static async start(options: GhesStandInOptions): Promise<GhesStandIn> {
    const servers = [createServer(), createServer()]
    for (const server of servers) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    }
    return new GhesStandIn(servers, options)
  }

  private constructor(servers: readonly Server[], options: GhesStandInOptions) {
    this.#servers = servers
    this.#options = options
    const [main, codeload] = servers
    if (main === undefined || codeload === undefined) throw new Error('two servers are needed')
    this.url = urlOf(main)
    this.codeloadUrl = urlOf(codeload)
    main.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response).catch((error: unknown) => {
        this.faults.push(String(error))
        response.destroy()
      })
    })
    codeload.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.seenByCodeload.push(seenOf(request, undefined))
      const isKnown = /^\/[^/]+\/[^/]+\/legacy\.(?:tar\.gz|zip)\/.+\?token=of-this-archive$/u.test(
        request.url ?? '',
      )
      response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/x-gzip' })
      response.end(isKnown ? options.archive : undefined)
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = request
    const [path = '', query = ''] = url.split('?')
    if (!path.startsWith('/api/v3')) {
      this.seen.push(seenOf(request, undefined))
      const basic = Buffer.from(`x-access-token:${this.#options.token}`).toString('base64')
      if (headers.authorization !== `Basic ${basic}` || this.#options.gitRoot === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="GitHub"' }).end()
        return
      }
      serveGit(this.#options.gitRoot, request, response)
      return
    }
    const body =
      ['POST', 'PATCH', 'PUT'].includes(method) && headers['content-length'] !== '0'
        ? await json(request)
        : undefined
    this.seen.push(seenOf(request, body))
    response.setHeader('x-github-request-id', '1A2B:3C4D')
    response.setHeader('x-github-enterprise-version', `${this.#description.version}.0`)
    if (headers.authorization !== `Bearer ${this.#options.token}`)
      return problem(response, 401, 'Bad credentials')
    if (headers['user-agent'] === undefined)
      return problem(response, 403, 'Request forbidden by administrative rules')
    const below = path.slice('/api/v3'.length) || '/'
    const archive = /^\/repos\/([^/]+\/[^/]+)\/(tar|zip)ball\/(.+)$/u.exec(below)
    if (archive !== null) {
      const format = archive[2] === 'tar' ? 'legacy.tar.gz' : 'legacy.zip'
      const location = `${this.codeloadUrl}/${archive[1]}/${format}/${archive[3]}?token=of-this-archive`
      response.writeHead(302, { location }).end()
      return
    }
    const operation = this.#description.find(
      method === 'HEAD' ? 'GET' : method,
      // The root of the files; described with a path alone.
      below.replace(/\/contents\/?$/u, '/contents/{path}'),
    )
    if (operation === undefined) return problem(response, 404, 'Not Found')
    const fault = body === undefined ? undefined : operation.requestFault(body)
    if (fault !== undefined) {
      this.faults.push(`${method} ${operation.path}: ${fault}`)
      return problem(response, 422, 'Validation Failed')
    }
    this.#reply(operation, { headers, path, query, method }, response)
  }

  #reply(
    operation: DescribedOperation,
    asked: Pick<IncomingMessage, 'headers'> & {
      readonly path: string
      readonly query: string
      readonly method: string
    },
    response: ServerResponse,
  ): void {
    if (operation.status === 204) {
      response.writeHead(204).end()
      return
    }
    const example = completed(operation)
    const fault = operation.answerFault(example)
    if (fault !== undefined) this.faults.push(`${asked.method} ${operation.path} answers: ${fault}`)
    const text = JSON.stringify(example)
    const etag = `W/"${createHash('sha256').update(text).digest('hex')}"`
    response.setHeader('etag', etag)
    response.setHeader('content-type', 'application/json; charset=utf-8')
    response.setHeader('set-cookie', 'logged_in=no; path=/')
    const parameters = new URLSearchParams(asked.query)
    const page = Number(parameters.get('page') ?? 1)
    if (Array.isArray(example) && operation.queryKeys.includes('page') && page < 3) {
      parameters.set('page', String(page + 1))
      const byId = asked.path.replace(/\/repos\/[^/]+\/[^/]+/u, '/repositories/1296269')
      response.setHeader('link', `<${this.url}${byId}?${parameters.toString()}>; rel="next"`)
    }
    if (asked.headers['if-none-match'] === etag) {
      response.writeHead(304).end()
      return
    }
    response.writeHead(operation.status).end(asked.method === 'HEAD' ? undefined : text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#servers.map(async (server) => {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      }),
    )
  }
}

type Example = Record<string, unknown>

/** Examples of GitHub that lack what its own schema requires, completed. */
const completions: Readonly<Record<string, (example: Example) => unknown>> = {
  '/orgs/{org}': (example) => ({ ...example, archived_at: null }),
  '/repos/{owner}/{repo}': withLanguage,
  '/repos/{owner}/{repo}/branches': withProtection,
  '/repos/{owner}/{repo}/commits/{ref}': withContents,
  '/repos/{owner}/{repo}/commits/{commit_sha}/pulls': withTeams,
  '/repos/{owner}/{repo}/pulls': withTeams,
  '/repos/{owner}/{repo}/pulls/{pull_number}': withTeams,
  '/repos/{owner}/{repo}/hooks/{hook_id}/deliveries/{delivery_id}/attempts': () => ({}),
}

function completed({ path, example }: DescribedOperation): unknown {
  const complete = completions[path]
  if (complete === undefined) return example
  return Array.isArray(example)
    ? example.map((item) => complete(item as Example))
    : complete((example ?? {}) as Example)
}

function withLanguage(example: Example): Example {
  const own = Object.entries(example).map(([key, value]) =>
    ['parent', 'source', 'template_repository'].includes(key)
      ? [key, { language: 'HCL', ...(value as Example) }]
      : [key, value],
  )
  return { language: 'HCL', ...(Object.fromEntries(own) as Example) }
}

function withContents(example: Example): Example {
  const files = (example['files'] as Example[]).map((file) => ({
    sha: 'bbcd538c8e72b8c175046e27cc8f907076331401',
    contents_url: 'https://x/y',
    ...file,
  }))
  return { ...example, files }
}

function withProtection(example: Example): Example {
  const protection = example['protection'] as Example
  const checks = { ...(protection['required_status_checks'] as Example), checks: [] }
  return { ...example, protection: { ...protection, required_status_checks: checks } }
}

function withTeams(example: Example): Example {
  const teams = (example['requested_teams'] as Example[]).map((team) => ({
    ...team,
    type: 'organization',
  }))
  return { ...example, requested_teams: teams }
}

function problem(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ message, documentation_url: 'https://docs.github.com/rest' }))
}

function seenOf(request: IncomingMessage, body: unknown): SeenRequest {
  const { method = '', url = '', headers } = request
  return { method, target: url, authorization: headers.authorization, body }
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
