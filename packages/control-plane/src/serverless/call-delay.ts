import { retryDelayMs, type Timing } from '../runtime/index.ts'

import type { TaskAnswer } from './post-task.ts'

const mostBusyMs = 60_000
const mostAskedMs = 15 * 60_000
const refusedMs = 5 * 60_000

/** The pause before a webhook is called again: with jitter, and never shorter than it asked for. */
export function callDelayMs(
  timing: Pick<Timing, 'webhookRetryMs'>,
  attempts: number,
  answer: Exclude<TaskAnswer, { kind: 'accepted' }>,
): number {
  // Nothing changes until somebody mends it; then a change of the pool brings it forward.
  const mostMs = answer.kind === 'refused' ? refusedMs : mostBusyMs
  const askedMs = answer.kind === 'busy' ? Math.min(answer.retryAfterMs ?? 0, mostAskedMs) : 0
  return retryDelayMs({ attempts, baseMs: timing.webhookRetryMs, mostMs, askedMs })
}
