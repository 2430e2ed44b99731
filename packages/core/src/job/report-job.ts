import { join } from 'node:path'

import type { ControlPlaneJob } from '../control-plane/index.ts'
import type { Workload } from '../executor/index.ts'
import { jobFileNames, type FinishJobRequest, type JobSpec } from '../protocol/index.ts'
import { collectResults, type CollectedFile } from './collect-results.ts'
import type { JobJournal } from './job-journal.ts'
import type { JobLog } from './job-log.ts'
import type { JobServices } from './job-services.ts'
import type { JobVerdict } from './judge-job.ts'
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
 * @throws what says that the lease is lost; a rescued state is on this machine's disk then (I9).
 */
export async function reportJob(options: ReportJobOptions): Promise<void> {
  const { workload, job, verdict, log, journal, services, signal } = options
  const collected = await collect(options)
  const uploaded: FinishJobRequest['files'] = []
  for (const file of collected) {
    if (!isWanted(file, verdict)) continue
    try {
      await job.upload(file.name, file, { signal })
    } catch (error) {
      if (file.name === jobFileNames.erroredState) await rescue(file, options)
      throw error
    }
    uploaded.push({ name: file.name, bytes: file.bytes, digest: file.digest })
  }
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
}

/** For a job that may not be reported any more: whatever state it rescued stays on this machine (I9). */
export async function keepRescuedState(
  options: Pick<ReportJobOptions, 'workload' | 'journal' | 'services'>,
): Promise<void> {
  for (const file of await collect(options)) {
    if (file.name === jobFileNames.erroredState) await rescue(file, options)
  }
}

async function collect(
  options: Pick<ReportJobOptions, 'workload' | 'journal' | 'services'>,
): Promise<readonly CollectedFile[]> {
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
    if (journal.record.outcome?.kind !== 'lost') throw error
    services.logger.warn({ err: error, workloadId: workload.id }, 'A lost workload gives no files')
    return []
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
