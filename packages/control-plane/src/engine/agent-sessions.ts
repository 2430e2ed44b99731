import type {
  HeartbeatRequest,
  HeartbeatResponse,
  RegisterRequest,
} from '@scalr-agent/core/protocol'

import type { AgentFacts, AgentRow, JobRow } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { EngineError, type RegisteredSession, type SessionKey } from './engine.ts'
import type { JobLeases } from './job-leases.ts'

/** Agents and their sessions: who is there, and which jobs a heartbeat keeps alive. */
export class AgentSessions {
  readonly #context: EngineContext
  readonly #leases: JobLeases

  constructor(context: EngineContext, leases: JobLeases) {
    this.#context = context
    this.#leases = leases
  }

  /** The agent of the session. @throws {@link EngineError} `SESSION_GONE` */
  require(session: SessionKey): AgentRow {
    const agent = this.#context.agents.get(session.agentId)
    if (agent === undefined || agent.session_id !== session.sessionId) {
      throw new EngineError(
        'SESSION_GONE',
        'This session was ended or replaced by a newer one. Register again.',
      )
    }
    return agent
  }

  /** @throws {@link EngineError} `SESSION_GONE`, `WRONG_POOL` */
  requireVcsAgent(session: SessionKey): void {
    const agent = this.require(session)
    if (agent.kind === 'vcs') return
    throw new EngineError(
      'WRONG_POOL',
      `The agent '${agent.name}' runs jobs; only VCS agents relay. Start it as a VCS agent, with a token of a vcs-enabled pool.`,
    )
  }

  register(poolId: string, request: RegisterRequest): RegisteredSession {
    const { db, agents, ids, at } = this.#context
    return db.transaction(() => {
      this.#checkKind(poolId, request)
      const sessionId = ids('session')
      const agentId = this.#claimName(poolId, request)
      agents.openSession(agentId, sessionId, factsOf(request), at())
      const found = request.found.map(({ jobId, fencingToken }) => ({
        jobId,
        decision: this.#resume({ agentId, sessionId }, jobId, fencingToken),
      }))
      const resumed = new Set(found.filter((f) => f.decision === 'resume').map((f) => f.jobId))
      // The answer that gave them out never arrived: nobody will start them.
      this.#leases.giveBackAssigned(agentId, { except: resumed })
      return { agentId, sessionId, poolId, found }
    })
  }

