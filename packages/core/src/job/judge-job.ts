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
import { explainFailure } from './explain-failure.ts'
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
  /** Text that ends the log, so that a reader finds the reason there too. */
  readonly epilogue: string | undefined
}

/** The counts stand in the last lines; a hook may have printed something behind them. */
const tailBytes = 256 * 1024

const stopCauses: Readonly<Record<StopReason, StopCause>> = {
  canceled: 'canceled',
  timeout: 'timeout',
  'lease-lost': 'lease-lost',
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
  const { cause } = judged
  // A plan that lost its lease is not failed: another agent runs it.
  const result = cause === 'lease-lost' && record.phase === 'plan' ? 'lost' : judged.result
  const failure = cause === undefined ? undefined : explainFailure({ ...judged, record, cause })
  return {
    result,
    event: events[result],
    exitCode: judged.exitCode,
    failure,
    hasChanges: judged.hasChanges,
    resources:
      result === 'succeeded' && workload !== undefined
        ? countResources(record, await readTail(workload, rawBytes, signal))
        : undefined,
    epilogue:
      failure === undefined || ownWords.has(failure.cause) ? undefined : `\n${failure.message}\n`,
  }
}

/** What the tool or the job script has said in the log already. */
const ownWords: ReadonlySet<FailureCause> = new Set(['exit-code', 'tool-not-found'])

function judge(record: JobRecord): Pick<
  JobResult,
  'result' | 'cause' | 'exitCode' | 'hasChanges'
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
  return { result, cause, exitCode: null, hasChanges: undefined }
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
