import { ScalrAgentError } from '../errors/index.ts'
import type { Outcome, Workload } from '../executor/index.ts'
import { Backoff, type Clock, type Logger } from '../runtime/index.ts'

/**
 * Waits for the end of a workload through any outage of its engine: an engine that cannot be reached
 * proves nothing about the workload (I2).
 */
export async function waitForOutcome(
  workload: Workload,
  options: { readonly clock: Clock; readonly logger: Logger; readonly signal: AbortSignal },
): Promise<Outcome> {
  const { clock, logger, signal } = options
  const backoff = new Backoff({ maxMs: 10_000 })
  for (;;) {
    try {
      return await workload.wait({ signal })
    } catch (error) {
      signal.throwIfAborted()
      if (ScalrAgentError.isInstance(error) && !error.retryable) throw error
      logger.warn({ err: error, workloadId: workload.id }, 'Could not ask how the workload is')
      await clock.sleep(backoff.nextMs(), { signal })
    }
  }
}
