import type { ControlPlane, ControlPlaneSession } from '../control-plane/index.ts'
import { ApiError, AuthenticationError, ProtocolError } from '../errors/index.ts'
import {
  problemTypes,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type RegisterRequest,
} from '../protocol/index.ts'
import {
  Backoff,
  deferred,
  type BootClock,
  type Clock,
  type Deferred,
  type Logger,
} from '../runtime/index.ts'

export interface SessionOptions {
  readonly controlPlane: ControlPlane
  /** What to register with, as it is now; `found` lists the jobs held. */
  readonly registerRequest: () => RegisterRequest
  readonly heartbeatRequest: () => HeartbeatRequest
  readonly onRegistered: (session: ControlPlaneSession, sentMs: number) => Promise<void>
  readonly onHeartbeat: (response: HeartbeatResponse, sentMs: number) => void
  readonly clock: Clock
  readonly bootClock: BootClock
  readonly logger: Logger
}

/**
 * The agent's session: registers, heartbeats, and registers again when the control plane has forgotten
 * it. The only one that talks about the session.
 */
export class Session {
  readonly #options: SessionOptions
  #current: Deferred<ControlPlaneSession> = deferred()
  #open = false
  #established = false
  #beatNow = new AbortController()

  constructor(options: SessionOptions) {
    this.#options = options
    this.#current.promise.catch(() => {})
  }

  /** Whether this agent was let in at least once. */
  get established(): boolean {
    return this.#established
  }

  /** The open session; waits for one while the control plane is not to be reached. */
  async current(
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ControlPlaneSession> {
    const { signal } = options
    if (signal === undefined) return this.#current.promise
    signal.throwIfAborted()
    let stop: (() => void) | undefined
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason)
      signal.addEventListener('abort', stop, { once: true })
    })
    try {
      return await Promise.race([this.#current.promise, aborted])
    } finally {
      if (stop !== undefined) signal.removeEventListener('abort', stop)
    }
  }

  /** Sends a heartbeat at once, e.g. since a lease must be fresh or the status changed. */
  beat(): void {
    this.#beatNow.abort()
  }

  /** Another loop was told that the session is gone: register again. */
  lost(session: ControlPlaneSession): void {
    void this.#current.promise.then(
      (current) => {
        if (current === session && this.#open) {
          this.#reset()
          this.beat()
        }
      },
      () => {},
    )
  }

  /**
   * Runs until the signal aborts.
   *
   * @throws `AuthenticationError` when the token is refused, `ApiError` 409 `nameTaken`,
   * `ProtocolError` when the two do not understand each other: nothing of it gets better by waiting.
   */
  async run(options: { readonly signal: AbortSignal }): Promise<void> {
    const { signal } = options
    try {
      while (!signal.aborted) {
        if (!this.#open) await this.#register(signal)
        if (signal.aborted) return
        const session = await this.#current.promise
        await this.#sleep(session.registration.intervals.heartbeatMs, signal)
        if (signal.aborted) return
        if (this.#open) await this.#beat(session, signal)
      }
    } catch (error) {
      if (signal.aborted) return
      this.#current.reject(error)
      throw error
    }
  }

  /** Deregisters, best effort. */
  async disconnect(): Promise<void> {
    if (!this.#open) return
    const session = await this.#current.promise
    await session.disconnect({ signal: AbortSignal.timeout(5_000) }).catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, 'Could not deregister')
    })
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { controlPlane, registerRequest, onRegistered, bootClock, clock, logger } = this.#options
    const backoff = new Backoff()
    for (;;) {
      const sentMs = bootClock.nowMs()
      try {
        const session = await controlPlane.register(registerRequest(), { signal })
        await onRegistered(session, sentMs)
        this.#open = true
        this.#established = true
        this.#current.resolve(session)
        return
      } catch (error) {
        if (signal.aborted) return
        if (isFinal(error)) throw error
        const waitMs = backoff.nextMs()
        logger.warn({ err: error, retryInMs: Math.round(waitMs) }, 'Could not register')
        await clock.sleep(waitMs, { signal }).catch(() => {})
      }
    }
  }

  async #beat(session: ControlPlaneSession, signal: AbortSignal): Promise<void> {
    const { heartbeatRequest, onHeartbeat, bootClock, logger } = this.#options
    const sentMs = bootClock.nowMs()
    const { heartbeatMs } = session.registration.intervals
    try {
      const response = await session.heartbeat(heartbeatRequest(), {
        signal: AbortSignal.any([signal, AbortSignal.timeout(heartbeatMs)]),
      })
      onHeartbeat(response, sentMs)
    } catch (error) {
      if (signal.aborted) return
      if (isSessionGone(error)) {
        logger.warn({}, 'The control plane no longer knows this session; registering again')
        this.#reset()
      } else if (isFinal(error)) throw error
      else logger.warn({ err: error }, 'A heartbeat failed')
    }
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#beatNow.signal.aborted) this.#beatNow = new AbortController()
    const wake = AbortSignal.any([signal, this.#beatNow.signal])
    await this.#options.clock.sleep(ms, { signal: wake }).catch(() => {})
  }

  #reset(): void {
    this.#open = false
    this.#current = deferred()
    this.#current.promise.catch(() => {})
  }
}

/**
 * Whether the session has ended or its token is refused: registering again is the answer, and only a
 * refused registration stops the agent.
 */
export function isSessionGone(error: unknown): boolean {
  if (error instanceof AuthenticationError) return true
  return error instanceof ApiError && error.problemType === problemTypes.sessionGone
}

function isFinal(error: unknown): boolean {
  if (error instanceof AuthenticationError || error instanceof ProtocolError) return true
  return error instanceof ApiError && !error.retryable
}
