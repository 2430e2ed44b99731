import type { FailureCause, FinishJobRequest } from '../protocol/index.ts'
import { failureEvidence } from './failure-evidence.ts'
import type { FoundLock } from './job-findings.ts'
import type { JobRecord } from './job-record.ts'
import { errorTitle } from './read-stage-findings.ts'

const operationWords = { plan: 'Plan', apply: 'Apply', policy: 'Policy check' } as const

export interface ExplainFailureOptions {
  readonly record: JobRecord
  readonly cause: FailureCause
  readonly exitCode: number | null
  readonly failedStage?: string | undefined
  /** Whether the phase itself came to a good end, and something around it failed. */
  readonly phaseSucceeded?: boolean | undefined
}

/** What happened, on what, what to do: the words a user reads on the run. */
export function explainFailure(
  options: ExplainFailureOptions,
): NonNullable<FinishJobRequest['failure']> {
  const { record, cause } = options
  const evidence = failureEvidence(record)
  return {
    cause,
    message: record.failure?.message ?? words(options),
    ...(evidence === undefined ? {} : { evidence }),
    ...(record.lastLines === undefined || record.lastLines === ''
      ? {}
      : { lastLines: record.lastLines }),
  }
}

/** Of a job that the agent could not bring to its launch. */
export function explainFault({ phase }: Pick<JobRecord, 'phase'>, why: string): string {
  return `${operationWords[phase]} failed by a fault of the agent, before anything was run: ${why}`
}

function words(options: ExplainFailureOptions): string {
  const { record, cause, failedStage } = options
  const operation = operationWords[record.phase]
  const { outcome, findings } = record
  const code = `exit code ${options.exitCode ?? 'unknown'}`
  const title = errorTitle(findings?.errors)
  const why = title === undefined ? '. The log above says why.' : `: ${title}.`
  switch (cause) {
    case 'exit-code':
      return `${operation} failed: stage '${failedStage ?? record.phase}' ended with ${code}${why}`
    case 'init-failed':
      return `${operation} failed: init ended with ${code}${why} ${initAdvice(findings?.errors)}`
    case 'hook-failed':
      return `${operation} failed: the hook '${failedStage ?? record.phase}' ended with ${code}${why}${options.phaseSucceeded === true ? ` The ${record.phase} itself succeeded.` : ''}`
    case 'state-locked':
      return `${operation} failed: the state is locked${holderOf(findings?.lock)}. Wait for the operation that holds it${unlockLine(findings?.lock)}`
    case 'canceled':
      return `${operation} was canceled.`
    case 'timeout':
      return `${operation} took longer than ${minutes(record.timeoutMs)} and was stopped. Raise the workspace's run-operation-timeout if it needs more.`
    case 'lease-lost':
      return `${operation} was stopped by its agent, which could not reach the control plane for too long.`
    case 'agent-stopped':
      return `${operation} was stopped since its agent was told to stop. Start a new run.`
    case 'out-of-memory':
      return `Error: The Run has reached the memory limit, and this operation was aborted. ${moreMemory(record)}`
    case 'soft-memory-limit':
      return `Error: The Run has reached the soft memory limit${softLimit(record)}, and this operation was interrupted so that its state could be saved. ${moreMemory(record)}`
    case 'not-started':
      return `${operation} could not be started: ${outcome?.kind === 'not-started' ? `${outcome.cause}, ${outcome.evidence}` : 'the executor refused it'}.`
    case 'evicted':
      return `${operation} was ended since its workload was evicted. Start a new run.`
    case 'signaled':
      return `${operation} was ended by ${outcome?.kind === 'signaled' ? outcome.signal : 'a signal'} that the agent did not send. See who sends signals on the agent's machine.`
    case 'lost':
      return `${operation} is lost: its workload is gone and no exit record proves how it ended.`
    case 'tool-not-found':
      return title === undefined
        ? `${operation} failed: the tool was not found. Install it on the agent's machine or in the job's image.`
        : `${operation} failed: ${title}.`
    case 'preparation':
      return title === undefined
        ? `${operation} failed before the tool was run: stage '${failedStage ?? 'prepare'}' ended with ${code}. The log above says why.`
        : `${operation} failed: ${title}.`
    case 'disk-full':
      return `${operation} failed: the disk is full${findings?.diskFull === undefined ? '' : `: ${findings.diskFull}`}. Free space where the agent runs its jobs.`
    case 'agent':
      return `${operation} failed by a fault of the agent. Its own log says more.`
  }
}

/** A configuration that cannot be read has nothing to do with what it would fetch. */
function initAdvice(errors: string | undefined): string {
  const fetches = errors === undefined || /provider|module|registry|backend|version/iu.test(errors)
  return fetches
    ? 'Check the providers, modules and versions that the configuration names, and that their registries can be reached from the job.'
    : 'Correct the configuration.'
}

function holderOf(lock: FoundLock | undefined): string {
  if (lock === undefined) return ''
  const { id, who, created, operation } = lock
  return ` by ${[
    who ?? 'another operation',
    ...(created === undefined ? [] : [`since ${created}`]),
    `(${operation === undefined ? '' : `${operation}, `}lock ${id})`,
  ].join(' ')}`
}

function unlockLine(lock: FoundLock | undefined): string {
  if (lock === undefined) return '.'
  return `; if there is none any more: ${forceUnlockLine(lock)}`
}

/** The command that releases a lock. */
function forceUnlockLine({ tool, id }: FoundLock): string {
  return `${tool} force-unlock ${id}`
}

/** Scalr's own words. */
function moreMemory(record: JobRecord): string {
  const bytes = limitBytes(record)
  const limit = bytes === undefined ? '' : ` (${megabytes(bytes)})`
  return `Please ensure there is enough memory on the Scalr Agent instances and/or consider increasing the Run memory limits${limit} for the Scalr Agent.`
}

function limitBytes({ outcome, memory }: JobRecord): number | undefined {
  if (outcome?.kind === 'out-of-memory') return outcome.limitBytes
  if (outcome?.kind === 'exited' && outcome.memoryExceeded !== undefined) {
    return outcome.memoryExceeded.limitBytes
  }
  return memory?.limitBytes
}

function softLimit({ memory }: Pick<JobRecord, 'memory'>): string {
  if (memory === undefined) return ''
  const percent = Math.round((memory.softBytes / memory.limitBytes) * 100)
  return ` (${megabytes(memory.softBytes)}, ${percent}% of ${megabytes(memory.limitBytes)})`
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)}MB`
}

function minutes(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1000)} seconds` : `${Math.round(ms / 60_000)} minutes`
}

/** For the end of the log of a job that came near its soft limit, whatever became of it. */
export function memoryWarning({ memory }: Pick<JobRecord, 'memory'>): string | undefined {
  if (memory?.peakBytes === undefined) return undefined
  return `Warning: The Run used ${megabytes(memory.peakBytes)} of memory, near its soft limit${softLimit({ memory })} or beyond it. Consider increasing the Run memory limits for the Scalr Agent.`
}
