import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { pipeline } from 'node:stream'

import { RelayError } from '@scalr-agent/vcs-relay'
import { createRelayGateway } from '@scalr-agent/vcs-relay/gateway'

import { listen } from './listen.ts'

/**
 * A gateway behind TLS with as much of a control plane as an agent needs, and a plain front, so that git
 * and HTTP clients can ask what a control plane asks.
 */
const [keyPath = '', certPath = '', token = ''] = process.argv.slice(2)

const principal = { agentId: 'agent-1', poolId: 'apool-1' }
const gateway = createRelayGateway({ onWebhook: async () => {} })

const tls = createTlsServer(
  { key: readFileSync(keyPath), cert: readFileSync(certPath) },
  (request, response) => void serve(request, response),
)
tls.requestTimeout = 0
tls.on('upgrade', (request, socket, head) => gateway.upgrade(request, socket, head, principal))

const front = createServer((request, response) => void relay(request, response))
const [port, frontPort] = [await listen(tls), await listen(front)]
process.stdout.write(`${JSON.stringify({ port, frontPort })}\n`)

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? ''
  if (!path.startsWith('/api/agent/v1/sessions')) {
    await gateway.handle(request, response, principal)
    return
  }
  request.resume()
  response.setHeader('content-type', 'application/json')
  response.end(
    JSON.stringify(
      path.endsWith('/heartbeat')
        ? { leases: [], drain: false }
        : {
            protocolVersion: 1,
            ...principal,
            sessionToken: token,
            sessionExpiresAt: '2100-01-01T00:00:00Z',
            intervals: { heartbeatMs: 10_000, leaseMs: 60_000, longPollMs: 60_000 },
            found: [],
          },
    ),
  )
}

async function relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = request.url ?? '/'
  if (target === '/ready') {
    response.end(JSON.stringify(gateway.served(principal.poolId)))
    return
  }
  const pairs: [string, string][] = []
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] ?? ''
    if (/^(?:host|connection|transfer-encoding|expect)$/iu.test(name)) continue
    pairs.push([name, request.rawHeaders[i + 1] ?? ''])
  }
  try {
    const answer = await gateway.request(principal.poolId, {
      vcs: 'ghe',
      method: request.method ?? 'GET',
      target,
      headers: pairs,
      lane: /\/tarball\/|git-upload-pack$/u.test(target) ? 'bulk' : 'api',
      ...(request.method === 'POST' ? { body: request } : {}),
    })
    for (const [name, value] of answer.headers) response.appendHeader(name, value)
    response.writeHead(answer.status)
    if (answer.body === undefined) response.end()
    else pipeline(answer.body, response, () => {})
  } catch (error) {
    response.writeHead(502)
    response.end(error instanceof RelayError ? `${error.code} ${error.fate}` : String(error))
  }
}
