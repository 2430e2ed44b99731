import { EventEmitter } from 'eventemitter3'

import { HttpControlPlane, type ControlPlane } from '../control-plane/index.ts'
import {
  AuthenticationError,
  ConfigurationError,
  IllegalStateError,
  ScalrAgentError,
} from '../errors/index.ts'
import { readCaCert, urlFromToken } from '../http/index.ts'
import type { JobServices } from '../job/index.ts'
import {
  resolveAgentOptions,
  type AgentOptions,
  type ResolvedAgentOptions,
} from '../options/index.ts'
import { protocolVersion, type HeartbeatRequest, type RegisterRequest } from '../protocol/index.ts'
import {
  safeEmitter,
  systemBootClock,
  systemClock,
  type BootClock,
  type Clock,
} from '../runtime/index.ts'
import {
  MachineAdmission,
  Scheduler,
  Slots,
  unlimitedAdmission,
  type Admission,
} from '../scheduler/index.ts'
import type { AgentEvents } from './agent-events.ts'
import { loadIdentity, saveIdentity, type AgentIdentity } from './agent-identity.ts'
import { lockDataDir } from './data-dir-lock.ts'
import { JobBoard } from './job-board.ts'
import { machineFacts } from './machine-facts.ts'
import { listenToProcessSignals } from './process-signals.ts'
import { reapWorkloads } from './reap-workloads.ts'
import { isSessionGone, Session } from './session.ts'
import { Shutdown } from './shutdown.ts'
import { runSignalLoop } from './signal-loop.ts'
import { version } from './version.ts'

/** Parts that a test, or an embedder with another transport, brings instead of the usual ones. */
export interface AgentParts {
  readonly controlPlane?: ControlPlane
  readonly admission?: Admission
  readonly clock?: Clock
  readonly bootClock?: BootClock
}

/**
 * A self-hosted run agent: registers with a control plane, takes jobs over outbound HTTPS, runs them on
 * an executor and reports them. Wires the parts and owns none of their rules.
 *
 * @example
 * ```ts
 * const agent = new Agent({
 *   ...optionsFromEnv(),
 *   executor: new ProcessExecutor({ dataDir: '/var/lib/scalr-agent' }),
 * })
 * await agent.run() // until SIGTERM; rejects when the token is refused
 * ```
 */
export class Agent {
  /** What happens, for logs, metrics and tests. */
  readonly events = new EventEmitter<AgentEvents>()
  readonly #options: ResolvedAgentOptions
  readonly #controlPlane: ControlPlane
  readonly #clock: Clock
  readonly #emit: ReturnType<typeof safeEmitter<AgentEvents>>
  readonly #slots: Slots
  readonly #session: Session
  readonly #board: JobBoard
  readonly #scheduler: Scheduler
  readonly #shutdown: Shutdown
  /** Ends asking for work. */
  readonly #working = new AbortController()
  /** Ends session and signals, after the last job. */
  readonly #running = new AbortController()
  #identity: AgentIdentity | undefined
  #started = false

