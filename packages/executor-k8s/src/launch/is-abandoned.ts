import type { Clock, NotStartedOutcome } from '@scalr-agent/core'
import { launcherLife } from '@scalr-agent/core/container'

import type { WorkloadState } from '../pod/workload-state.ts'

/** How long a launch of another process may take beyond its own start time-out. */
const slackMs = 30_000

/** What became of a workload that nobody is there to start. */
export const abandonedOutcome: NotStartedOutcome = {
  kind: 'not-started',
  cause: 'start-timeout',
  evidence: 'The process that launched it ended before it was started.',
}

/** Whether nobody is there any more to start this workload. */
export function isAbandoned(
  state: Extract<WorkloadState, { phase: 'starting' }>,
  clock: Clock,
): boolean {
  if (launcherLife(state.record.launcher) === 'dead') return true
  const ageMs = clock.now().getTime() - state.createdAt.getTime()
  return ageMs > state.record.startTimeoutMs + slackMs
}
