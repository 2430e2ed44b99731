import { setTimeout as delay } from 'node:timers/promises'

import type { OutputStreamOptions, Run, ScalrClient } from '@scalr-agent/core'

import type { Screen } from './screen.ts'

type Output = (options: OutputStreamOptions) => Promise<AsyncIterable<Uint8Array> | undefined>

const pollMs = 200

/** What a status means to somebody who waits. */
const doing: Readonly<Record<string, string>> = {
  pending: 'Waiting for the run before',
  plan_queued: 'Waiting for the agent to take the plan',
  planning: 'Planning',
  confirmed: 'Waiting for the agent to take the apply',
  apply_queued: 'Waiting for the agent to take the apply',
  applying: 'Applying',
}

/** Statuses in which a run has ended, or waits for a person. */
const resting = new Set<string>([
  'planned',
  'planned_and_finished',
  'planned_and_saved',
  'applied',
  'errored',
  'canceled',
  'discarded',
])

/** What was seen of a run while it was followed. */
export interface FollowedRun {
  readonly run: Run
  readonly logBytes: number
}

/**
 * Shows a phase's log live, with a progress line where nothing comes, until the run rests: it waits for
 * confirmation or has ended, and the whole log was shown.
 */
export async function followRun(
  client: ScalrClient,
  options: {
    readonly runId: string
    readonly phase: 'plan' | 'apply'
    readonly screen: Screen
    readonly signal: AbortSignal
  },
): Promise<FollowedRun> {
  const { runId, phase, screen, signal } = options
  const startedMs = Date.now()
  const decoder = new TextDecoder()
  let logBytes = 0
  for (;;) {
    const run = await client.runs.get(runId, { signal })
    const ended = resting.has(run.status) && !(phase === 'apply' && run.status === 'planned')
    const read = outputOf(client, run, phase)
    for await (const bytes of (await read?.({ fromByte: logBytes, signal })) ?? []) {
      logBytes += bytes.byteLength
      screen.log(decoder.decode(bytes, { stream: true }))
    }
    if (ended) return { run, logBytes }
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(0)
    screen.progress(`${doing[run.status] ?? run.status}… ${seconds} s, ${logBytes} bytes of log`)
    await delay(pollMs, undefined, { signal })
  }
}

function outputOf(client: ScalrClient, run: Run, phase: 'plan' | 'apply'): Output | undefined {
  const { planId, applyId } = run
  if (phase === 'plan') {
    return planId === null ? undefined : (options) => client.plans.outputStream(planId, options)
  }
  return applyId === null ? undefined : (options) => client.applies.outputStream(applyId, options)
}
