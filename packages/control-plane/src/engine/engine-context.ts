import type { Clock, IdSource, Logger, Timing } from '../runtime/index.ts'
import {
  AgentCallsRepository,
  AgentsRepository,
  HooksRepository,
  JobSpecsRepository,
  PlanVariablesRepository,
  JobsRepository,
  PhasesRepository,
  PoliciesRepository,
  RunsRepository,
  StateLocksRepository,
  type Database,
  type FileStore,
} from '../store/index.ts'
import type { TokenService } from '../tokens/index.ts'

import { noEngineEvents, type EngineEvents } from './engine-events.ts'

export interface EngineOptions {
  readonly db: Database
  readonly files: FileStore
  readonly tokens: TokenService
  /** Leases outlive the process, so they are measured with its wall clock. */
  readonly clock: Clock
  readonly ids: IdSource
  readonly logger: Logger
  readonly timing: Timing
  readonly limits: { readonly stateBytes: number; readonly jobFileBytes: number }
  /** A job waits for an agent. */
  readonly onQueued?: () => void
  readonly events?: EngineEvents | undefined
}

/** What every part of the engine works with. */
export interface EngineContext extends EngineOptions {
  readonly events: EngineEvents
  readonly agents: AgentsRepository
  readonly agentCalls: AgentCallsRepository
  readonly runs: RunsRepository
  readonly phases: PhasesRepository
  readonly jobs: JobsRepository
  readonly jobSpecs: JobSpecsRepository
  readonly planVariables: PlanVariablesRepository
  readonly stateLocks: StateLocksRepository
  readonly hooks: HooksRepository
  readonly policies: PoliciesRepository
  /** The present time as the database holds it, moved by `ms`. */
  readonly at: (ms?: number) => string
}

export function createEngineContext(options: EngineOptions): EngineContext {
  const { db, clock, events = noEngineEvents } = options
  return {
    ...options,
    events,
    agents: new AgentsRepository(db),
    agentCalls: new AgentCallsRepository(db),
    runs: new RunsRepository(db),
    phases: new PhasesRepository(db),
    jobs: new JobsRepository(db, events),
    jobSpecs: new JobSpecsRepository(db),
    planVariables: new PlanVariablesRepository(db),
    stateLocks: new StateLocksRepository(db),
    hooks: new HooksRepository(db),
    policies: new PoliciesRepository(db),
    at: (ms = 0) => new Date(clock.now().getTime() + ms).toISOString(),
  }
}
