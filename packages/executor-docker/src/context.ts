import type { Clock, Logger } from '@scalr-agent/core'
import type { KeyedLock } from '@scalr-agent/core/runtime'

import type { ResolvedDockerExecutorOptions } from './docker-executor-options.ts'
import type { EngineClient } from './calls/engine-client.ts'
import type { EngineEvents } from './calls/engine-events.ts'

/** What the parts of one executor share. */
export interface DockerContext {
  readonly client: EngineClient
  readonly events: EngineEvents
  readonly options: ResolvedDockerExecutorOptions
  /** Resolves when the engine has the image. */
  readonly ensureImage: (image: string, signal: AbortSignal) => Promise<void>
  readonly clock: Clock
  readonly logger: Logger
  /** By workload id: this process launches an id once at a time. */
  readonly launches: KeyedLock
}
