import type { Clock } from '@scalr-agent/core'

import { isAway } from '../kubernetes-error.ts'
import { KubeAnswerError } from './kube-answer-error.ts'

const firstPauseMs = 200
const longestPauseMs = 5000

/**
 * Asks again for as long as the API server is away or asks to be left alone, and tells `onAway` each time.
 * Waits as long as the server said (`Retry-After`), and some more, so that not all come back together. Ends
 * with the signal's reason.
 */
export async function persist<T>(
  clock: Clock,
  signal: AbortSignal,
  work: () => Promise<T>,
  onAway: (error: unknown) => void = () => {},
): Promise<T> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (!isAway(error)) throw error
      onAway(error)
      const askedMs = error instanceof KubeAnswerError ? (error.retryAfterMs ?? 0) : 0
      await clock.sleep(askedMs + pauseMs * (0.5 + Math.random() / 2), { signal })
    }
  }
}

/** For `onAway`: once that time is over, the error goes to the caller. */
export function giveUpAfter(clock: Clock, limitMs: number): (error: unknown) => void {
  const endMs = clock.monotonicMs() + limitMs
  return (error) => {
    if (clock.monotonicMs() >= endMs) throw error
  }
}
