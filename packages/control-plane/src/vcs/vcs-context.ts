import type { RunEngine } from '../engine/index.ts'
import type { Clock, IdSource, Logger, Timing } from '../runtime/index.ts'
import {
  CommitStatusesRepository,
  HooksRepository,
  ModulesRepository,
  PoliciesRepository,
  VcsBindingsRepository,
  VcsProvidersRepository,
  VcsTasksRepository,
  type Database,
  type FileStore,
} from '../store/index.ts'

import type { ForgeGateway } from './forge/index.ts'

export interface VcsOptions {
  readonly db: Database
  readonly files: FileStore
  readonly engine: Pick<RunEngine, 'createRun' | 'configurationUploaded' | 'policyBundleReplaced'>
  readonly gateway: ForgeGateway
  readonly clock: Clock
  readonly ids: IdSource
  readonly logger: Logger
  readonly timing: Timing
  readonly limits: {
    readonly configurationBytes: number
    readonly configurationUnpackedBytes: number
    readonly configurationEntries: number
  }
  readonly publicUrl: () => string
}

/** What every part of the VCS side works with. */
export interface VcsContext extends VcsOptions {
  readonly providers: VcsProvidersRepository
  readonly tasks: VcsTasksRepository
  readonly statuses: CommitStatusesRepository
  readonly bindings: VcsBindingsRepository
  readonly modules: ModulesRepository
  readonly policies: PoliciesRepository
  readonly hooks: HooksRepository
  /** The present time as the database holds it, moved by `ms`. */
  readonly at: (ms?: number) => string
}

export function createVcsContext(options: VcsOptions): VcsContext {
  const { db, clock } = options
  return {
    ...options,
    providers: new VcsProvidersRepository(db),
    tasks: new VcsTasksRepository(db),
    statuses: new CommitStatusesRepository(db),
    bindings: new VcsBindingsRepository(db),
    modules: new ModulesRepository(db),
    policies: new PoliciesRepository(db),
    hooks: new HooksRepository(db),
    at: (ms = 0) => new Date(clock.now().getTime() + ms).toISOString(),
  }
}
