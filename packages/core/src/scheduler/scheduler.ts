import { ApiError } from '../errors/index.ts'
import type { JobAssignment } from '../protocol/index.ts'
import { Backoff, type Clock, type Logger } from '../runtime/index.ts'
import type { Admission } from './admission.ts'
import type { Slot, Slots } from './slots.ts'

/** How often a refused admission is looked at again. */
const admissionRetryMs = 1_000

export interface SchedulerOptions {
  readonly slots: Slots
  readonly admission: Admission
  /** One long-poll for up to `max` jobs. */
  readonly acquire: (
    request: { readonly max: number },
    options: { readonly signal: AbortSignal },
  ) => Promise<readonly JobAssignment[]>
  /** Takes over a job and its slot; releases the slot when the job has ended. Must not throw. */
  readonly accept: (assignment: JobAssignment, slot: Slot) => void
  readonly clock: Clock
  readonly logger: Logger
  readonly random?: () => number
}

/**
 * Asks for work: reserve, ask, hand over. Slots are reserved before asking and only as many as memory
 * and disk admit, so every job that arrives has its place.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  #refusal: string | undefined

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  /** Why no work is asked for at the moment, if so. */
  get refusal(): string | undefined {
    return this.#refusal
  }

  /** Runs until the signal aborts; resolves then. Failures are tried again: ending is the session's business. */
  async run(options: { readonly signal: AbortSignal }): Promise<void> {
    const { signal } = options
    const { clock, logger, random } = this.#options
    const backoff = new Backoff(random === undefined ? {} : { random })
    while (!signal.aborted) {
      let waitMs = 0
      try {
        if (!(await this.#round(signal))) waitMs = admissionRetryMs
        backoff.reset()
      } catch (error) {
        if (signal.aborted) return
        waitMs = (error instanceof ApiError ? error.retryAfterMs : undefined) ?? backoff.nextMs()
        logger.warn({ err: error, retryInMs: Math.round(waitMs) }, 'Could not ask for jobs')
      }
      if (waitMs > 0) await clock.sleep(waitMs, { signal }).catch(() => {})
    }
  }

  /** One question and its answer. @returns `false` when the machine has no room to ask. */
  async #round(signal: AbortSignal): Promise<boolean> {
    const { slots, acquire, accept, logger } = this.#options
    await slots.whenFree({ signal })
    const reserved = await this.#reserve()
    if (reserved.length === 0) return false
    try {
      for (const assignment of await acquire({ max: reserved.length }, { signal })) {
        const slot = reserved.pop()
        if (slot === undefined) {
          logger.error(
            { jobId: assignment.jobId },
            'The control plane gave more jobs than were asked for; it takes this one back when its lease ends',
          )
          break
        }
        accept(assignment, slot)
      }
      return true
    } finally {
      for (const slot of reserved) slot.release()
    }
  }

  /** As many free slots as the machine admits. */
  async #reserve(): Promise<Slot[]> {
    const { slots, admission, logger } = this.#options
    const reserved: Slot[] = []
    for (;;) {
      const verdict = await admission.check(slots.total - slots.free)
      if (!verdict.admitted) {
        if (reserved.length === 0) {
          if (this.#refusal !== verdict.reason) {
            logger.warn({ reason: verdict.reason }, 'No room for another job')
          }
          this.#refusal = verdict.reason
        }
        return reserved
      }
      this.#refusal = undefined
      const slot = slots.reserve()
      if (slot === undefined) return reserved
      reserved.push(slot)
    }
  }
}
