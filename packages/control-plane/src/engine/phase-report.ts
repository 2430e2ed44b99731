import type { FinishJobRequest } from '@scalr-agent/core/protocol'

import type { WrittenFile } from '../store/index.ts'
import type { RescueOutcome } from './rescued-state.ts'
import type { StateLockFacts } from './state-lock.ts'

/**
 * How the job of a plan or an apply ended: the public API's attribute `agent-report`, in its names.
 * Everything is `null` of which nothing is known.
 */
export interface PhaseReport {
  readonly result: FinishJobRequest['result']
  readonly cause: string | null
  readonly message: string | null
  readonly evidence: string | null
  readonly 'last-lines': string | null
  readonly 'exit-code': number | null
  readonly stages: readonly {
    readonly name: string
    readonly 'started-at': string | null
    readonly 'ended-at': string | null
    readonly 'exit-code': number | null
  }[]
  readonly interrupts: FinishJobRequest['interrupts'] | null
  /** Of all attempts together. */
  readonly log: {
    readonly bytes: number
    readonly digest: string
    readonly 'missing-bytes': number
  } | null
  /** The lock of the state that was held when the job ended. */
  readonly 'state-lock': {
    readonly id: string
    readonly who: string | null
    readonly operation: string | null
    readonly 'created-at': string
    readonly 'run-id': string | null
  } | null
  readonly 'rescued-state': RescueOutcome | null
}

/** What an agent reported. */
export function phaseReport(
  report: FinishJobRequest,
  kept: {
    readonly log: WrittenFile
    readonly lock: StateLockFacts | undefined
    readonly rescued: RescueOutcome | undefined
  },
): PhaseReport {
  const { failure, log } = report
  return {
    result: report.result,
    cause: failure?.cause ?? null,
    message: failure?.message ?? null,
    evidence: failure?.evidence ?? null,
    'last-lines': failure?.lastLines ?? null,
    'exit-code': report.exitCode,
    stages: report.stages.map((stage) => ({
      name: stage.name,
      'started-at': stage.startedAt ?? null,
      'ended-at': stage.endedAt ?? null,
      'exit-code': stage.exitCode,
    })),
    interrupts: report.interrupts,
    log: { bytes: kept.log.bytes, digest: kept.log.digest, 'missing-bytes': log.missingBytes },
    'state-lock': lockOf(kept.lock),
    'rescued-state': kept.rescued ?? null,
  }
}

/** Of a job whose agent said nothing any more. */
export function lostReport(message: string, lock: StateLockFacts | undefined): PhaseReport {
  return {
    result: 'lost',
    cause: 'lost',
    message,
    evidence: null,
    'last-lines': null,
    'exit-code': null,
    stages: [],
    interrupts: null,
    log: null,
    'state-lock': lockOf(lock),
    'rescued-state': null,
  }
}

function lockOf(lock: StateLockFacts | undefined): PhaseReport['state-lock'] {
  if (lock === undefined) return null
  return {
    id: lock.id,
    who: lock.who,
    operation: lock.operation,
    'created-at': lock.createdAt,
    'run-id': lock.runId,
  }
}
