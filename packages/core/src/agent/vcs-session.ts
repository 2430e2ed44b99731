import type { Dispatcher } from 'undici'

import { HttpControlPlane } from '../control-plane/index.ts'
import type { HttpControlPlaneSession } from '../control-plane/http-control-plane-session.ts'
import { IllegalStateError } from '../errors/index.ts'
import { protocolVersion } from '../protocol/index.ts'
import {
  silentLogger,
  systemBootClock,
  systemClock,
  type Clock,
  type Logger,
} from '../runtime/index.ts'
import { AgentIdentity } from './agent-identity.ts'
import { lockDataDir } from './data-dir-lock.ts'
import { machineFacts } from './machine-facts.ts'
import { claimProcess } from './process-kind.ts'
import { Session } from './session.ts'
import { version } from './version.ts'

/** What a VCS agent tells of itself, and how it reaches its control plane. */
export interface VcsSessionOptions {
  readonly url: string
  /** Token of a pool that is `vcs-enabled`. */
  readonly token: string
  readonly name: string
  /** Who this agent is, across restarts. Of this agent alone. */
  readonly dataDir: string
  /** Made by `createDispatcher` and closed by the caller. */
  readonly dispatcher: Dispatcher
  /** Requests at a time. */
  readonly slots: () => { readonly total: number; readonly free: number }
  readonly status: () => 'idle' | 'busy' | 'draining'
  /** The control plane asks the agent to take no more. */
  readonly onDrain: () => void
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
}

/** A session that is open now. */
export interface OpenVcsSession {
  readonly agentId: string
  readonly poolId: string
  /** The token of this moment: heartbeats renew it. */
  readonly token: () => string
  /** The control plane said that it does not know this session: register again. */
  readonly lost: () => void
}

/** The session of a VCS agent: registered, kept by heartbeats, opened anew when it was lost. */
export class VcsSession {
  readonly #options: VcsSessionOptions
  readonly #identity: AgentIdentity
  readonly #controlPlane: HttpControlPlane
  readonly #session: Session
  #http: HttpControlPlaneSession | undefined

  /** @throws `ConfigurationError` for a token or URL that cannot be used */
  constructor(options: VcsSessionOptions) {
    const { url, token, dispatcher, clock = systemClock, logger = silentLogger } = options
    this.#options = options
    this.#identity = new AgentIdentity(options.dataDir)
    const controlPlane = new HttpControlPlane({
      url,
      token,
      dispatcher,
      userAgent: `scalr-vcs-agent/${version}`,
    })
    this.#controlPlane = controlPlane
    this.#session = new Session({
      controlPlane: {
        register: async (request, operation) =>
          (this.#http = await controlPlane.register(request, operation)),
        close: () => controlPlane.close(),
      },
      registerRequest: () => ({
        protocolVersions: [protocolVersion],
        name: options.name,
        version,
        driver: 'vcs-relay',
        kind: 'vcs',
        slots: options.slots().total,
        instanceId: this.#identity.instanceId,
        found: [],
        ...machineFacts(),
      }),
      heartbeatRequest: () => ({ slots: options.slots(), status: options.status(), jobs: [] }),
      onRegistered: async ({ registration }) => {
        const { agentId, poolId } = registration
        await this.#identity.registeredAs(agentId)
        logger.info({ agentId, poolId }, 'The VCS agent is registered')
      },
      onHeartbeat: ({ drain }) => {
        if (drain) options.onDrain()
      },
      clock,
      bootClock: systemBootClock(),
      logger,
    })
  }

  /** The open session; waits for one while the control plane is not to be reached. */
  async current(
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<OpenVcsSession> {
    const session = await this.#session.current(options)
    const http = this.#http
    if (http === undefined) throw new IllegalStateError('The session was not opened here.')
    const { agentId, poolId } = session.registration
    return {
      agentId,
      poolId,
      token: () => http.sessionToken(),
      lost: () => this.#session.lost(session),
    }
  }

  /** Sends a heartbeat at once, since the status has changed. */
  beat(): void {
    this.#session.beat()
  }

  /**
   * Runs until the signal aborts, then ends the session.
   *
   * @throws `AuthenticationError` when the token is refused, `ApiError` when the pool takes no VCS agents
   * or a live agent has the name, `ConfigurationError` when the data directory cannot be used or a run
   * agent runs in this process.
   */
  async run(options: { readonly signal: AbortSignal }): Promise<void> {
    using _kind = claimProcess('vcs')
    await using _lock = await lockDataDir(this.#options.dataDir)
    await this.#identity.open()
    try {
      await this.#session.run(options)
      await this.#session.disconnect()
    } finally {
      await this.#controlPlane.close()
    }
  }
}
