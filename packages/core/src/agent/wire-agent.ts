import type { EventEmitter } from 'eventemitter3'

import type { JobCaches } from '../caches/index.ts'
import { HttpControlPlane, type ControlPlane } from '../control-plane/index.ts'
import { readCaCert, urlFromToken } from '../http/index.ts'
import type { JobServices } from '../job/index.ts'
import type { ResolvedAgentOptions } from '../options/index.ts'
import { protocolVersion } from '../protocol/index.ts'
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
import { AgentIdentity } from './agent-identity.ts'
import { JobBoard } from './job-board.ts'
import { machineFacts } from './machine-facts.ts'
import { makeCaches } from './make-caches.ts'
import { isSessionGone, Session } from './session.ts'
import { Shutdown } from './shutdown.ts'
import { SingleJob } from './single-job.ts'
import { version } from './version.ts'

/** Parts that a test, or an embedder with another transport, brings instead of the usual ones. */
export interface AgentParts {
  readonly controlPlane?: ControlPlane
  readonly admission?: Admission
  readonly caches?: JobCaches
  readonly clock?: Clock
  readonly bootClock?: BootClock
}

/** The parts of one agent, joined. */
export interface WiredAgent {
  readonly controlPlane: ControlPlane
  readonly caches: JobCaches
  readonly clock: Clock
  readonly emit: ReturnType<typeof safeEmitter<AgentEvents>>
  readonly identity: AgentIdentity
  readonly board: JobBoard
  readonly session: Session
  readonly scheduler: Scheduler
  readonly shutdown: Shutdown
  /** In single mode. */
  readonly single: SingleJob | undefined
  /** Aborts when no more work is to be asked for. */
  readonly drained: AbortSignal
  readonly workloadUrl: string
}

/**
 * Makes the parts and joins them: what each tells goes to those that need it, and nowhere else. No I/O
 * but the CA
 * and keys.
 *
 * @throws `ConfigurationError` for a token, a URL, a key or a CA that cannot be used
 */
export function wireAgent(
  options: ResolvedAgentOptions,
  events: EventEmitter<AgentEvents>,
  parts: AgentParts,
): WiredAgent {
  const { logger, executor } = options
  const clock = parts.clock ?? systemClock
  const bootClock = parts.bootClock ?? systemBootClock()
  const url = options.url ?? urlFromToken(options.token)
  const workloadUrl = options.workloadUrl ?? url
  const controlPlane = parts.controlPlane ?? httpControlPlane(options, url)
  const emit = safeEmitter(events, logger)
  const identity = new AgentIdentity(options.dataDir)
  const drained = new AbortController()
  const single = options.single ? new SingleJob({ waitMs: options.singleWaitMs, clock }) : undefined
  if (single !== undefined) events.on('job:end', ({ result }) => single.ended(result))
  const slots: Slots = new Slots(options.concurrency, (change, slot) =>
    emit(`slot:${change}`, { slot, free: slots.free }),
  )
  const caches = parts.caches ?? makeCaches(options, clock)
  const services: JobServices = {
    executor,
    caches,
    agentId: () => identity.agentId,
    session: (wait) => session.current(wait),
    renewNow: () => session.beat(),
    settings: jobSettings(options, workloadUrl),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every job event is an agent event
    emit: (name, ...payload) => emit(name, ...(payload as never)),
    clock,
    bootClock,
    logger,
  }
  const board = new JobBoard(services, slots)
  const shutdown = new Shutdown({
    ...options,
    board,
    clock,
    onDrain: (reason) => {
      drained.abort(new Error(reason))
      logger.info({ reason, jobs: board.size }, 'Taking no more jobs')
      emit('agent:drain', { reason, jobs: board.size })
      session.beat()
    },
  })
  const session: Session = new Session({
    controlPlane,
    registerRequest: () => ({
      protocolVersions: [protocolVersion],
      name: options.name,
      version,
      driver: executor.name,
      kind: 'run',
      slots: slots.total,
      instanceId: identity.instanceId,
      found: board.found(),
      ...machineFacts(),
    }),
    heartbeatRequest: () => ({
      slots: { total: slots.total, free: slots.free },
      status: shutdown.begun ? 'draining' : board.size > 0 ? 'busy' : 'idle',
      jobs: board.status(),
    }),
    onRegistered: async ({ registration }, sentMs) => {
      const { agentId, poolId, found } = registration
      await identity.registeredAs(agentId)
      board.settle(
        found.map(({ jobId, decision }) => ({ jobId, alive: decision === 'resume' })),
        sentMs,
      )
      logger.info({ agentId, poolId }, 'Scalr agent is ready to receive tasks.')
      emit('agent:ready', { agentId, poolId, adopted: board.size })
    },
    onHeartbeat: ({ leases, drain }, sentMs) => {
      board.settle(
        leases.map(({ jobId, fencingToken, status }) => ({
          jobId,
          fencingToken,
          alive: status === 'renewed',
        })),
        sentMs,
      )
      if (drain) shutdown.drain('the control plane asked for it')
    },
    clock,
    bootClock,
    logger,
  })
  const scheduler = new Scheduler({
    slots,
    admission: parts.admission ?? admissionFor(options, clock),
    acquire: async ({ max }, { signal }) => {
      const open = await session.current({ signal })
      const waitMs = open.registration.intervals.longPollMs
      return open.acquire({ max, waitMs }, { signal }).catch((error: unknown) => {
        if (isSessionGone(error)) session.lost(open)
        throw error
      })
    },
    accept: (assignment, slot) => {
      if (single === undefined || single.take()) {
        board.accept(assignment, slot)
        return
      }
      logger.warn(
        { jobId: assignment.jobId },
        'A second job came in single mode; its lease gives it out again',
      )
      slot.release()
    },
    clock,
    logger,
  })
  return {
    controlPlane,
    caches,
    clock,
    emit,
    identity,
    board,
    session,
    scheduler,
    shutdown,
    single,
    drained:
      single === undefined ? drained.signal : AbortSignal.any([drained.signal, single.closed]),
    workloadUrl,
  }
}

function httpControlPlane(options: ResolvedAgentOptions, url: string): ControlPlane {
  const { token, caCert, proxy, logger } = options
  return new HttpControlPlane({
    url,
    token,
    userAgent: `scalr-agent/${version}`,
    connection: { caCert, proxy },
    onRetry: ({ error, ...event }) =>
      logger.warn(
        { ...event, reason: error instanceof Error ? error.message : String(error) },
        'Trying a call again',
      ),
  })
}

/** Workloads that run elsewhere take nothing of this machine. */
function admissionFor(options: ResolvedAgentOptions, clock: Clock): Admission {
  return options.executor.capabilities.usesThisMachine
    ? new MachineAdmission({ ...options, clock })
    : unlimitedAdmission
}

function jobSettings(options: ResolvedAgentOptions, workloadUrl: string): JobServices['settings'] {
  const caCert = options.workloadCaCert ?? options.caCert
  return {
    ...options,
    workloadUrl,
    workloadCaCert: caCert === undefined ? undefined : readCaCert(caCert),
    image: options.image,
    proxy: options.proxy,
    secrets: options.providerCache.networkMirrors.flatMap(({ token }) => token ?? []),
  }
}
