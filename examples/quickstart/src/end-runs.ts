import { setTimeout as delay } from 'node:timers/promises'

import { ApiError, type Run, type ScalrClient } from '@scalr-agent/core'

import type { Screen } from './screen.ts'

const ended = new Set<string>([
  'planned_and_finished',
  'applied',
  'errored',
  'canceled',
  'discarded',
])

/**
 * Ends every run of the workspace that has not ended: one that waits is discarded, one that works is
 * cancelled and its tool interrupted once, so that it saves its state. Resolves when all have ended.
 */
export async function endRuns(
  client: ScalrClient,
  workspaceId: string,
  options: {
    readonly screen: Screen
    /** Aborts the patience: what still runs is ended now. */
    readonly force?: AbortSignal
  },
): Promise<void> {
  const { screen, force } = options
  const unfinished: Run[] = []
  for await (const run of client.runs.list({ filter: { workspace: workspaceId } })) {
    if (!ended.has(run.status)) unfinished.push(run)
  }
  // The newest first, so that no waiting run begins when the one before it ends.
  for (const { id, status } of unfinished) {
    screen.line(`Ending the run ${id}, which is ${status}.`)
    await end(client, id)
  }
  let forced = false
  for (const { id } of unfinished) {
    for (;;) {
      const run = await client.runs.get(id)
      if (ended.has(run.status)) {
        screen.line(`The run ${id} is ${run.status}.`)
        break
      }
      if (force?.aborted === true && !forced) {
        forced = true
        await unlessConflict(client.runs.cancel(id, { force: true }))
      }
      screen.progress(`Waiting for the end of ${id}, which is ${run.status}`)
      await delay(100)
    }
  }
}

async function end(client: ScalrClient, id: string): Promise<void> {
  if (await unlessConflict(client.runs.cancel(id))) return
  if (await unlessConflict(client.runs.discard(id))) return
  // Between two states just now: the wait that follows sees how it ends.
}

/** `false` for a run whose state does not allow the action. */
async function unlessConflict(action: Promise<unknown>): Promise<boolean> {
  try {
    await action
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return false
    throw error
  }
}
