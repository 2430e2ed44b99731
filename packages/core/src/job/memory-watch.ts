import type { Workload } from '../executor/index.ts'
import type { Clock, Logger } from '../runtime/index.ts'
import type { MemoryFindings } from './job-findings.ts'

export interface MemoryWatchOptions {
  readonly workload: Pick<Workload, 'id' | 'usage'>
  readonly limits: Pick<MemoryFindings, 'softBytes' | 'warnBytes'>
  readonly intervalMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  /** More than ever before, and beyond the warning. */
  readonly onPeak: (bytes: number) => void
  /** Beyond the soft limit. Called once. */
  readonly onSoftLimit: (bytes: number) => void
}

/**
 * Measures a workload until the signal aborts. A tool that the kernel kills at its limit cannot save its
 * state, so it is asked to stop before.
 */
export async function watchMemory(options: MemoryWatchOptions): Promise<void> {
  const { workload, limits, intervalMs, clock, logger, signal, onPeak, onSoftLimit } = options
  let peakBytes = 0
  let softened = false
  while (!signal.aborted) {
    await clock.sleep(intervalMs, { signal }).catch(() => {})
    if (signal.aborted) return
    const usage = await workload.usage().catch((error: unknown) => {
      logger.debug({ err: error, workloadId: workload.id }, 'Could not measure the workload')
      return undefined
    })
    const bytes = usage?.memoryBytes
    // Nothing after the end: the workload is gone, and what it used is no news.
    if (bytes === undefined || signal.aborted) continue
    if (bytes >= limits.warnBytes && bytes > peakBytes) {
      peakBytes = bytes
      onPeak(bytes)
    }
    if (bytes >= limits.softBytes && !softened) {
      softened = true
      onSoftLimit(bytes)
    }
  }
}

/** Where a job with that limit is warned of and interrupted. */
export function memoryLimits(
  limitBytes: number,
  percents: { readonly softLimitPercent: number; readonly warnPercent: number },
): MemoryFindings {
  const softBytes = Math.floor((limitBytes * percents.softLimitPercent) / 100)
  return {
    limitBytes,
    softBytes,
    warnBytes: Math.floor((softBytes * percents.warnPercent) / 100),
  }
}
