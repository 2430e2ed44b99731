import Fastify from 'fastify'

import { registerAgentApi } from '../../src/agent-api/index.ts'
import { silentLogger, systemClock } from '../../src/runtime/index.ts'
import { registerStateRoutes } from '../../src/state/index.ts'
import { EngineFixture, limits, registration, type EngineFixtureOptions } from './engine-fixture.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** The JSON body; `undefined` when there is none. */
  readonly body: Record<string, unknown> | undefined
  readonly text: string
}

export interface Call {
  readonly token?: string | undefined
  readonly json?: unknown
  readonly bytes?: Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** The agent protocol and the state backend on a real socket, without the rest of the server. */
export class HttpFixture implements AsyncDisposable {
  readonly engine: EngineFixture
  readonly url: string
  readonly #app: ReturnType<typeof Fastify>

  private constructor(engine: EngineFixture, app: ReturnType<typeof Fastify>, url: string) {
    this.engine = engine
    this.#app = app
    this.url = url
  }

  static async open(options: EngineFixtureOptions = {}): Promise<HttpFixture> {
    const fixture = new EngineFixture({ clock: systemClock, ...options })
    const app = Fastify({ forceCloseConnections: true })
    const deps = { ...fixture.parts, logger: silentLogger, limits }
    registerAgentApi(app, deps)
    registerStateRoutes(app, deps)
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    fixture.engine.open()
    return new HttpFixture(fixture, app, url)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.engine.close()
    await this.#app.close()
    await this.engine[Symbol.asyncDispose]()
  }

  /** A token of the pool. */
  async poolToken(): Promise<string> {
    const { tokens, poolId } = this.engine
    return (await tokens.issue({ kind: 'pool', poolId })).token
  }

  async userToken(): Promise<string> {
    const { tokens, userId } = this.engine
    return (await tokens.issue({ kind: 'user', userId })).token
  }

  /** Calls the agent protocol. */
  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    const hasJson = call.json !== undefined
    const body = hasJson ? JSON.stringify(call.json) : call.bytes
    const response = await fetch(`${this.url}/api/agent/v1${path}`, {
      method,
      headers: {
        ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
        ...(hasJson ? { 'content-type': 'application/json' } : {}),
        ...(call.bytes === undefined ? {} : { 'content-type': 'application/octet-stream' }),
        ...call.headers,
      },
      ...(body === undefined ? {} : { body }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    })
    const text = await response.text()
    const isJson = /json/u.test(response.headers.get('content-type') ?? '') && text !== ''
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as Record<string, unknown>) : undefined,
      text,
    }
  }

  /** Registers, and gives the session token. */
  async register(name: string): Promise<string> {
    const token = await this.poolToken()
    const answer = await this.call('POST', '/sessions', { token, json: registration(name) })
    return String(answer.body?.['sessionToken'])
  }

  /** Takes and starts the next job of the queue. */
  async take(sessionToken: string): Promise<StartedJob> {
    const jobs = await this.call('GET', '/sessions/self/jobs?wait=5&max=1', {
      token: sessionToken,
    })
    const list = jobs.body?.['jobs'] as { jobId: string; fencingToken: number }[] | undefined
    const [job] = list ?? []
    if (job === undefined) throw new Error(`No job was given out: ${jobs.text}`)
    const { jobId, fencingToken } = job
    const started = await this.call('POST', `/jobs/${jobId}/start`, {
      token: sessionToken,
      json: { fencingToken },
    })
    if (started.status !== 200) throw new Error(`Not started: ${started.text}`)
    return {
      jobId,
      fencingToken,
      token: String(started.body?.['jobToken']),
      runToken: String(started.body?.['runToken']),
      statePath: String(started.body?.['statePath']),
      headers: { 'scalr-agent-fencing-token': String(fencingToken) },
    }
  }
}

export interface StartedJob {
  readonly jobId: string
  readonly fencingToken: number
  readonly token: string
  readonly runToken: string
  readonly statePath: string
  readonly headers: Readonly<Record<string, string>>
}
