import type { Clock } from '@scalr-agent/core'

import { isConflict } from '../docker-error.ts'
import type { EngineClient } from '../calls/engine-client.ts'
import { labelNames } from './labels.ts'

const removalPollMs = 50

/** Ends a container if need be, and resolves when it is gone. "Already gone" is fine. */
export async function removeContainer(
  client: EngineClient,
  clock: Clock,
  containerId: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.remove(containerId, signal)
  } catch (error) {
    // Somebody else removes it already.
    if (!isConflict(error)) throw error
  }
  while ((await client.inspect(containerId, signal)) !== undefined) {
    await clock.sleep(removalPollMs, { signal })
  }
}

/** The volumes of a workload, which stay when its container is removed. */
export async function removeVolumes(
  client: EngineClient,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  await client.volumes.removeUnused([`${labelNames.workload}=${id}`], signal)
}
