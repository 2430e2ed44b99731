import { ExecutorError } from '../errors/index.ts'
import type { Outcome, Workload } from '../executor/index.ts'
import { Backoff } from '../runtime/index.ts'
import type { JobLog } from './job-log.ts'
import type { JobServices } from './job-services.ts'
import { waitForOutcome } from './wait-for-outcome.ts'

/**
 * Reads a workload's output to its end and waits for its outcome, through outages of the engine: the
 * output is byte-addressable, so it is read on from where it was cut.
 */
export async function followWorkload(options: {
  readonly workload: Workload
  readonly log: JobLog
  readonly services: JobServices
  readonly signal: AbortSignal
}): Promise<Outcome> {
  const { workload, log, services, signal } = options
  const [outcome] = await Promise.race([
    Promise.all([
      waitForOutcome(workload, { ...services, signal }),
      readOutput({ workload, log, services, signal }),
    ]),
    log.uploadFailure(),
  ])
  return outcome
}

async function readOutput(options: {
  readonly workload: Workload
  readonly log: JobLog
  readonly services: JobServices
  readonly signal: AbortSignal
}): Promise<void> {
  const { workload, log, services, signal } = options
  const { clock, logger } = services
  const backoff = new Backoff({ maxMs: 10_000 })
  for (;;) {
    try {
      await log.pump(workload, { signal })
      return
    } catch (error) {
      signal.throwIfAborted()
      // Only the output can be read again; a pump that failed by itself has to be opened anew.
      if (!(error instanceof ExecutorError)) throw error
      if (error.code === 'OUTPUT_LOST') {
        logger.error({ err: error, workloadId: workload.id }, 'Output of the workload is lost')
        return
      }
      logger.warn(
        { err: error, workloadId: workload.id },
        'Could not read the output of the workload',
      )
      await clock.sleep(backoff.nextMs(), { signal })
    }
  }
}
