import type { Clock } from '@scalr-agent/core'

import { isEngineAway } from './docker-error.ts'

const firstPauseMs = 100
const longestPauseMs = 2000

/** Asks again for as long as the engine is away. Ends with the signal's reason. */
export async function persist<T>(
  clock: Clock,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (!isEngineAway(error)) throw error
    }
    await clock.sleep(pauseMs, { signal })
  }
}
