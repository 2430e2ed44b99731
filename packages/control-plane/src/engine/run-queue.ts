import {
  findWorkspaceFacts,
  type AgentCallRow,
  type JobRow,
  type RunRow,
  type WorkspaceFacts,
} from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import type { RunLedger } from './run-ledger.ts'
import { activeStatuses } from './run-status.ts'
import { lockAdvice, stateLockFacts } from './state-lock.ts'

/** The pool that runs the workspace's jobs: its own, else the environment's, else the account's. */
export function resolvePool(facts: WorkspaceFacts): string | undefined {
  return facts.agent_pool_id ?? facts.environment_pool_id ?? facts.account_pool_id ?? undefined
}

/**
 * The queue of each workspace. Runs go one after the other, from their plan to their end, since two of them
 * would work on one state; dry runs change nothing and go side by side.
 */
export class RunQueue {
  readonly #context: EngineContext
  readonly #ledger: RunLedger
  readonly #onQueued: (poolId: string) => void

  constructor(
    context: EngineContext,
    ledger: RunLedger,
    options: { readonly onQueued: (poolId: string) => void },
  ) {
    this.#context = context
    this.#ledger = ledger
    this.#onQueued = options.onQueued
  }

  /** Queues every run of the workspace whose turn has come. Inside a transaction. */
  advance(workspaceId: string): void {
    const { db, runs, jobs } = this.#context
    const facts = findWorkspaceFacts(db, workspaceId)
    if (facts === undefined) return
    const poolId = resolvePool(facts)
    for (const job of jobs.queuedOfWorkspace(workspaceId)) this.#repool(job, poolId ?? '')
    for (const run of runs.inStatuses(workspaceId, ['pending'])) {
      // In order: a run that may not start yet holds those behind it, by way of `#blocker`.
      if (poolId !== undefined && this.#blocker(run, facts) === undefined) {
        this.#ledger.move(run.id, 'plan_queued')
        this.queueJob(run, 'plan', poolId)
      }
    }
  }

  /** Makes the job of a phase. Inside a transaction. */
  queueJob(run: RunRow, phase: JobRow['phase'], poolId: string): void {
    const { db, ids, jobs, phases, at } = this.#context
    const row = phases.ofRun(run.id, phase)
    if (row === undefined) throw new TypeError(`The run ${run.id} has no ${phase}`)
    jobs.insert(
      {
        id: ids('job'),
        phase_id: row.id,
        run_id: run.id,
        workspace_id: run.workspace_id,
        pool_id: poolId,
        phase,
      },
      at(),
    )
    db.afterCommit(() => this.#onQueued(poolId))
  }

  /** Starts the apply of a run that was confirmed. Inside a transaction. */
  queueApply(run: RunRow): void {
    const facts = findWorkspaceFacts(this.#context.db, run.workspace_id)
    this.#ledger.move(run.id, 'apply_queued')
    // Without a pool it waits in the queue, see `waitingReason`.
    this.queueJob(run, 'apply', (facts && resolvePool(facts)) ?? '')
  }

  /** Another run of the workspace that is at work. */
  activeRun(workspaceId: string, exceptRunId: string): RunRow | undefined {
    return this.#context.runs
      .inStatuses(workspaceId, activeStatuses)
      .find((run) => run.is_dry === 0 && run.id !== exceptRunId)
  }

  /** Why the run waits, for people; `null` when it does not wait for a turn or an agent. */
  waitingReason(runId: string): string | null {
    const { db, agents, agentCalls, jobs, timing, at } = this.#context
    const run = this.#ledger.get(runId)
    const facts = findWorkspaceFacts(db, run.workspace_id)
    if (facts === undefined) return null
    if (run.status === 'pending') {
      return this.#blocker(run, facts) ?? (resolvePool(facts) === undefined ? noPool : null)
    }
    const job = jobs.liveOfRun(runId)
    if (job?.state !== 'queued') return null
    if (job.pool_id === '') return noPool
    const call = agentCalls.ofJob(job.id)
    if (call !== undefined) return callReason(call)
    return agents.countLive(job.pool_id, at(-timing.offlineAfterMs)) === 0
      ? `No agent of the pool ${job.pool_id} is online. Start one.`
      : `Every agent of the pool ${job.pool_id} is busy.`
  }

  /** 1 for the next run to start; `null` for one that does not wait in the workspace's queue. */
  position(runId: string): number | null {
    const run = this.#ledger.get(runId)
    if (run.status !== 'pending' || run.is_dry === 1) return null
    const waiting = this.#context.runs
      .inStatuses(run.workspace_id, ['pending'])
      .filter((other) => other.is_dry === 0)
    return waiting.findIndex((other) => other.id === runId) + 1
  }

  #blocker(run: RunRow, facts: WorkspaceFacts): string | undefined {
    if (facts.environment_locked === 1) {
      return `The environment ${facts.environment_name} is locked${because(facts.environment_lock_reason)}.`
    }
    // It neither writes state nor takes the state's lock.
    if (run.is_dry === 1) return undefined
    if (facts.locked === 1) return `The workspace is locked${because(facts.lock_reason)}.`
    const active = this.activeRun(run.workspace_id, run.id)
    if (active !== undefined) return `The run ${active.id} (${active.status}) comes first.`
    const lock = this.#context.stateLocks.get(run.workspace_id)
    if (lock !== undefined) {
      return lockAdvice(run.iac_platform, stateLockFacts(lock))
    }
    const before = this.#context.runs
      .inStatuses(run.workspace_id, ['pending'])
      .find((other) => other.is_dry === 0 && other.sequence < run.sequence)
    return before === undefined ? undefined : `The run ${before.id} comes first.`
  }

  /** A queued job follows its workspace to another pool. */
  #repool(job: JobRow, poolId: string): void {
    if (job.pool_id === poolId) return
    this.#context.jobs.setPool(job.id, poolId)
    this.#context.db.afterCommit(() => this.#onQueued(poolId))
  }
}

/** How a call for an agent stands. */
function callReason(call: AgentCallRow): string {
  const { pool_id: poolId, accepted_at: acceptedAt, error_message: problem } = call
  if (acceptedAt !== null) {
    return (
      `The webhook of the pool ${poolId} accepted the task ${call.id} at ${acceptedAt}; no agent has come yet. ` +
      'What it starts agents with says more.'
    )
  }
  if (problem === null) return `The webhook of the pool ${poolId} is being called.`
  return (
    `The webhook of the pool ${poolId} does not accept the task ${call.id}: ${problem} ` +
    `(attempt ${call.attempts}). It is called again at ${call.due_at}.`
  )
}

const noPool =
  'No agent pool is responsible. Link one to the workspace or its environment, or make one the default.'

function because(reason: string | null): string {
  return reason === null || reason === '' ? '' : ` (${reason})`
}
