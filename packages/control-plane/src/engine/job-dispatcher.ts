import type { JobAssignment, SignalsResponse } from '@scalr-agent/core/protocol'

import { findWorkspaceFacts, type AgentRow, type JobRow } from '../store/index.ts'
import type { AgentSessions } from './agent-sessions.ts'
import type { EngineContext } from './engine-context.ts'
import type { SessionKey, SessionPoll } from './engine.ts'
import type { WaitingRoom } from './waiting-room.ts'

/** Gives queued jobs and cancel signals to the agents that ask for them, the moment there are some. */
export class JobDispatcher {
  readonly #context: EngineContext
  readonly #sessions: AgentSessions
  readonly #room: WaitingRoom

  constructor(
    context: EngineContext,
    parts: { readonly sessions: AgentSessions; readonly room: WaitingRoom },
  ) {
    this.#context = context
    this.#sessions = parts.sessions
    this.#room = parts.room
  }

  async acquire(
    session: SessionKey,
    request: SessionPoll & { readonly max: number },
  ): Promise<readonly JobAssignment[]> {
    const agent = this.#sessions.require(session)
    let atOnce = true
    const given = await this.#room.wait({
      ...request,
      key: jobsKey(agent.pool_id),
      owner: session.agentId,
      attempt: () => {
        request.checkAccess?.()
        // Who waited gets one job at a time, so that jobs that come together spread over the agents.
        const limit = atOnce ? request.max : 1
        atOnce = false
        const jobs = this.#give(this.#sessions.require(session), session, limit)
        return jobs.length > 0 ? jobs : undefined
      },
    })
    return given ?? []
  }

  async signals(
    session: SessionKey,
    request: SessionPoll & { readonly after: number },
  ): Promise<SignalsResponse> {
    const { jobs } = this.#context
    this.#sessions.require(session)
    const rows = await this.#room.wait({
      ...request,
      key: signalsKey(session.agentId),
      owner: session.agentId,
      attempt: () => {
        request.checkAccess?.()
        this.#sessions.require(session)
        const found = jobs.signals(session.agentId, request.after)
        return found.length > 0 ? found : undefined
      },
    })
    const signals = (rows ?? []).flatMap((job) =>
      job.cancel === null || job.signal_cursor === null
        ? []
        : [
            {
              cursor: job.signal_cursor,
              jobId: job.id,
              fencingToken: job.fencing_token,
              cancel: job.cancel,
            },
          ],
    )
    return { cursor: signals.at(-1)?.cursor ?? request.after, signals }
  }

  /** Jobs of the pool were queued, or an agent of it has a slot again. */
  jobsQueued(poolId: string): void {
    if (poolId === '') return
    this.#room.wake(jobsKey(poolId), () => this.#context.jobs.queued(poolId, 1).length > 0)
  }

  signalRaised(agentId: string): void {
    this.#room.wake(signalsKey(agentId))
  }

  /** The agent has a new session, or its access was revoked: polls that lost their right end. */
  sessionChanged(agentId: string): void {
    this.#room.recheck(agentId)
  }

  /** Oldest first, and never more than the agent has slots for. */
  #give(agent: AgentRow, session: SessionKey, limit: number): readonly JobAssignment[] {
    const { db, jobs, timing, at } = this.#context
    if (agent.kind !== 'run' || agent.drain_requested === 1) return []
    const free = Math.min(limit, agent.slots_total - jobs.heldBy(agent.id).length)
    if (free <= 0) return []
    const queued = jobs.queued(agent.pool_id, free)
    if (queued.length === 0) return []
    // A power failure may take an assignment that was not accepted: then it is given out again, and an
    // accept of the first fails on its agent or its session.
    return db.transaction(
      () => {
        const times = { now: at(), acceptUntil: at(Math.min(timing.leaseMs, timing.acceptMs)) }
        return queued.map((job) => {
          jobs.assign(job.id, session, times)
          return this.#assignment(job)
        })
      },
      { durable: false },
    )
  }

  #assignment(job: JobRow): JobAssignment {
    const facts = findWorkspaceFacts(this.#context.db, job.workspace_id)
    const memoryBytes = facts?.memory_bytes ?? undefined
    return {
      jobId: job.id,
      phase: job.phase,
      fencingToken: job.fencing_token + 1,
      runId: job.run_id,
      workspaceId: job.workspace_id,
      workspaceName: facts?.name ?? '',
      queuedAt: job.queued_at,
      leaseMs: this.#context.timing.leaseMs,
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    }
  }
}

function jobsKey(poolId: string): string {
  return `jobs:${poolId}`
}

function signalsKey(agentId: string): string {
  return `signals:${agentId}`
}
