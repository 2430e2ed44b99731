import type { Phase } from '../protocol/index.ts'
import type { BootClock, Clock } from '../runtime/index.ts'

export interface LeaseOptions {
  readonly phase: Phase
  readonly leaseMs: number
  readonly applyGraceMs: number
  readonly clock: BootClock
  /** Monotonic time *before* the request was sent that granted or renewed it. */
  readonly renewedMs: number
}

/**
 * The agent's side of a lease, measured on the monotonic clock from before the renewing request was
 * sent, so that it always ends here before it ends at the control plane (I6).
 */
export class Lease {
  #options: LeaseOptions
  #renewedMs: number

  constructor(options: LeaseOptions) {
    this.#options = options
    this.#renewedMs = options.renewedMs
  }

  get renewedMs(): number {
    return this.#renewedMs
  }

  /** The control plane told the job's own terms when it was accepted. */
  setTerms(terms: Pick<LeaseOptions, 'leaseMs' | 'applyGraceMs'>): void {
    this.#options = { ...this.#options, ...terms }
  }

  /** @param sentMs monotonic time before the heartbeat was sent. */
  renew(sentMs: number): void {
    this.#renewedMs = Math.max(this.#renewedMs, sentMs)
  }

  ageMs(): number {
    return this.#options.clock.nowMs() - this.#renewedMs
  }

  /** No apply starts on a lease older than a third of it: it could end before the first state write. */
  isFreshEnoughToLaunch(): boolean {
    return this.#options.phase !== 'apply' || this.ageMs() <= this.#options.leaseMs / 3
  }

  /**
   * Age at which the workload is asked to stop. A plan or a policy check at two thirds of the lease. An apply costs more to
   * interrupt than to finish late, and nobody else may run it: two thirds of the lease plus the grace.
   */
  get softAfterMs(): number {
    const { phase, leaseMs, applyGraceMs } = this.#options
    return (leaseMs * 2) / 3 + (phase === 'apply' ? applyGraceMs : 0)
  }

  /**
   * Age at which a plan or a policy check is killed, well before the control plane may give it to another agent. An apply
   * is never killed for its lease: nobody else runs it, and the patience of its cancel applies.
   */
  get killAfterMs(): number | undefined {
    const { phase, leaseMs } = this.#options
    return phase !== 'apply' ? (leaseMs * 11) / 12 : undefined
  }
}

/** The last renewal of a journaled lease on this machine's monotonic clock. */
export function restoreRenewal(
  lease: { readonly bootId: string; readonly renewedMs: number; readonly renewedAt: string },
  clocks: { readonly bootClock: BootClock; readonly clock: Clock },
): number {
  const { bootClock, clock } = clocks
  if (lease.bootId === bootClock.bootId) return Math.min(lease.renewedMs, bootClock.nowMs())
  const ageMs = Math.max(0, clock.now().getTime() - Date.parse(lease.renewedAt))
  return bootClock.nowMs() - ageMs
}
