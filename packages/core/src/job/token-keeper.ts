import type { ControlPlaneJob } from '../control-plane/index.ts'
import { Backoff, type Clock, type Logger } from '../runtime/index.ts'

/** Refreshes the job token at half of its life, until the signal aborts: a job may outlive any token. */
export async function keepJobToken(
  job: ControlPlaneJob,
  options: {
    readonly expiresAt: string
    readonly clock: Clock
    readonly logger: Logger
    readonly signal: AbortSignal
  },
): Promise<void> {
  const { clock, logger, signal } = options
  const backoff = new Backoff({ maxMs: 30_000 })
  let expiresAt = options.expiresAt
  while (!signal.aborted) {
    const halfMs = (Date.parse(expiresAt) - clock.now().getTime()) / 2
    try {
      await clock.sleep(Math.max(1_000, halfMs), { signal })
      expiresAt = (await job.refreshToken({ signal })).jobTokenExpiresAt
      backoff.reset()
    } catch (error) {
      if (signal.aborted) return
      logger.warn({ err: error, jobId: job.jobId }, 'Could not refresh the job token')
      await clock.sleep(backoff.nextMs(), { signal }).catch(() => {})
    }
  }
}