  /** @throws `ConfigurationError` for options, a token, a URL or a CA that cannot be used. No I/O but the CA. */
  constructor(options: AgentOptions, parts: AgentParts = {}) {
    const resolved = resolveAgentOptions(options)
    const { logger, executor } = resolved
    const url = resolved.url ?? urlFromToken(resolved.token)
    this.#options = resolved
    this.#clock = parts.clock ?? systemClock
    const bootClock = parts.bootClock ?? systemBootClock()
    this.#emit = safeEmitter(this.events, logger)
    this.#controlPlane =
      parts.controlPlane ??
      new HttpControlPlane({
        url,
        token: resolved.token,
        userAgent: `scalr-agent/${version}`,
        connection: { caCert: resolved.caCert, proxy: resolved.proxy },
        onRetry: (event) => logger.warn({ ...event }, 'Trying a call again'),
      })
    this.#slots = new Slots(resolved.concurrency, (change, slot) =>
      this.#emit(`slot:${change}`, { slot, free: this.#slots.free }),
    )
    const services: JobServices = {
      executor,
      agentId: () => this.#identity?.agentId ?? '',
      session: (wait) => this.#session.current(wait),
      renewNow: () => this.#session.beat(),
      settings: jobSettings(resolved, url),
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every job event is an agent event
      emit: (name, ...payload) => this.#emit(name, ...(payload as never)),
      clock: this.#clock,
      bootClock,
      logger,
    }
    this.#board = new JobBoard(services, this.#slots)
    this.#session = new Session({
      controlPlane: this.#controlPlane,
      registerRequest: () => this.#registerRequest(),
      heartbeatRequest: () => this.#heartbeatRequest(),
      onRegistered: async ({ registration }, sentMs) => {
        this.#identity = { instanceId: this.#instanceId(), agentId: registration.agentId }
        await saveIdentity(resolved.dataDir, this.#identity)
        this.#board.settle(
          registration.found.map(({ jobId, decision }) => ({
            jobId,
            alive: decision === 'resume',
          })),
          sentMs,
        )
        const { agentId, poolId } = registration
        logger.info({ agentId, poolId }, 'Scalr agent is ready to receive tasks.')
        this.#emit('agent:ready', { agentId, poolId, adopted: this.#board.size })
      },
      onHeartbeat: (response, sentMs) => {
        this.#board.settle(
          response.leases.map(({ jobId, status }) => ({ jobId, alive: status === 'renewed' })),
          sentMs,
        )
        if (response.drain) this.drain('the control plane asked for it')
      },
      clock: this.#clock,
      bootClock,
      logger,
    })
    this.#scheduler = new Scheduler({
      slots: this.#slots,
      admission:
        parts.admission ??
        (executor.capabilities.usesThisMachine
          ? new MachineAdmission({
              ...resolved,
              jobMemoryBytes: resolved.jobMemoryBytes,
            })
          : unlimitedAdmission),
      acquire: async ({ max }, { signal }) => {
        const session = await this.#session.current({ signal })
        const waitMs = session.registration.intervals.longPollMs
        return session.acquire({ max, waitMs }, { signal }).catch((error: unknown) => {
          if (isSessionGone(error)) this.#session.lost(session)
          throw error
        })
      },
      accept: (assignment, slot) => this.#board.accept(assignment, slot),
      clock: this.#clock,
      logger,
    })
    this.#shutdown = new Shutdown({
      board: this.#board,
      drainTimeoutMs: resolved.drainTimeoutMs,
      graceShutdownTimeoutMs: resolved.graceShutdownTimeoutMs,
      onDrain: (reason) => {
        this.#working.abort(new Error(reason))
        logger.info({ reason, jobs: this.#board.size }, 'Taking no more jobs')
        this.#emit('agent:drain', { reason, jobs: this.#board.size })
        this.#session.beat()
      },
      clock: this.#clock,
    })
  }

  /** Takes no more jobs, finishes those that run, then `run` resolves. */
  drain(reason = 'drain was called'): void {
    this.#shutdown.drain(reason)
  }

  /** Takes no more jobs and interrupts those that run once, so that their state is saved. */
  stop(reason = 'stop was called'): void {
    this.#shutdown.stop(reason)
  }

  /** Ends now: workloads go on and are adopted by the next agent on this data directory. */
  leave(reason = 'leave was called'): void {
    this.#shutdown.leave(reason)
  }

  /**
   * Runs until it is stopped, and resolves then. Call it once.
   *
   * @throws `AuthenticationError` when the token is refused, `ConfigurationError` when the data directory
   * or the executor cannot be used, `ApiError` when a live agent has the name, `ProtocolError` when the
   * control plane speaks another version.
   */
  async run(): Promise<void> {
    if (this.#started) throw new IllegalStateError('An agent runs once; make a new one.')
    this.#started = true
    const { dataDir, logger, name, executor, handleSignals, stopAction } = this.#options
    const startedMs = this.#clock.monotonicMs()
    await using _lock = await lockDataDir(dataDir)
    this.#identity = await loadIdentity(dataDir)
    this.#emit('agent:start', { name, version })
    await this.#preflight()
    using _signals = handleSignals
      ? listenToProcessSignals({
          onFirst: (signal) => this.#shutdown.begin(stopAction, signal),
          onSecond: (signal) => this.#shutdown.stop(signal),
          onThird: (signal) => this.#shutdown.leave(signal),
        })
      : undefined
    try {
      const adopted = await this.#board.adopt()
      if (adopted > 0) logger.info({ adopted }, 'Took up the jobs of an earlier process')
      const { reason } = await Promise.race([this.#work(), this.#shutdown.done])
      const leftForAdoption = this.#board.size
      if (this.#options.disconnectOnStop && leftForAdoption === 0) await this.#session.disconnect()
      const durationMs = Math.round(this.#clock.monotonicMs() - startedMs)
      this.#emit('agent:stop', { reason, leftForAdoption, durationMs })
    } catch (error) {
      const code = ScalrAgentError.isInstance(error) ? error.code : 'UNKNOWN'
      const message = error instanceof Error ? error.message : String(error)
      this.#emit('agent:error', { code, message, fatal: true })
      // Without a session the jobs that run end by their own leases; nobody else watches over them.
      if (error instanceof AuthenticationError) this.#shutdown.drain(message)
      else this.#shutdown.leave(message)
      await this.#shutdown.done
      throw error
    } finally {
      this.#working.abort()
      this.#running.abort()
      await this.#controlPlane.close()
      await executor[Symbol.asyncDispose]()
    }
  }

  /** Session, signals and scheduler; rejects when one of them cannot go on. */
  async #work(): Promise<never> {
    const { signal } = this.#running
    await Promise.all([
      this.#session.run({ signal }),
      this.#scheduler.run({ signal: AbortSignal.any([signal, this.#working.signal]) }),
      runSignalLoop(
        {
          session: (wait) => this.#session.current(wait),
          onSessionGone: (session) => this.#session.lost(session),
          onSignal: (one) => this.#board.cancel(one),
          clock: this.#clock,
          logger: this.#options.logger,
        },
        { signal },
      ),
      this.#session.current({ signal }).then((session) =>
        reapWorkloads({
          executor: this.#options.executor,
          agentId: session.registration.agentId,
          owns: (id) => this.#board.owns(id),
          onReap: (workloadId) => this.#emit('executor:reap', { workloadId }),
          logger: this.#options.logger,
          signal,
        }),
      ),
    ])
    return new Promise<never>(() => {})
  }

  /** Looks before work is taken; what is an error there would be an error on every job. */
  async #preflight(): Promise<void> {
    const { executor, logger, workloadUrl, url, token } = this.#options
    const findings = await executor.check({
      workloadUrl: workloadUrl ?? url ?? urlFromToken(token),
    })
    for (const finding of findings) {
      if (finding.level === 'warning') logger.warn({ ...finding }, 'Preflight check')
    }
    const errors = findings.filter((finding) => finding.level === 'error')
    if (errors.length === 0) return
    const lines = errors.map(
      ({ message, remedy }) => `  - ${message}${remedy === undefined ? '' : ` ${remedy}`}`,
    )
    throw new ConfigurationError(`Cannot use the executor '${executor.name}':\n${lines.join('\n')}`)
  }

  #registerRequest(): RegisterRequest {
    return {
      protocolVersions: [protocolVersion],
      name: this.#options.name,
      version,
      driver: this.#options.executor.name,
      kind: 'run',
      slots: this.#slots.total,
      instanceId: this.#instanceId(),
      found: this.#board.found(),
      ...machineFacts(),
    }
  }

  #heartbeatRequest(): HeartbeatRequest {
    const status = this.#shutdown.begun ? 'draining' : this.#board.size > 0 ? 'busy' : 'idle'
    return {
      slots: { total: this.#slots.total, free: this.#slots.free },
      status,
      jobs: this.#board.status(),
    }
  }

  #instanceId(): string {
    if (this.#identity === undefined) throw new IllegalStateError('The agent has no identity yet.')
    return this.#identity.instanceId
  }
}

function jobSettings(options: ResolvedAgentOptions, url: string): JobServices['settings'] {
  const caCert = options.workloadCaCert ?? options.caCert
  return {
    ...options,
    workloadUrl: options.workloadUrl ?? url,
    workloadCaCert: caCert === undefined ? undefined : readCaCert(caCert),
    image: options.image,
    proxy: options.proxy,
  }
}
