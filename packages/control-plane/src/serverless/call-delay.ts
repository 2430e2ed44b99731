import type { Timing } from '../runtime/index.ts'

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
  const most = answer.kind === 'refused' ? refusedMs : mostBusyMs
  const ceiling = Math.min(most, timing.webhookRetryMs * 2 ** Math.min(attempts, 20))
  const asked = answer.kind === 'busy' ? Math.min(answer.retryAfterMs ?? 0, mostAskedMs) : 0
  return Math.max(asked, ceiling / 2 + (Math.random() * ceiling) / 2)
}
