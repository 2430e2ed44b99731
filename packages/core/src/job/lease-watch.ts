import type { Clock } from '../runtime/index.ts'
import type { Lease } from './lease.ts'

export interface LeaseWatchOptions {
  readonly lease: Lease
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The lease was not renewed for so long that the workload has to be asked to stop. Called once. */
  readonly onSoft: () => void
  /** Plans only: it has to be gone now. Called once. */
  readonly onKill: () => void
}

/**
 * Self-fencing (I6): stops a workload before its lease ends, since after that another agent may hold it.
 * Resolves when the signal aborts or there is nothing left to watch.
 */
export async function watchLease(options: LeaseWatchOptions): Promise<void> {
  const { lease, clock, signal, onSoft, onKill } = options
  let softened = false
  while (!signal.aborted) {
    const age = lease.ageMs()
    if (!softened && age >= lease.softAfterMs) {
      softened = true
      onSoft()
    }
    const { killAfterMs } = lease
    if (killAfterMs !== undefined && age >= killAfterMs) {
      onKill()
      return
    }
    if (softened && killAfterMs === undefined) return
    const nextMs = (softened ? (killAfterMs ?? 0) : lease.softAfterMs) - age
    await clock.sleep(Math.max(1, nextMs), { signal }).catch(() => {})
  }
}
