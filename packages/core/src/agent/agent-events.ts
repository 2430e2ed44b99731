import type { JobEvents } from '../job/index.ts'

/**
 * What an agent tells, `noun:verb`, one object each: plain data, never a secret, never a live object.
 * Events observe; options and methods steer. See {@link JobEvents} for those of a job.
 */
export interface AgentEvents extends JobEvents {
  /** `run()` was called. */
  'agent:start': [{ readonly name: string; readonly version: string }]
  /** Registered; asks for work from now on. Also after each new registration. */
  'agent:ready': [{ readonly agentId: string; readonly poolId: string; readonly adopted: number }]
  /** Takes no more jobs. */
  'agent:drain': [{ readonly reason: string; readonly jobs: number }]
  /** Everything has ended. */
  'agent:stop': [
    { readonly reason: string; readonly leftForAdoption: number; readonly durationMs: number },
  ]
  /** Something of the agent itself went wrong; it goes on unless `fatal`. */
  'agent:error': [{ readonly code: string; readonly message: string; readonly fatal: boolean }]
  'slot:reserve': [{ readonly slot: number; readonly free: number }]
  'slot:release': [{ readonly slot: number; readonly free: number }]
  /** A workload that no journal owns was removed. */
  'executor:reap': [{ readonly workloadId: string }]
}