  #checkKind(poolId: string, { name, kind }: RegisterRequest): void {
    const wanted = this.#context.agents.kindOf(poolId)
    if (wanted === kind) return
    throw new EngineError(
      'WRONG_POOL',
      kind === 'vcs'
        ? `The pool ${poolId} is not vcs-enabled, so the VCS agent '${name}' cannot join it. Give the agent a token of a pool that is.`
        : `The pool ${poolId} is vcs-enabled: it is for VCS agents, which run nothing, so the run agent '${name}' cannot join it. Give the agent a token of a pool for runs.`,
    )
  }

  /** The agent that has the name from now on. */
  #claimName(poolId: string, request: RegisterRequest): string {
    const { agents, ids, at } = this.#context
    const holder = agents.byName(poolId, request.name)
    if (holder?.instance_id === request.instanceId) return holder.id
    if (holder !== undefined) {
      if (this.isOnline(holder)) {
        throw new EngineError(
          'NAME_TAKEN',
          `The name '${request.name}' is held by a live agent of this pool, last heard of at ` +
            `${holder.last_seen_at}. Stop that agent or choose another name.`,
        )
      }
      // What the old holder runs stays under its own id, and lapses with its leases.
      this.#leases.giveBackAssigned(holder.id)
      agents.remove(holder.id)
    }
    const id = ids('agent')
    const facts = { ...factsOf(request), pool_id: poolId, name: request.name }
    agents.insert({ ...facts, id, instance_id: request.instanceId }, at())
    return id
  }

  #resume(session: SessionKey, jobId: string, fencingToken: number): 'resume' | 'abandon' {
    const { jobs, at, timing } = this.#context
    const job = jobs.get(jobId)
    if (!isHeld(job, session.agentId, fencingToken)) return 'abandon'
    const leaseUntil =
      job.state === 'started' ? at(timing.leaseMs) : (job.lease_expires_at ?? at(timing.acceptMs))
    jobs.renew(jobId, { leaseUntil, sessionId: session.sessionId })
    return 'resume'
  }

  heartbeat(
    session: SessionKey,
    request: HeartbeatRequest,
  ): Omit<HeartbeatResponse, 'sessionToken'> {
    const { db, agents, at } = this.#context
    // What a power failure takes of it, the next heartbeat brings again; leases restart with us anyway.
    return db.transaction(
      () => {
        const agent = this.require(session)
        agents.seen(
          agent.id,
          {
            slots_total: request.slots.total,
            slots_free: request.slots.free,
            reported_status: request.status,
            error_message: request.errorMessage ?? null,
          },
          at(),
        )
        const leases = request.jobs.map((job) => ({
          jobId: job.jobId,
          fencingToken: job.fencingToken,
          status: this.#renew(session, job) ? ('renewed' as const) : ('revoked' as const),
        }))
        return { leases, drain: agent.drain_requested === 1 }
      },
      { durable: false },
    )
  }

  #renew(session: SessionKey, said: HeartbeatRequest['jobs'][number]): boolean {
    const { jobs, at, timing } = this.#context
    const job = jobs.get(said.jobId)
    if (job?.state === 'finished') {
      // Its own report overtook this heartbeat: nothing to stop.
      return (
        job.finish_json !== null &&
        job.agent_id === session.agentId &&
        job.fencing_token === said.fencingToken
      )
    }
    if (!isHeld(job, session.agentId, said.fencingToken)) return false
    if (job.state === 'started') {
      const { sessionId } = session
      jobs.renew(job.id, {
        leaseUntil: at(timing.leaseMs),
        sessionId,
        reportedState: said.state,
      })
    }
    // An assigned job only waits for its `start`: nothing runs, and the time to accept goes on.
    return true
  }

  /** Ends the session. Started jobs stay with the agent until their leases end: it may adopt them. */
  disconnect(session: SessionKey): void {
    const { db, agents, jobs } = this.#context
    db.transaction(() => {
      const agent = this.require(session)
      agents.closeSession(agent.id)
      this.#leases.giveBackAssigned(agent.id)
      // One that came for a task does not come again.
      const isOver = agents.areCalled(agent.pool_id) && jobs.heldBy(agent.id).length === 0
      if (isOver) agents.remove(agent.id)
    })
  }

  isOnline(agent: AgentRow): boolean {
    const { at, timing } = this.#context
    return agent.session_id !== null && agent.last_seen_at >= at(-timing.offlineAfterMs)
  }

  status(agentId: string): 'idle' | 'busy' | 'errored' | 'offline' {
    const agent = this.#context.agents.get(agentId)
    if (agent === undefined) {
      throw new EngineError('NOT_FOUND', `There is no agent ${agentId}.`)
    }
    if (!this.isOnline(agent)) return 'offline'
    if (agent.reported_status === 'errored') return 'errored'
    return this.#context.jobs.heldBy(agentId).length > 0 ? 'busy' : 'idle'
  }

  /** Forgets agents that were gone for long and hold nothing. */
  removeGone(): void {
    const { agents, jobs, timing, at, logger } = this.#context
    for (const agent of agents.notSeenSince(at(-timing.removeAfterMs))) {
      if (jobs.heldBy(agent.id).length > 0) continue
      agents.remove(agent.id)
      logger.info({ agentId: agent.id, name: agent.name }, 'An agent was gone for long; removed')
    }
  }
}

/** Whether the agent holds the job with this very token. */
export function isHeld(
  job: JobRow | undefined,
  agentId: string,
  fencingToken: number,
): job is JobRow {
  return (
    job !== undefined &&
    (job.state === 'assigned' || job.state === 'started') &&
    job.agent_id === agentId &&
    job.fencing_token === fencingToken
  )
}

function factsOf(request: RegisterRequest): AgentFacts {
  return {
    version: request.version,
    os: request.os,
    runtime: request.runtime,
    driver: request.driver,
    cpu_platform: request.cpuPlatform,
    kind: request.kind,
    slots_total: request.slots,
  }
}
