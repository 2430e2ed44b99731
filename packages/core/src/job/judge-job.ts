import { ExecutorError } from '../errors/index.ts'
import type { Workload } from '../executor/index.ts'
import type { StageMarker } from '../logs/index.ts'
import type { FailureCause, FinishJobRequest } from '../protocol/index.ts'
import {
  interpretResult,
  summarizeApply,
  summarizePlanText,
  type JobResult,
  type StopCause,
} from '../run/index.ts'
import { explainFailure, memoryWarning } from './explain-failure.ts'
import type { StageFindings } from './job-findings.ts'
import type { JobRecord, StopReason } from './job-record.ts'
import type { JobEvent } from './job-state.ts'

/** What became of a job: everything that the report says beside files and log. */
export interface JobVerdict {
  readonly result: FinishJobRequest['result']
  /** The state machine's word for it. */
  readonly event: JobEvent
  readonly exitCode: number | null
  readonly failure: FinishJobRequest['failure']
  readonly hasChanges: boolean | undefined
  readonly resources: FinishJobRequest['resources']
  /** A lock that is still held, as far as the tool told of it. */
  readonly stateLock: FinishJobRequest['stateLock']
  /** Text that ends the log, so that a reader finds the reason there too. */
  readonly epilogue: string | undefined
}

/** The counts stand in the last lines; a hook may have printed something behind them. */
const tailBytes = 256 * 1024

const stopCauses: Readonly<Record<StopReason, StopCause>> = {
  canceled: 'canceled',
  timeout: 'timeout',
  'lease-lost': 'lease-lost',
  memory: 'soft-memory-limit',
  shutdown: 'agent-stopped',
}

const events: Readonly<Record<FinishJobRequest['result'], JobEvent>> = {
  succeeded: 'succeed',
  failed: 'fail',
  canceled: 'confirm-cancel',
  lost: 'lose',
}

/**
 * Decides what became of a job from its journal alone, so that the answer is the same after a crash. Reads
 * the end of the output for the counts.
 */
export async function judgeJob(options: {
  readonly record: JobRecord
  readonly workload: Workload | undefined
  /** Bytes of output, to find its end. */
  readonly rawBytes: number
  readonly signal: AbortSignal
}): Promise<JobVerdict> {
  const { record, workload, rawBytes, signal } = options
  const judged = judge(record)
  const cause = refineCause(judged.cause, record.findings)
  // A plan that lost its lease is not failed: another agent runs it.
  const result = cause === 'lease-lost' && record.phase !== 'apply' ? 'lost' : judged.result
  const phaseSucceeded = didSucceed(record, judged.phaseExitCode)
  const failure =
    cause === undefined ? undefined : explainFailure({ ...judged, record, cause, phaseSucceeded })
  return {
    result,
    event: events[result],
    exitCode: judged.exitCode,
    failure,
    hasChanges: judged.hasChanges,
    // A hook that failed behind it takes nothing away from what the phase did.
    resources:
      (result === 'succeeded' || phaseSucceeded) && workload !== undefined
        ? countResources(record, await readTail(workload, rawBytes, signal))
        : undefined,
    stateLock: lockOf(record.findings),
    epilogue: epilogueOf(record, failure),
  }
}

/** What the tool or the job script has said in the log already. */
const ownWords: ReadonlySet<FailureCause> = new Set([
  'exit-code',
  'init-failed',
  'hook-failed',
  'tool-not-found',
  'preparation',
])

function epilogueOf(record: JobRecord, failure: JobVerdict['failure']): string | undefined {
  // One that never ran has said nothing.
  const isSaid =
    failure !== undefined && record.failure === undefined && ownWords.has(failure.cause)
  const lines = [
    ...(failure === undefined || isSaid ? [] : [failure.message]),
    ...[memoryWarning(record)].filter((line) => line !== undefined),
  ]
  return lines.length === 0 ? undefined : `\n${lines.join('\n')}\n`
}

/** What a tool says of a failure tells more than its exit code. */
function refineCause(
  cause: FailureCause | undefined,
  findings: StageFindings | undefined,
): FailureCause | undefined {
  if (cause !== 'exit-code' && cause !== 'init-failed' && cause !== 'preparation') return cause
  if (findings?.lock?.state === 'held') return 'state-locked'
  return findings?.diskFull === undefined ? cause : 'disk-full'
}

function lockOf(findings: StageFindings | undefined): FinishJobRequest['stateLock'] {
  if (findings?.lock === undefined) return undefined
  const { id, who, created, operation } = findings.lock
  const info = [operation, who, created].filter((part) => part !== undefined).join(', ')
  return { id, ...(info === '' ? {} : { info }) }
}

/** Whether the phase itself came to a good end. */
function didSucceed({ phase }: JobRecord, exitCode: number | undefined): boolean {
  return exitCode === 0 || (phase === 'plan' && exitCode === 2)
}

function judge(record: JobRecord): Pick<
  JobResult,
  'result' | 'cause' | 'exitCode' | 'hasChanges' | 'phaseExitCode'
> & {
  readonly failedStage?: string | undefined
} {
  const stopCause = record.stop === undefined ? undefined : stopCauses[record.stop.reason]
  if (record.outcome !== undefined) {
    return interpretResult({
      phase: record.phase,
      outcome: record.outcome,
      markers: markersOf(record),
      stopCause,
    })
  }
  const cause = record.failure?.cause ?? stopCause ?? 'agent'
  const result = cause === 'canceled' ? 'canceled' : 'failed'
  return { result, cause, exitCode: null, hasChanges: undefined, phaseExitCode: undefined }
}

function markersOf(record: JobRecord): StageMarker[] {
  const markers: StageMarker[] = []
  for (const { name, exitCode } of record.stages) {
    markers.push({ event: 'begin', stage: name })
    if (exitCode !== null) markers.push({ event: 'end', stage: name, exitCode })
  }
  if (record.resultCode !== undefined)
    markers.push({ event: 'result', exitCode: record.resultCode })
  return markers
}

function countResources(
  record: JobRecord,
  tail: string | undefined,
): FinishJobRequest['resources'] {
  if (tail === undefined) return undefined
  if (record.phase === 'apply') return summarizeApply(tail)
  return summarizePlanText(tail)?.resources ?? { additions: 0, changes: 0, destructions: 0 }
}

async function readTail(
  workload: Workload,
  rawBytes: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of workload.output(Math.max(0, rawBytes - tailBytes), { signal })) {
      chunks.push(chunk)
    }
  } catch (error) {
    // The log holds what was read in time; the counts alone are not worth more.
    if (error instanceof ExecutorError && error.code === 'OUTPUT_LOST') return undefined
    throw error
  }
  return Buffer.concat(chunks).toString('utf8')
}
