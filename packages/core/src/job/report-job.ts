import type { ControlPlaneJob } from '../control-plane/index.ts'
import type { ScalrAgentError } from '../errors/index.ts'
import type { Workload } from '../executor/index.ts'
import { jobFileNames, type JobSpec } from '../protocol/index.ts'
import type { CollectedFile } from './collect-results.ts'
import { rescuedEvidence } from './failure-evidence.ts'
import { describeState, handOverFiles, isRescuedState, type HandedOver } from './hand-over-files.ts'
import type { JobJournal } from './job-journal.ts'
import type { JobLog } from './job-log.ts'
import type { JobServices } from './job-services.ts'
import type { JobVerdict } from './judge-job.ts'
import { maxLockFileBytes } from './prepare-job.ts'
import { readSmallFile } from './read-small-file.ts'

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
  const handed = await handOverFiles(options)
  const verdict = await withState(withoutFiles(options, handed.obstacle), handed, journal)
  const totals = await log.finish(verdict.epilogue, { signal })
  const { stop, stages } = journal.record
  const { result, exitCode, failure, hasChanges, resources, stateLock } = verdict
  await job.finish(
    {
      result,
      exitCode,
      ...(failure === undefined ? {} : { failure }),
      stages,
      ...(hasChanges === undefined ? {} : { hasChanges }),
      ...(resources === undefined ? {} : { resources }),
      ...(stateLock === undefined ? {} : { stateLock }),
      log: totals,
      files: handed.uploaded,
      interrupts: {
        soft: stop?.softAt === undefined ? 0 : 1,
        hard: stop?.hardAt === undefined ? 0 : 1,
        kill: stop?.killAt === undefined ? 0 : 1,
      },
    },
    { signal },
  )
  services.logger.debug({ jobId: job.jobId, workloadId: workload?.id }, 'The job was reported')
  if (result === 'succeeded') await learnProviders(options, handed.files)
  return verdict
}

/** An apply needs none of its files when it succeeded; what comes behind a plan or a check needs theirs. */
function withoutFiles(
  { verdict, journal }: ReportJobOptions,
  obstacle: ScalrAgentError | undefined,
): JobVerdict {
  const { phase } = journal.record
  if (obstacle === undefined || verdict.result !== 'succeeded' || phase === 'apply') return verdict
  const operation = phase === 'plan' ? 'Plan' : 'Policy check'
  const message = `${operation} failed: its result cannot be handed over. ${obstacle.message}`
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

/** A state that the tool could not write: where it is now stands in the report, and in the log if refused. */
async function withState(
  verdict: JobVerdict,
  { files }: HandedOver,
  journal: JobJournal,
): Promise<JobVerdict> {
  const state = files.find(({ name }) => isRescuedState(name))
  const { rescued } = journal.record
  if (verdict.failure === undefined || (state === undefined && rescued === undefined))
    return verdict
  const words =
    rescued !== undefined
      ? rescuedEvidence(rescued)
      : `The tool could not write its state; what it left (${await describeState(state?.localPath ?? '')}) was handed to the control plane.`
  const evidence = [verdict.failure.evidence, words].filter((part) => part !== undefined)
  return {
    ...verdict,
    failure: { ...verdict.failure, evidence: evidence.join('\n\n') },
    epilogue: rescued === undefined ? verdict.epilogue : `${verdict.epilogue ?? ''}\n${words}\n`,
  }
}

/** The next init finds the providers of this plan in the cache. It has nothing to do with this job's end. */
async function learnProviders(
  { services, spec }: ReportJobOptions,
  files: readonly CollectedFile[],
): Promise<void> {
  const lockFile = files.find(({ name }) => name === jobFileNames.lockFile)
  if (services.caches === undefined || spec.phase !== 'plan' || lockFile === undefined) return
  try {
    const text = await readSmallFile(lockFile.localPath, maxLockFileBytes)
    if (text !== undefined) services.caches.learn(text)
  } catch (error) {
    services.logger.warn(
      { err: error, jobId: spec.jobId },
      'Could not keep the providers of a plan',
    )
  }
}
