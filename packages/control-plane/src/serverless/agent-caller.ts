import { getCACertificates } from 'node:tls'

import { Agent } from 'undici'

import type { Clock, IdSource, Logger, Timing } from '../runtime/index.ts'
import { AgentCallsRepository, type Database, type DueCallRow } from '../store/index.ts'

import { callDelayMs } from './call-delay.ts'
import { postTask } from './post-task.ts'
import { readHeaders } from './webhook-headers.ts'

/** At once, to all webhooks and to those of one pool: one that is slow holds no other up. */
const mostCalls = 256
const mostCallsOfPool = 8

export interface AgentCallerOptions {
  readonly db: Database
  readonly clock: Clock
  readonly ids: IdSource
  readonly logger: Logger
  readonly timing: Timing
  /** Further CA for webhooks, in PEM. */
  readonly caCert: string | Buffer | undefined
}

/**
 * Calls agents of serverless pools: whenever a job is queued there, the pool's webhook is told of a task.
 * Jobs themselves say what is to be called, and a call is kept before it is made, so a crash loses none; one
 * that was cut off is made again under its key. Once a webhook has accepted, whether an agent comes is up to it.
 */
export class AgentCaller {
  readonly #options: AgentCallerOptions
  readonly #calls: AgentCallsRepository
  readonly #dispatcher: Agent
  readonly #active = new Map<string, Promise<void>>()
  readonly #activeOfPool = new Map<string, number>()
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #isDue = false

  constructor(options: AgentCallerOptions) {
    this.#options = options
    this.#calls = new AgentCallsRepository(options.db)
    // Those of NODE_EXTRA_CA_CERTS are among the default ones.
    const ca =
      options.caCert === undefined
        ? {}
        : { ca: [...getCACertificates('default'), options.caCert.toString()] }
    this.#dispatcher = new Agent({
      connections: mostCallsOfPool,
      connect: { timeout: 10_000, ...ca },
    })
  }

  /** Takes up what the last process left. */
  open(): void {
    this.#timer = setInterval(() => this.#pass(), this.#options.timing.reaperEveryMs).unref()
    this.#pass()
  }

  /** Jobs were queued, or calls became due. */
  wake(): void {
    if (this.#isDue || this.#timer === undefined) return
    this.#isDue = true
    // By then, agents that wait for jobs have taken theirs.
    setImmediate(() => this.#pass())
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#closing.abort(new Error('The control plane is stopping.'))
    await Promise.allSettled(this.#active.values())
    await this.#dispatcher.destroy()
  }

  #pass(): void {
    this.#isDue = false
    if (this.#closing.signal.aborted) return
    try {
      this.#callForNew()
      for (const row of this.#calls.due(this.#at())) this.#begin(row)
    } catch (error) {
      this.#options.logger.error(
        { err: error },
        'Calls for agents were not looked at; the next pass will',
      )
    }
  }

  /** Keeps a call for each job that wants one. */
  #callForNew(): void {
    const { db, ids } = this.#options
    if (this.#calls.isIdle()) return
    db.transaction(() => {
      this.#calls.makeUpForTaken(this.#at())
      this.#calls.dropOver()
      for (const job of this.#calls.wanting()) this.#calls.add(ids('atask'), job, this.#at())
    })
  }

  #begin(row: DueCallRow): void {
    const ofPool = this.#activeOfPool.get(row.pool_id) ?? 0
    if (this.#active.has(row.job_id) || ofPool >= mostCallsOfPool || this.#active.size >= mostCalls)
      return
    let call = row
    if (row.accepted_at !== null) {
      // Another task: the launcher remembers the key of the one that it accepted.
      call = { ...row, id: this.#options.ids('atask'), attempts: 0, created_at: this.#at() }
      this.#calls.renew(row.id, call.id, call.created_at)
      call = { ...call, due_at: call.created_at }
      this.#options.logger.warn(
        { poolId: row.pool_id, runId: row.run_id, task: row.id, next: call.id },
        'No agent came for a task that its webhook accepted; calling again',
      )
    }
    this.#activeOfPool.set(row.pool_id, ofPool + 1)
    const calling = this.#call(call)
      .finally(() => {
        this.#active.delete(row.job_id)
        this.#activeOfPool.set(row.pool_id, (this.#activeOfPool.get(row.pool_id) ?? 1) - 1)
      })
      .then(
        () => this.wake(),
        (error: unknown) => {
          if (this.#closing.signal.aborted) return
          this.#options.logger.error({ err: error, task: call.id }, 'A call for an agent broke off')
        },
      )
    this.#active.set(row.job_id, calling)
  }

  async #call(row: DueCallRow): Promise<void> {
    const { timing, logger } = this.#options
    const headers = readHeaders(JSON.parse(row.webhook_headers_json ?? '[]')) ?? []
    const answer = await postTask(
      {
        id: row.id,
        // As scalr.io names them.
        action: row.phase === 'policy' ? 'policy.check' : row.phase,
        runId: row.run_id,
        workspaceId: row.workspace_id,
        environmentId: row.environment_id,
        createdAt: row.created_at,
      },
      {
        url: row.webhook_url,
        headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
        dispatcher: this.#dispatcher,
        timeoutMs: timing.webhookAnswerMs,
        signal: this.#closing.signal,
        now: () => this.#options.clock.now(),
      },
    )
    const facts = { poolId: row.pool_id, runId: row.run_id, task: row.id }
    if (answer.kind === 'accepted') {
      this.#calls.accepted(row.id, this.#at(), this.#at(timing.webhookAgentMs))
      logger.info(facts, 'An agent was called')
      return
    }
    const delayMs = callDelayMs(timing, row.attempts, answer)
    this.#calls.postpone(row, this.#at(delayMs), answer.reason)
    logger.warn(
      { ...facts, reason: answer.reason },
      'A call for an agent was not accepted; calling again',
    )
  }

  #at(ms = 0): string {
    return new Date(this.#options.clock.now().getTime() + ms).toISOString()
  }
}
