import type { JobListener } from '../store/index.ts'
import type { RunStatus } from './run-status.ts'

/** What happens in the engine, for whoever counts it: told once it is committed. */
export interface EngineEvents extends JobListener {
  readonly runEnded: (status: RunStatus) => void
  readonly logReceived: (bytes: number) => void
}

/** Nobody counts. */
export const noEngineEvents: EngineEvents = {
  runEnded: () => {},
  jobGivenOut: () => {},
  jobEnded: () => {},
  logReceived: () => {},
}
