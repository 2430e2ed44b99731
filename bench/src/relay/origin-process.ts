import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { Readable } from 'node:stream'

import { listen } from './listen.ts'

/** A server as private VCSs are: git's own backend behind TLS, a small answer and a large one. */
const [root = '', keyPath = '', certPath = ''] = process.argv.slice(2)

const piece = Buffer.alloc(64 * 1024, 'archive ')

const server = createServer(
  { key: readFileSync(keyPath), cert: readFileSync(certPath) },
  (request, response) => {
    const path = request.url ?? ''
    const megabytes = /\/tarball\/of-(\d+)-mb$/u.exec(path)?.[1]
    if (megabytes !== undefined) sendArchive(Number(megabytes) * 1_000_000, response)
    else if (path.includes('.git/')) serveGit(request, response)
    else {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ name: 'main', commit: { sha: '0'.repeat(40) } }))
    }
  },
)
process.stdout.write(`${JSON.stringify({ port: await listen(server) })}\n`)

function sendArchive(bytes: number, response: ServerResponse): void {
  let left = bytes
  const source = new Readable({
    highWaterMark: 256 * 1024,
    read() {
      const next = piece.subarray(0, left)
      left -= next.length
      this.push(next.length === 0 ? null : next)
    },
  })
  response.writeHead(200, { 'content-type': 'application/x-gzip' })
  source.pipe(response)
  response.on('close', () => source.destroy())
}

function serveGit(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const { headers } = request
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  request.pipe(backend.stdin).on('error', () => {})
  response.on('close', () => backend.kill())
  let head = Buffer.alloc(0)
  const readHead = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end === -1) return
    backend.stdout.off('data', readHead)
    for (const line of head.subarray(0, end).toString('latin1').split('\r\n')) {
      const [name = '', ...value] = line.split(': ')
      response.setHeader(name, value.join(': '))
    }
    response.write(head.subarray(end + 4))
    backend.stdout.pipe(response)
  }
  backend.stdout.on('data', readHead)
}
