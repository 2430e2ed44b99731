import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'

/** Time, injectable so that tests need not wait. Leases are measured with `monotonicMs` alone. */
export interface Clock {
  /** Wall-clock time, for timestamps that people read. */
  now(): Date
  /** Milliseconds that never go back; survives changes of the wall clock. */
  monotonicMs(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, options) => {
    options?.signal?.throwIfAborted()
    await delay(ms, undefined, options?.signal ? { signal: options.signal } : {}).catch(
      (error: unknown) => {
        options?.signal?.throwIfAborted()
        throw error
      },
    )
  },
}
