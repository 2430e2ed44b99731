import Fastify from 'fastify'

import { registerAgentApi } from '../../src/agent-api/index.ts'
import { silentLogger, systemClock } from '../../src/runtime/index.ts'
import { registerStateRoutes } from '../../src/state/index.ts'
import { AgentClient } from './agent-client.ts'
import { EngineFixture, limits, type EngineFixtureOptions } from './engine-fixture.ts'

/** The agent protocol and the state backend on a real socket, without the rest of the server. */
export class HttpFixture extends AgentClient implements AsyncDisposable {
  readonly engine: EngineFixture
  readonly #app: ReturnType<typeof Fastify>

  private constructor(engine: EngineFixture, app: ReturnType<typeof Fastify>, url: string) {
    super(url)
    this.engine = engine
    this.#app = app
  }

  static async open(options: EngineFixtureOptions = {}): Promise<HttpFixture> {
    const fixture = new EngineFixture({ clock: systemClock, ...options })
    const app = Fastify({ forceCloseConnections: true })
    const deps = { ...fixture.parts, gateway: { drop: () => {} }, logger: silentLogger, limits }
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

  /** Registers, and gives the session token. */
  async register(name: string): Promise<string> {
    return this.registerWith(await this.poolToken(), name)
  }
}
