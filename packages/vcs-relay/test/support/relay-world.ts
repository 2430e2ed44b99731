import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { createRelayGateway, type RelayGateway } from '../../src/gateway/index.ts'
import type { RelayGatewayOptions, RelayPrincipal } from '../../src/gateway/index.ts'
import { RelayAgent, type RelayAgentOptions, type RelayAgentParts } from '../../src/index.ts'
import { HeardLog } from './heard-log.ts'
import type { Identity } from './test-authority.ts'

export const poolId = 'apool-1'

/** A token that a client can read; this world's server knows it by being equal. */
export const poolToken = jwt({ kind: 'pool' })

/** Short times, so that tests of faults need not wait for minutes. */
const gatewayTiming: RelayGatewayOptions['timing'] = { pollMs: 2000 }
const agentTiming: RelayAgentOptions['timing'] = { reconnectSpreadMs: 0 }

export interface RelayWorldOptions {
  readonly tls?: Identity
  readonly gateway?: Partial<RelayGatewayOptions>
  /** @default any free one */
  readonly port?: number
}

/**
 * A gateway on a real socket, with as much of a control plane as an agent needs: sessions and heartbeats.
 * The agents that it starts are whole ones.
 */
export class RelayWorld implements AsyncDisposable {
  readonly log = new HeardLog()
  readonly gateway: RelayGateway
  readonly server: Server
  /** Connections of agents. */
  readonly sockets = new Set<Socket>()
  readonly #sessions = new Map<string, RelayPrincipal>()
  readonly #agents = new Map<RelayAgent, Promise<unknown>>()
  readonly #directory = mkdtempSync(join(tmpdir(), 'vcs-relay-'))
  readonly #scheme: string
  readonly #kept = new AsyncDisposableStack()
  #names = 0

  private constructor(options: RelayWorldOptions) {
    this.gateway = createRelayGateway({
      onWebhook: async () => {},
      logger: this.log,
      ...options.gateway,
      timing: { ...gatewayTiming, ...options.gateway?.timing },
    })
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#serve(request, response)
    }
    this.#scheme = options.tls === undefined ? 'http' : 'https'
    this.server =
      options.tls === undefined ? createServer(serve) : createTlsServer({ ...options.tls }, serve)
    this.server.requestTimeout = 0
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
    })
    this.server.on('upgrade', (request, socket, head) => {
      const principal = this.#principal(request)
      if (principal === undefined) socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n')
      else this.gateway.upgrade(request, socket, head, principal)
    })
  }

  static async start(options: RelayWorldOptions = {}): Promise<RelayWorld> {
    const world = new RelayWorld(options)
    world.server.listen(options.port ?? 0, '127.0.0.1')
    await once(world.server, 'listening')
    return world
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  get url(): string {
    return `${this.#scheme}://localhost:${this.port}`
  }

  /** Starts an agent and waits until it is connected. */
  async agent(
    options: Pick<RelayAgentOptions, 'handlers'> & Partial<RelayAgentOptions>,
    parts: RelayAgentParts = {},
  ): Promise<RelayAgent> {
    const connected = 'The VCS agent is connected'
    const before = this.log.count(connected)
    const agent = this.begin(options, parts)
    await Promise.race([this.log.heard(connected, before + 1), this.#agents.get(agent)])
    return agent
  }

  /** Starts an agent. */
  begin(
    options: Pick<RelayAgentOptions, 'handlers'> & Partial<RelayAgentOptions>,
    parts: RelayAgentParts = {},
  ): RelayAgent {
    this.#names += 1
    const agent = new RelayAgent(
      {
        token: poolToken,
        url: this.url,
        name: `agent-${this.#names}`,
        dataDir: join(this.#directory, String(this.#names)),
        logger: this.log,
        ...options,
        timing: { ...agentTiming, ...options.timing },
      },
      parts,
    )
    const running = agent.run()
    running.catch(() => {})
    this.#agents.set(agent, running)
    return agent
  }

  /** Something that agents talk through: ends after them. */
  keep<T extends AsyncDisposable>(value: T): T {
    return this.#kept.use(value)
  }

  /** Starts an agent as a process, and waits until it is connected. */
  async agentProcess(channel: 'websocket' | 'long-poll'): Promise<ChildProcess> {
    this.#names += 1
    const connected = 'A VCS agent is connected'
    const before = this.log.count(connected)
    const name = `process-${this.#names}`
    const script = fileURLToPath(new URL('agent-process.ts', import.meta.url))
    const child = spawn(
      process.execPath,
      [
        '--conditions=@scalr-agent/source',
        script,
        this.url,
        poolToken,
        name,
        join(this.#directory, name),
        channel,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    this.#kept.defer(async () => void child.kill('SIGKILL'))
    await this.log.heard(connected, before + 1)
    return child
  }

  /** What `run` of the agent came to. */
  async ended(agent: RelayAgent): Promise<void> {
    await this.#agents.get(agent)
  }

  /** Sessions are forgotten, as after their time. */
  forgetSessions(): void {
    this.#sessions.clear()
  }

  /** Ends gateway and server at once, as a crash does. */
  async crash(): Promise<void> {
    this.server.close()
    this.server.closeAllConnections()
    await this.gateway.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.#agents.keys()) agent.stop()
    await Promise.allSettled(this.#agents.values())
    await this.#kept.disposeAsync()
    await this.crash()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #principal(request: IncomingMessage): RelayPrincipal | undefined {
    return this.#sessions.get(request.headers.authorization?.replace(/^Bearer /u, '') ?? '')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    if (path === '/api/agent/v1/sessions') return this.#register(request, response)
    const principal = this.#principal(request)
    if (principal === undefined) {
      const type = 'urn:scalr-agent:problem:unauthorized'
      response.writeHead(401, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ type, title: 'No such session.', status: 401 }))
      return
    }
    if (path === '/api/agent/v1/sessions/self/heartbeat') {
      request.resume()
      return sendJson(response, { leases: [], drain: false })
    }
    if (path === '/api/agent/v1/sessions/self') {
      response.writeHead(204).end()
      return
    }
    await this.gateway.handle(request, response, principal)
  }

  async #register(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { name } = JSON.parse(Buffer.concat(chunks).toString()) as { name: string }
    const sessionToken = jwt({ session: randomUUID() })
    this.#sessions.set(sessionToken, { agentId: name, poolId })
    sendJson(response, {
      protocolVersion: 1,
      agentId: name,
      poolId,
      sessionToken,
      sessionExpiresAt: '2100-01-01T00:00:00Z',
      intervals: { heartbeatMs: 500, leaseMs: 60_000, longPollMs: 60_000 },
      found: [],
    })
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function jwt(payload: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part(payload)}.c2ln`
}
