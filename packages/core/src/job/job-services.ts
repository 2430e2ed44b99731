import type { EventEmitter } from 'eventemitter3'

import type { JobCaches } from '../caches/index.ts'
import type { ControlPlaneSession } from '../control-plane/index.ts'
import type { Executor, OperationOptions } from '../executor/index.ts'
import type { BootClock, Clock, Logger } from '../runtime/index.ts'
import type { JobEvents } from './job-events.ts'

/** What the jobs of an agent have in common. */
export interface JobServices {
  readonly executor: Executor
  /** Programs and providers that jobs share; without, the tools are looked up where the job runs. */
  readonly caches: JobCaches | undefined
  /** The open session; waits while there is none. */
  readonly session: (options: OperationOptions) => Promise<ControlPlaneSession>
  /** Given at the registration; owns the workloads. */
  readonly agentId: () => string
  /** Asks for a heartbeat now, since a lease should be fresh. */
  readonly renewNow: () => void
  readonly settings: JobSettings
  readonly emit: <Name extends EventEmitter.EventNames<JobEvents>>(
    name: Name,
    ...payload: EventEmitter.EventArgs<JobEvents, Name>
  ) => void
  readonly clock: Clock
  readonly bootClock: BootClock
  readonly logger: Logger
}

/** The agent options that a job goes by. */
export interface JobSettings {
  /** `jobs/` and `rescued/` lie below it. */
  readonly dataDir: string
  readonly workloadUrl: string
  /** PEM text of the CA bundle for workloads. */
  readonly workloadCaCert: string | undefined
  readonly proxy:
    | {
        readonly httpProxy?: string | undefined
        readonly httpsProxy?: string | undefined
        readonly noProxy?: string | undefined
      }
    | undefined
  readonly path: string
  readonly hooksDir: string
  readonly tools: {
    readonly terraform?: string | undefined
    readonly opentofu?: string | undefined
    readonly terragrunt?: string | undefined
    readonly opa?: string | undefined
  }
  readonly image: string | undefined
  readonly imageMode: 'golden' | 'legacy'
  readonly imageRegistry?: string | undefined
  readonly parallelism?: number | undefined
  readonly policyNetwork?: boolean | undefined
  /** Masked in every log, beside those of the job itself: tokens of network mirrors. */
  readonly secrets: readonly string[]
  readonly jobMemoryBytes: number
  readonly jobCpus: number
  readonly memoryMonitor: {
    readonly enabled: boolean
    readonly softLimitPercent: number
    readonly warnPercent: number
    readonly intervalMs: number
  }
  readonly startTimeoutMs: number
  readonly logSpoolBytes: number
}
