import type { NotStartedOutcome } from '@scalr-agent/core'
import { marks } from '@scalr-agent/core/container'

import { readState, type ContainerState } from './container-state.ts'
import { putMark } from './put-mark.ts'
import type { DockerContext } from '../context.ts'
import { isNotFound } from '../docker-error.ts'
import { removeContainer, removeVolumes } from './remove-workload.ts'

/**
 * Removes a container that was made and never started, as a launcher leaves it that was killed half-way.
 * First it is marked, so that it ends at once should its launcher live after all and start it now: a
 * container that ran its job is never taken for a leftover.
 */
export async function discardLeftover(
  context: DockerContext,
  leftover: Extract<ContainerState, { phase: 'starting' }>,
  signal: AbortSignal,
): Promise<void> {
  const { client, logger } = context
  const { containerId, record } = leftover
  const outcome: NotStartedOutcome = {
    kind: 'not-started',
    cause: 'start-timeout',
    evidence: 'The process that launched it ended before it was started.',
  }
  try {
    await putMark(client, containerId, marks.notStarted, JSON.stringify(outcome), signal)
  } catch (error) {
    if (isNotFound(error)) return
    throw error
  }
  const state = await readState(client, record.id, signal)
  if (state.phase === 'absent' || state.phase === 'stranger') return
  if (state.containerId !== containerId) return
  if (state.phase === 'running' || (state.phase === 'ended' && state.wasStarted)) return
  logger.debug({ workload: record.id }, 'Removing a container whose launch was cut off')
  await removeContainer(client, context.clock, containerId, signal)
  await removeVolumes(client, record.id, signal)
}
