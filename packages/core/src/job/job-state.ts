import { IllegalStateError } from '../errors/index.ts'
import type { JobState } from '../protocol/index.ts'

/** What happens to a job. */
export const jobEvents = [
  /** The two-step accept succeeded; files are fetched and laid out. */
  'prepare',
  /** The workload runs. */
  'launch',
  /** A cancel, a time-out or the loss of the lease: the workload was asked to stop. */
  'cancel',
  /** The workload ended, or the job ended before it had one. */
  'end',
  'succeed',
  'fail',
  'confirm-cancel',
  /** The lease is gone: whatever became of it is no longer ours to tell. */
  'lose',
] as const
/** What moves a job from one state to the next. */
export type JobEvent = (typeof jobEvents)[number]

/**
 * Every legal transition. `cancel` while preparing goes straight to reporting: there is nothing to
 * interrupt. `lose` is legal wherever the job is not yet terminal.
 */
export const jobTransitions = {
  acquired: { prepare: 'preparing', cancel: 'reporting', end: 'reporting', lose: 'lost' },
  preparing: { launch: 'running', cancel: 'reporting', end: 'reporting', lose: 'lost' },
  running: { cancel: 'canceling', end: 'reporting', lose: 'lost' },
  canceling: { end: 'reporting', lose: 'lost' },
  reporting: { succeed: 'succeeded', fail: 'failed', 'confirm-cancel': 'canceled', lose: 'lost' },
  succeeded: {},
  failed: {},
  canceled: {},
  lost: {},
} as const satisfies Record<JobState, Partial<Record<JobEvent, JobState>>>

/** Whether a job in that state has ended. */
export function isTerminal(state: JobState): boolean {
  return Object.keys(jobTransitions[state]).length === 0
}

/**
 * The state that follows. Pure.
 *
 * @throws {@link IllegalStateError} for a pair that the table does not hold.
 */
export function transition(state: JobState, event: JobEvent): JobState {
  const next = (jobTransitions[state] as Partial<Record<JobEvent, JobState>>)[event]
  if (next === undefined) {
    throw new IllegalStateError(`A job in state '${state}' cannot take the event '${event}'.`)
  }
  return next
}
