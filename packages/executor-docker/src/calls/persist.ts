import type { Clock } from '@scalr-agent/core'

import { isEngineAway } from '../docker-error.ts'

const firstPauseMs = 100
const longestPauseMs = 2000

/**
 * Asks again for as long as the engine is away, and tells `onAway` each time that it was. Ends with the
 * signal's reason.
 */
export async function persist<T>(
  clock: Clock,
  signal: AbortSignal,
  work: () => Promise<T>,
  onAway: () => void = () => {},
): Promise<T> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (!isEngineAway(error)) throw error
      onAway()
    }
    await clock.sleep(pauseMs, { signal })
  }
}
