import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'

/** Time, injectable so that tests need not wait. The same shape as core's. */
export interface Clock {
  /** Wall-clock time: leases outlive the process, so the control plane measures them with it. */
  now(): Date
  /** Milliseconds that never go back. */
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
