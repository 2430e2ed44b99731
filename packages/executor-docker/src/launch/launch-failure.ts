import type { NotStartedOutcome, WorkloadSpec } from '@scalr-agent/core'
import { marks } from '@scalr-agent/core/container'

import { putMark } from '../container/put-mark.ts'
import { readMarks } from '../container/read-marks.ts'
import type { DockerContext } from '../context.ts'
import { isEngineAway, isNotFound } from '../docker-error.ts'
import { persist } from '../calls/persist.ts'
import { removeContainer, removeVolumes } from '../container/remove-workload.ts'

/** How long the engine may take to tidy up after a launch that failed. */
const tidyLimitMs = 30_000

/** Reason of the signal when the time to start is over. */
export const startTimeout = Symbol('start time-out')

/**
 * Leaves either a workload that `list` shows or nothing (I3). Throws the failure, or tells whether the
 * workload is there: `true`, or `false` when it should be made once more.
 */
export async function afterFailure(
  context: DockerContext,
  failure: {
    readonly spec: WorkloadSpec
    readonly containerId: string
    /** Whether the engine went away in the midst of it. */
    readonly wasAway: boolean
    readonly error: unknown
  },
  signal: AbortSignal,
): Promise<boolean> {
  const { spec, containerId, wasAway, error } = failure
  const { client, clock } = context
  const reason: unknown = signal.aborted ? signal.reason : error
  if (reason === startTimeout) {
    await tidy(context, async (limit) => await forbidStart(context, spec, containerId, limit))
    return true
  }
  if (!signal.aborted) {
    // A missing network is one thing, a missing container another.
    if (isNotFound(error) && (await client.inspect(containerId, signal)) === undefined) return false
    if (await isRefusedForGood(context, containerId, signal)) return true
    if (await mayRun(context, spec, containerId)) return true
  }
  await tidy(context, async (limit) => {
    await removeContainer(client, clock, containerId, limit)
    await removeVolumes(client, spec.id, limit)
  })
  // An engine that was killed in the midst of a start often cannot start that container any more.
  if (!signal.aborted && wasAway) return false
  throw reason
}

/** Should the engine start it after all, it ends at once. */
async function forbidStart(
  context: DockerContext,
  spec: WorkloadSpec,
  containerId: string,
  signal: AbortSignal,
): Promise<void> {
  const outcome: NotStartedOutcome = {
    kind: 'not-started',
    cause: 'start-timeout',
    evidence: `Its container did not start within ${spec.startTimeoutMs} ms (startTimeoutMs).`,
  }
  const content = JSON.stringify(outcome)
  await putMark(context.client, containerId, marks.notStarted, content, signal)
}

/**
 * Whether its main process runs, or ran, though the engine says that the start failed: then it must never
 * be started a second time.
 */
async function mayRun(
  context: DockerContext,
  spec: WorkloadSpec,
  containerId: string,
): Promise<boolean> {
  let found = false
  await tidy(context, async (limit) => {
    await forbidStart(context, spec, containerId, limit).catch((error: unknown) => {
      // Its files were never laid out.
      if (!isNotFound(error)) throw error
    })
    found = (await readMarks(context.client, containerId, limit)).has(marks.main)
  })
  return found
}

/** The engine could not run the image's shell: that stays, as a workload that was not started. */
async function isRefusedForGood(
  context: DockerContext,
  containerId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const info = await context.client.inspect(containerId, signal).catch(() => undefined)
  const said = info?.State.Error ?? ''
  return /exec format error|exec: |executable file not found|no such file or directory/iu.test(said)
}

/** Work after a failure: with a time limit of its own, and never louder than the failure. */
export async function tidy(
  context: DockerContext,
  work: (limit: AbortSignal) => Promise<void>,
): Promise<void> {
  const limit = AbortSignal.timeout(tidyLimitMs)
  try {
    await persist(context.clock, limit, async () => await work(limit))
  } catch (error) {
    context.logger.warn(
      { error: isEngineAway(error) || error === limit.reason ? 'the engine is away' : error },
      'Cannot tidy up after a launch that failed; the next look at the list of workloads will',
    )
  }
}
