import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface GitlabRequest {
  readonly method: string
  readonly target: string
  readonly token: string | undefined
  readonly body: string
}

/** A GitLab that answers every call with the same small page, and shows what it was asked. */
export class GitlabStandIn implements AsyncDisposable {
  readonly url: string
  readonly seen: GitlabRequest[] = []
  readonly #server: Server

  static async start(basePath: string, archive: Buffer): Promise<GitlabStandIn> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new GitlabStandIn(server, basePath, archive)
  }

  private constructor(server: Server, basePath: string, archive: Buffer) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${basePath}`
    server.on('request', (request, response) => {
      void text(request).then((body) => {
        const { method = '', url = '', headers } = request
        const token = headers['private-token']
        this.seen.push({
          method,
          target: url,
          token: typeof token === 'string' ? token : undefined,
          body,
        })
        const [path = '', query = ''] = url.split('?')
        if (path.includes('/archive')) {
          response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(archive)
          return
        }
        const page = Number(new URLSearchParams(query).get('page') ?? 1)
        const isList =
          /\/(?:projects|groups|subgroups|branches|tags|commits|merge_requests|notes|hooks|statuses|diffs|refs|tree|releases|diff|versions|comments)$/u.test(
            path,
          )
        if (isList && page < 3) {
          // By its outside name, which is another than that by which the agent knows it.
          response.setHeader(
            'link',
            `<https://gitlab.outside.example${path}?page=${page + 1}&per_page=1>; rel="next"`,
          )
          response.setHeader('x-next-page', String(page + 1))
        }
        response.setHeader('content-type', 'application/json')
        response.setHeader('x-page', String(page))
        if (method === 'DELETE') response.writeHead(204).end()
        else
          response
            .writeHead(method === 'POST' ? 201 : 200)
            .end(isList && method === 'GET' ? `[{"id":${page}}]` : '{"id":1}')
      })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
