import type { Outcome } from '../executor/index.ts'
import type { FailureCause, FinishJobRequest } from '../protocol/index.ts'
import type { JobRecord } from './job-record.ts'

const planWord = { plan: 'Plan', apply: 'Apply', policy: 'Policy check' } as const

/** What happened, on what, what to do: the words a user reads on the run. */
export function explainFailure(options: {
  readonly record: JobRecord
  readonly cause: FailureCause
  readonly exitCode: number | null
  readonly failedStage?: string | undefined
}): NonNullable<FinishJobRequest['failure']> {
  const { record, cause, exitCode, failedStage } = options
  const evidence = evidenceOf(record.outcome) ?? record.failure?.evidence
  return {
    cause,
    message: record.failure?.message ?? words(record, cause, exitCode, failedStage),
    ...(evidence === undefined ? {} : { evidence }),
  }
}

function words(
  record: JobRecord,
  cause: FailureCause,
  exitCode: number | null,
  failedStage: string | undefined,
): string {
  const operation = planWord[record.phase]
  const { outcome } = record
  switch (cause) {
    case 'exit-code':
      return `${operation} failed: stage '${failedStage ?? record.phase}' ended with exit code ${exitCode ?? 'unknown'}. The log above says why.`
    case 'init-failed':
      return `${operation} failed: init ended with exit code ${exitCode ?? 'unknown'}. The log above says why.`
    case 'hook-failed':
      return `${operation} failed: the hook '${failedStage ?? record.phase}' ended with exit code ${exitCode ?? 'unknown'}. The log above says why.`
    case 'state-locked':
      return `${operation} failed: the state is locked by another operation. The log above says by whom.`
    case 'canceled':
      return `${operation} was canceled.`
    case 'timeout':
      return `${operation} took longer than ${minutes(record.timeoutMs)} and was stopped. Raise the workspace's run operation timeout if it needs more.`
    case 'lease-lost':
      return `${operation} was stopped by its agent, which could not reach the control plane for too long.`
    case 'agent-stopped':
      return `${operation} was stopped since its agent was told to stop. Start a new run.`
    case 'out-of-memory':
    case 'soft-memory-limit':
      return `Error: The Run has reached the memory limit, and this operation was aborted. Please ensure there is enough memory on the Scalr Agent instances and/or consider increasing the Run memory limits${limit(outcome)} for the Scalr Agent.`
    case 'not-started':
      return `${operation} could not be started: ${outcome?.kind === 'not-started' ? `${outcome.cause}, ${outcome.evidence}` : 'the executor refused it'}.`
    case 'evicted':
      return `${operation} was ended since its workload was evicted.`
    case 'signaled':
      return `${operation} was ended by ${outcome?.kind === 'signaled' ? outcome.signal : 'a signal'} that the agent did not send.`
    case 'lost':
      return `${operation} is lost: its workload is gone and no exit record proves how it ended.`
    case 'tool-not-found':
      return `${operation} failed: the tool was not found. Install it on the agent's machine or in the job's image.`
    case 'preparation':
      return `${operation} failed before the tool was run: stage '${failedStage ?? 'prepare'}'. The log above says why.`
    case 'disk-full':
      return `${operation} failed: the disk is full. Free space where the agent runs its jobs.`
    case 'agent':
      return `${operation} failed by a fault of the agent. Its own log says more.`
  }
}

function evidenceOf(outcome: Outcome | undefined): string | undefined {
  if (outcome === undefined) return undefined
  switch (outcome.kind) {
    case 'lost':
    case 'evicted':
    case 'not-started':
      return outcome.evidence
    case 'out-of-memory':
      return `limit ${outcome.limitBytes} bytes, peak ${outcome.peakBytes ?? 'unknown'}`
    case 'exited':
      return outcome.memoryExceeded === undefined
        ? undefined
        : `a child was killed at the limit of ${outcome.memoryExceeded.limitBytes} bytes`
    case 'signaled':
    case 'deadline':
      return undefined
  }
}

function limit(outcome: Outcome | undefined): string {
  const bytes =
    outcome?.kind === 'out-of-memory'
      ? outcome.limitBytes
      : outcome?.kind === 'exited'
        ? outcome.memoryExceeded?.limitBytes
        : undefined
  return bytes === undefined ? '' : ` (${Math.round(bytes / 1024 ** 2)}MB)`
}

function minutes(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1000)} seconds` : `${Math.round(ms / 60_000)} minutes`
}
