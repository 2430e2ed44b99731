import { spawn } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface GitHttpBackendOptions {
  /** Holds the bare repositories: `<owner>/<name>.git` is served at `/<owner>/<name>.git/`. */
  readonly directory: string
  /** `git`, or where it is. @default 'git' */
  readonly git?: string
  /** Path of the server that the repositories are below. @default '' */
  readonly basePath?: string
}

const gitPath =
  /^\/[\w.-]+\/[\w.-]+\.git\/(?:info\/refs|git-upload-pack|git-receive-pack|HEAD|objects\/[\w./-]+)$/u

/** Real git over HTTP: `git http-backend`, git's own CGI program, behind Node's http server. */
export class GitHttpBackend {
  readonly #options: GitHttpBackendOptions

  constructor(options: GitHttpBackendOptions) {
    this.#options = options
  }

  /** Whether a request is one of git. */
  serves(request: IncomingMessage): boolean {
    return gitPath.test(this.#pathOf(request).path)
  }

  /** Answers one. Ends with the request, on either side. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path, query } = this.#pathOf(request)
    const child = spawn(this.#options.git ?? 'git', ['http-backend'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {
        PATH: process.env['PATH'],
        GIT_PROJECT_ROOT: this.#options.directory,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: path,
        QUERY_STRING: query,
        REQUEST_METHOD: request.method ?? 'GET',
        REMOTE_USER: 'git',
        REMOTE_ADDR: request.socket.remoteAddress ?? '',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        // Without a length git reads to the end, as chunked bodies need it.
        ...(request.headers['content-length'] === undefined
          ? {}
          : { CONTENT_LENGTH: request.headers['content-length'] }),
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
    })
    response.on('close', () => child.kill())
    // git closes its input early when it refuses; what it says of that is in its answer.
    child.stdin.on('error', () => {})
    request.pipe(child.stdin)
    await new Promise<void>((resolve) => {
      const fail = (): void => {
        if (response.headersSent) response.destroy()
        else response.writeHead(500).end()
        resolve()
      }
      let head: Buffer | undefined = Buffer.alloc(0)
      child.once('error', fail)
      child.stdout.on('data', (chunk: Buffer) => {
        if (head === undefined) {
          if (!response.write(chunk)) child.stdout.pause()
          return
        }
        head = Buffer.concat([head, chunk])
        const end = head.indexOf('\r\n\r\n')
        if (end === -1) return
        writeHead(response, head.subarray(0, end).toString('latin1'))
        if (!response.write(head.subarray(end + 4))) child.stdout.pause()
        head = undefined
      })
      response.on('drain', () => child.stdout.resume())
      child.once('close', (code) => {
        if (code !== 0 || head !== undefined) return fail()
        response.end(resolve)
      })
    })
  }

  #pathOf(request: IncomingMessage): { readonly path: string; readonly query: string } {
    const [path = '', ...query] = (request.url ?? '').split('?')
    const { basePath = '' } = this.#options
    return {
      path: path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : '',
      query: query.join('?'),
    }
  }
}

/** The head of a CGI answer: header lines, of which `Status` is none. */
function writeHead(response: ServerResponse, text: string): void {
  let status = 200
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    const value = line.slice(colon + 1).trim()
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10)
    else response.appendHeader(name, value)
  }
  response.writeHead(status)
}
