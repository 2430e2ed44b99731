import { EventEmitter } from 'eventemitter3'

import {
  AuthenticationError,
  ConfigurationError,
  IllegalStateError,
  ScalrAgentError,
} from '../errors/index.ts'
import {
  resolveAgentOptions,
  type AgentOptions,
  type ResolvedAgentOptions,
} from '../options/index.ts'
import { hookStageSchema } from '../protocol/index.ts'
import type { AgentEvents } from './agent-events.ts'
import { lockDataDir } from './data-dir-lock.ts'
import { findUnknownHooks } from './find-unknown-hooks.ts'
import { claimProcess } from './process-kind.ts'
import { listenToProcessSignals } from './process-signals.ts'
import { reapWorkloads } from './reap-workloads.ts'
import { runSignalLoop } from './signal-loop.ts'
import { version } from './version.ts'
import { wireAgent, type AgentParts, type WiredAgent } from './wire-agent.ts'

/**
 * A self-hosted run agent: registers with a control plane, takes jobs over outbound HTTPS, runs them on
 * an executor and reports them. Starts and stops its parts and owns none of their rules.
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
  readonly #parts: WiredAgent
  /** Ends session and signals, after the last job. */
  readonly #running = new AbortController()
  #started = false

  /**
   * No I/O but the CA and keys.
   *
   * @throws `ConfigurationError` for options, a token, a URL, a key or a CA that cannot be used.
   */
  constructor(options: AgentOptions, parts: AgentParts = {}) {
    this.#options = resolveAgentOptions(options)
    this.#parts = wireAgent(this.#options, this.events, parts)
  }

  /** Takes no more jobs, finishes those that run, then `run` resolves. */
  drain(reason = 'drain was called'): void {
    this.#parts.shutdown.drain(reason)
  }

  /** Takes no more jobs and interrupts those that run once, so that their state is saved. */
  stop(reason = 'stop was called'): void {
    this.#parts.shutdown.stop(reason)
  }

  /** Ends now: workloads go on and are adopted by the next agent on this data directory. */
  leave(reason = 'leave was called'): void {
    this.#parts.shutdown.leave(reason)
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
    const startedMs = this.#parts.clock.monotonicMs()
    using _kind = claimProcess('run')
    await using _lock = await lockDataDir(dataDir)
    await this.#parts.identity.open()
    this.#parts.emit('agent:start', { name, version })
    using _signals = handleSignals
      ? listenToProcessSignals({
          onFirst: (signal) => this.#parts.shutdown.begin(stopAction, signal),
          onSecond: (signal) => this.#parts.shutdown.stop(signal),
          onThird: (signal) => this.#parts.shutdown.leave(signal),
        })
      : undefined
    try {
      await this.#preflight()
      const adopted = await this.#parts.board.adopt()
      if (adopted > 0) {
        logger.info({ adopted }, 'Took up the jobs of an earlier process')
        this.#parts.single?.take()
      }
      const { reason } = await Promise.race([
        this.#work(),
        this.#parts.shutdown.done,
        ...(this.#parts.single === undefined
          ? []
          : [this.#parts.single.done(this.#parts, { signal: this.#running.signal })]),
      ])
      const leftForAdoption = this.#parts.board.left
      const { disconnectOnStop, single } = this.#options
      if ((disconnectOnStop || single) && leftForAdoption === 0)
        await this.#parts.session.disconnect()
      logger.info({ reason, leftForAdoption }, 'The agent has stopped')
      const durationMs = Math.round(this.#parts.clock.monotonicMs() - startedMs)
      this.#parts.emit('agent:stop', { reason, leftForAdoption, durationMs })
    } catch (error) {
      const code = ScalrAgentError.isInstance(error) ? error.code : 'UNKNOWN'
      const message = error instanceof Error ? error.message : String(error)
      this.#parts.emit('agent:error', { code, message, fatal: true })
      // Without a session the jobs that run end by their own leases; nobody else watches over them. But a
      // token that was refused at the start, a mistyped one say, costs an adopted job nothing.
      const letIn = this.#parts.session.established
      if (error instanceof AuthenticationError && letIn) this.#parts.shutdown.drain(message)
      else this.#parts.shutdown.leave(message)
      await this.#parts.shutdown.done
      throw error
    } finally {
      this.#running.abort()
      await this.#parts.caches.close()
      await this.#parts.controlPlane.close()
      await executor[Symbol.asyncDispose]()
    }
  }

  /** Session, signals and scheduler; rejects when one of them cannot go on. */
  async #work(): Promise<never> {
    const { signal } = this.#running
    await Promise.all([
      this.#parts.session.run({ signal }),
      this.#parts.scheduler.run({ signal: AbortSignal.any([signal, this.#parts.drained]) }),
      runSignalLoop(
        {
          session: (wait) => this.#parts.session.current(wait),
          onSessionGone: (session) => this.#parts.session.lost(session),
          onSignal: (one) => this.#parts.board.cancel(one),
          clock: this.#parts.clock,
          logger: this.#options.logger,
        },
        { signal },
      ),
      this.#parts.session.current({ signal }).then((session) =>
        reapWorkloads({
          executor: this.#options.executor,
          agentId: session.registration.agentId,
          owns: (id) => this.#parts.board.owns(id),
          onReap: (workloadId) => this.#parts.emit('executor:reap', { workloadId }),
          logger: this.#options.logger,
          signal,
        }),
      ),
    ])
    return new Promise<never>(() => {})
  }

  /** Looks before work is taken; what is an error there would be an error on every job. */
  async #preflight(): Promise<void> {
    const { executor, logger, hooksDir } = this.#options
    const unknownHooks = await findUnknownHooks(hooksDir)
    if (unknownHooks.length > 0) {
      logger.warn(
        { hooksDir, files: unknownHooks, stages: hookStageSchema.options },
        'Files of the hooks directory are named after no stage and never run',
      )
    }
    const findings = await executor.check({ workloadUrl: this.#parts.workloadUrl })
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
}
