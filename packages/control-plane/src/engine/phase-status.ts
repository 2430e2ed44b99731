import type { RunStatus } from './run-status.ts'

/** Scalr's statuses of a plan or an apply. `unreachable`: it will not run. */
export type PhaseStatus =
  | 'pending'
  | 'queued'
  | 'running'
  | 'finished'
  | 'canceled'
  | 'errored'
  | 'unreachable'

interface PhasePair {
  readonly plan?: PhaseStatus
  readonly apply?: PhaseStatus
}

/** What a run's status says of its plan and apply. The ends are in {@link endOfPhase}. */
const phaseOfRun: Readonly<Record<RunStatus, PhasePair>> = {
  pending: {},
  plan_queued: { plan: 'queued' },
  planning: { plan: 'running' },
  planned: { plan: 'finished' },
  planned_and_saved: { plan: 'finished' },
  policy_checking: {},
  policy_override: {},
  policy_checked: {},
  confirmed: {},
  apply_queued: { apply: 'queued' },
  applying: { apply: 'running' },
  applied: { apply: 'finished' },
  planned_and_finished: { plan: 'finished' },
  errored: {},
  canceled: {},
  discarded: {},
}

/** The phase's status once its run has that one; `undefined`: unchanged. */
export function phaseStatusFor(
  phase: 'plan' | 'apply',
  present: PhaseStatus,
  run: RunStatus,
): PhaseStatus | undefined {
  const said = phaseOfRun[run][phase]
  if (said !== undefined) return said === present ? undefined : said
  return endOfPhase(present, run)
}

function endOfPhase(present: PhaseStatus, run: RunStatus): PhaseStatus | undefined {
  const endsBadly = run === 'errored' || run === 'canceled'
  const isAtWork = present === 'queued' || present === 'running'
  if (endsBadly && isAtWork) return run
  const willNotRun = endsBadly || run === 'discarded' || run === 'planned_and_finished'
  return willNotRun && present === 'pending' ? 'unreachable' : undefined
}

/** The column's value. */
export function asPhaseStatus(value: string): PhaseStatus {
  switch (value) {
    case 'pending':
    case 'queued':
    case 'running':
    case 'finished':
    case 'canceled':
    case 'errored':
    case 'unreachable':
      return value
    default:
      throw new TypeError(`Not a status of a plan or apply: '${value}'`)
  }
}
