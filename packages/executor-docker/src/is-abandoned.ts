import type { Clock } from '@scalr-agent/core'

import type { ContainerState } from './container/container-state.ts'
import { launcherLife } from './launcher.ts'

/** How long a launch of a process that we cannot look at may take beyond its own start time-out. */
const slackMs = 10_000

/** Whether nobody is there any more to start this container. */
export function isAbandoned(
  state: Extract<ContainerState, { phase: 'starting' }>,
  clock: Clock,
): boolean {
  switch (launcherLife(state.record.launcher)) {
    case 'alive':
      return false
    case 'dead':
      return true
    case 'unknown':
      return (
        clock.now().getTime() - state.createdAt.getTime() > state.record.startTimeoutMs + slackMs
      )
  }
}
