import type { Outcome } from '../executor/index.ts'
import type { JobRecord } from './job-record.ts'

/** Of what the report may hold. */
const maxChars = 16_000

/** What proves the cause: the engine's words, the tool's, what was sent to it. */
export function failureEvidence(record: JobRecord): string | undefined {
  const { outcome, failure, findings, stop } = record
  const parts = [
    outcomeEvidence(outcome, record.memory?.peakBytes),
    failure?.evidence,
    stop === undefined ? undefined : stopEvidence(stop),
    findings?.errors,
    findings?.diskFull,
  ].filter((part) => part !== undefined && part !== '')
  return parts.length === 0 ? undefined : parts.join('\n\n').slice(0, maxChars)
}

/** Where a state lies that the control plane did not take. */
export function rescuedEvidence(rescued: NonNullable<JobRecord['rescued']>): string {
  return `The state that the tool could not write is kept on the agent's machine, since the control plane did not take it: ${rescued.path}. ${rescued.reason}`
}

function outcomeEvidence(
  outcome: Outcome | undefined,
  measuredBytes: number | undefined,
): string | undefined {
  if (outcome === undefined) return undefined
  switch (outcome.kind) {
    case 'lost':
    case 'evicted':
    case 'not-started':
      return outcome.evidence
    case 'out-of-memory':
      return `limit ${outcome.limitBytes} bytes, peak ${outcome.peakBytes ?? measuredBytes ?? 'unknown'}`
    case 'exited': {
      const { memoryExceeded } = outcome
      if (memoryExceeded === undefined) return undefined
      return `a child was killed at the limit of ${memoryExceeded.limitBytes} bytes, peak ${memoryExceeded.peakBytes ?? measuredBytes ?? 'unknown'}`
    }
    case 'signaled':
      return outcome.signal
    case 'deadline':
      return `the engine's deadline of ${outcome.deadlineMs} ms`
  }
}

function stopEvidence(stop: NonNullable<JobRecord['stop']>): string {
  const { softAt, hardAt, killAt } = stop
  const sent = [
    ...(softAt === undefined ? [] : [`interrupted at ${softAt}`]),
    ...(hardAt === undefined ? [] : [`aborted at ${hardAt}`]),
    ...(killAt === undefined ? [] : [`killed at ${killAt}`]),
  ]
  return sent.length === 0 ? 'stopped before it was started' : sent.join(', ')
}
