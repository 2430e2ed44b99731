import { runPhase, type Run, type ScalrClient } from '@scalr-agent/core'

import type { Screen } from './screen.ts'

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

/** Of a run that applies without a question, these say that its plan is over. */
const afterPlan: readonly Run['status'][] = ['confirmed', 'apply_queued', 'applying']

/** What was seen of a run while it was followed. */
export interface FollowedRun {
  readonly run: Run
  readonly logBytes: number
}

/**
 * Shows a phase's log live, with a progress line where nothing comes, until the phase is over: the run waits
 * for confirmation or has ended, and the whole log was shown.
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
  let logBytes = 0
  const isOver = (run: Run): boolean =>
    phase === 'plan'
      ? runPhase(run) !== 'working' || afterPlan.includes(run.status)
      : runPhase(run) === 'ended'
  const wait = (until: (run: Run) => boolean): Promise<Run> =>
    client.runs.waitFor(runId, {
      pollMs,
      signal,
      until: (run) => {
        const seconds = ((Date.now() - startedMs) / 1000).toFixed(0)
        screen.progress(
          `${doing[run.status] ?? run.status}… ${seconds} s, ${logBytes} bytes of log`,
        )
        return until(run)
      },
    })
  const showLog = async (): Promise<void> => {
    const { planId, applyId } = await wait((run) => run[`${phase}Id`] !== null || isOver(run))
    const id = phase === 'plan' ? planId : applyId
    if (id === null) return
    const source = phase === 'plan' ? client.plans : client.applies
    const decoder = new TextDecoder()
    for await (const bytes of source.follow(id, { pollMs, signal })) {
      logBytes += bytes.byteLength
      screen.log(decoder.decode(bytes, { stream: true }))
    }
  }
  const [run] = await Promise.all([wait(isOver), showLog()])
  return { run, logBytes }
}
