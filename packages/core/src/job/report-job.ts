import { join } from 'node:path'

import type { ControlPlaneJob } from '../control-plane/index.ts'
import { ApiError, ExecutorError, type ScalrAgentError } from '../errors/index.ts'
import type { Workload } from '../executor/index.ts'
import { jobFileNames, type FinishJobRequest, type JobSpec } from '../protocol/index.ts'
import { collectResults, type CollectedFile } from './collect-results.ts'
import type { JobJournal } from './job-journal.ts'
import type { JobLog } from './job-log.ts'
import type { JobServices } from './job-services.ts'
import type { JobVerdict } from './judge-job.ts'
import { isLeaseLost } from './lease-lost.ts'
import { rescueState } from './rescue-state.ts'

export interface ReportJobOptions {
  readonly spec: JobSpec
  readonly job: ControlPlaneJob
  readonly workload: Workload | undefined
  readonly verdict: JobVerdict
  readonly log: JobLog
  readonly journal: JobJournal
  readonly services: JobServices
  readonly signal: AbortSignal
}

/**
 * Result files, then the rest of the log, then the report that names both: the control plane accepts it
 * only when it holds the same bytes (I10). Safe to run again after a crash at any point.
 *
 * @returns what was reported: a plan whose files cannot be handed over did not succeed.
 * @throws what says that the lease is lost, or may be better another time.
 */
export async function reportJob(options: ReportJobOptions): Promise<JobVerdict> {
  const { workload, job, log, journal, services, signal } = options
  const { uploaded, obstacle } = await handOver(options)
  const verdict = obstacle === undefined ? options.verdict : withoutFiles(options, obstacle)
  const totals = await log.finish(verdict.epilogue, { signal })
  const { stop, stages } = journal.record
  await job.finish(
    {
      result: verdict.result,
      exitCode: verdict.exitCode,
      ...(verdict.failure === undefined ? {} : { failure: verdict.failure }),
      stages,
      ...(verdict.hasChanges === undefined ? {} : { hasChanges: verdict.hasChanges }),
      ...(verdict.resources === undefined ? {} : { resources: verdict.resources }),
      log: totals,
      files: uploaded,
      interrupts: {
        soft: stop?.softAt === undefined ? 0 : 1,
        hard: stop?.hardAt === undefined ? 0 : 1,
        kill: stop?.killAt === undefined ? 0 : 1,
      },
    },
    { signal },
  )
  services.logger.debug({ jobId: job.jobId, workloadId: workload?.id }, 'The job was reported')
  return verdict
}

/** Brings the files that are wanted out of the workload and to the control plane. */
async function handOver(options: ReportJobOptions): Promise<{
  readonly uploaded: FinishJobRequest['files']
  /** Why some are missing for good. */
  readonly obstacle?: ScalrAgentError
}> {
  const { job, verdict, signal } = options
  const files = await collect(options)
  if (files instanceof ExecutorError) return { uploaded: [], obstacle: files }
  const obstacles: ScalrAgentError[] = []
  const uploaded = await Promise.all(
    files
      .filter((file) => isWanted(file, verdict))
      .map(async (file) => {
        const { name, bytes, digest } = file
        try {
          await job.upload(name, file, { signal })
          return [{ name, bytes, digest }]
        } catch (error) {
          // Too large, say: it would be refused again, so the report goes out without it.
          if (!(error instanceof ApiError) || error.retryable || isLeaseLost(error)) throw error
          if (name === jobFileNames.erroredState) await rescue(file, options)
          obstacles.push(error)
          return []
        }
      }),
  )
  const [obstacle] = obstacles
  return { uploaded: uploaded.flat(), ...(obstacle === undefined ? {} : { obstacle }) }
}

/** An apply needs none of its files when it succeeded; a plan without them cannot be applied. */
function withoutFiles(
  { verdict, journal }: ReportJobOptions,
  obstacle: ScalrAgentError,
): JobVerdict {
  if (verdict.result !== 'succeeded' || journal.record.phase === 'apply') return verdict
  const message = `Plan failed: its result cannot be handed over. ${obstacle.message}`
  return {
    ...verdict,
    result: 'failed',
    event: 'fail',
    failure: { cause: 'agent', message },
    hasChanges: undefined,
    resources: undefined,
    epilogue: `\n${message}\n`,
  }
}

/** For a job that may not be reported any more: whatever state it rescued stays on this machine (I9). */
export async function keepRescuedState(
  options: Pick<ReportJobOptions, 'workload' | 'journal' | 'services'>,
): Promise<void> {
  const files = await collect(options)
  if (files instanceof ExecutorError) return
  for (const file of files) {
    if (file.name === jobFileNames.erroredState) await rescue(file, options)
  }
}

/** The result files, or why there is no way to them. @throws what may be better another time. */
async function collect(
  options: Pick<ReportJobOptions, 'workload' | 'journal' | 'services'>,
): Promise<readonly CollectedFile[] | ExecutorError> {
  const { workload, journal, services } = options
  if (workload === undefined || journal.record.outcome?.kind === 'not-started') return []
  try {
    return await collectResults(
      workload,
      journal.record.resultFiles,
      join(journal.directory, 'results'),
    )
  } catch (error) {
    // A workload that is lost has no files to give; its report must go out all the same.
    const lost = journal.record.outcome?.kind === 'lost'
    if (!lost && (!(error instanceof ExecutorError) || error.retryable)) throw error
    services.logger.warn({ err: error, workloadId: workload.id }, 'The workload gives no files')
    return error instanceof ExecutorError ? error : []
  }
}

async function rescue(
  file: CollectedFile,
  options: Pick<ReportJobOptions, 'journal' | 'services'>,
): Promise<void> {
  const { record } = options.journal
  const path = await rescueState(file, { ...options.services.settings, ...record })
  options.services.logger.error(
    { jobId: record.jobId, runId: record.runId, workspaceId: record.workspaceId, path },
    'The control plane did not take the rescued state. It is kept here; push it with `terraform state push` after checking it',
  )
}

/** A plan is only worth keeping when it succeeded; a rescued state always is. */
function isWanted(file: CollectedFile, verdict: JobVerdict): boolean {
  return verdict.result === 'succeeded' || file.name === jobFileNames.erroredState
}
