import { IdempotencyKeysRepository } from '../store/index.ts'
import type { AgentSessions } from './agent-sessions.ts'
import type { EngineContext } from './engine-context.ts'
import type { FileRetention } from './file-retention.ts'
import type { JobLeases } from './job-leases.ts'
import type { RunQueue } from './run-queue.ts'

/** Queues are moved on when something happens; this pass is for what went unnoticed. */
const queuesEveryMs = 5_000
const idempotencyKeysMs = 24 * 3_600_000

/** Moves on what nobody else moves on any more. */
export class Reaper {
  readonly #context: EngineContext
  readonly #sessions: AgentSessions
  readonly #leases: JobLeases
  readonly #queue: RunQueue
  readonly #retention: FileRetention
  readonly #stopped = new AbortController()
  #running: Promise<void> | undefined

  constructor(
    context: EngineContext,
    parts: {
      readonly sessions: AgentSessions
      readonly leases: JobLeases
      readonly queue: RunQueue
      readonly retention: FileRetention
    },
  ) {
    this.#context = context
    this.#sessions = parts.sessions
    this.#leases = parts.leases
    this.#queue = parts.queue
    this.#retention = parts.retention
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#running
  }

  /** One pass. Each part is tried, whatever becomes of the others. */
  pass(): void {
    this.#try('leases', () => this.#leases.expire())
    this.#try('queues', () => this.#advanceQueues())
    this.#try('agents', () => this.#sessions.removeGone())
    this.#try('archives of hooks', () => this.#retention.reviewHookArchives())
    this.#try('idempotency keys', () =>
      new IdempotencyKeysRepository(this.#context.db).removeBefore(
        this.#context.at(-idempotencyKeysMs),
      ),
    )
  }

  /** Runs whose turn has come unnoticed, and queued jobs whose pool has vanished or changed. */
  #advanceQueues(): void {
    const { db, runs } = this.#context
    const waiting = ['pending', 'plan_queued', 'policy_checking', 'apply_queued'].flatMap(
      (status) => runs.workspacesWithStatus(status),
    )
    for (const workspaceId of new Set(waiting)) {
      db.transaction(() => this.#queue.advance(workspaceId))
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    const { clock } = this.#context
    let queuesMs = Number.NEGATIVE_INFINITY
    while (!signal.aborted) {
      if (clock.monotonicMs() - queuesMs >= queuesEveryMs) {
        queuesMs = clock.monotonicMs()
        this.pass()
      } else {
        this.#try('leases', () => this.#leases.expire())
      }
      await clock.sleep(this.#context.timing.reaperEveryMs, { signal }).catch(() => {})
    }
  }

  #try(part: string, action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#context.logger.error({ err: error, part }, 'The reaper failed; it tries again')
    }
  }
}
