import type { ControlPlaneJob } from '../control-plane/index.ts'
import { ScalrAgentError } from '../errors/index.ts'
import type { Workload, WorkloadSpec } from '../executor/index.ts'
import type { JobSpec } from '../protocol/index.ts'
import { Backoff } from '../runtime/index.ts'
import { buildJob, filesDirectory } from './build-job.ts'
import { downloadFiles } from './download-files.ts'
import { failureOf } from './error-failure.ts'
import type { JobEventIds } from './job-events.ts'
import type { JobJournal } from './job-journal.ts'
import type { JobFailure } from './job-record.ts'
import type { JobServices } from './job-services.ts'
import type { Lease } from './lease.ts'
import { isLeaseLost } from './lease-lost.ts'
import { prepareJob } from './prepare-job.ts'

export interface LaunchJobOptions {
  readonly spec: JobSpec
  readonly job: ControlPlaneJob
  readonly ids: JobEventIds
  readonly journal: JobJournal
  readonly services: JobServices
  readonly lease: Lease
  /** Aborts when the job is cancelled, revoked or left: nothing is launched then. */
  readonly signal: AbortSignal
  /** Called before the executor is asked to launch: from then on something may run. */
  readonly onAsk: () => void
}

/**
 * Fetches what the job needs and launches the workload, or tells why not. The journal says `launching` before the
 * executor is asked, so that a crash in between is found by `attach`.
 *
 * @throws the signal's reason when it aborts, and what says that the lease is lost.
 */
export async function launchJob(
  options: LaunchJobOptions,
): Promise<{ readonly workload: Workload } | { readonly failure: JobFailure }> {
  const { journal } = options
  // Said early, so that the disk's time and the network's overlap; both are waited for, whatever comes of it.
  const announced = journal.update({ step: 'launching' })
  announced.catch(() => {})
  let made: WorkloadSpec | { readonly failure: JobFailure }
  try {
    made = await makeWorkload(options)
  } finally {
    await announced
  }
  return 'failure' in made ? made : launchWorkload(made, options)
}

/** Files, programs, providers, hooks, a fresh lease: then there is something to launch. */
async function makeWorkload(
  options: LaunchJobOptions,
): Promise<WorkloadSpec | { readonly failure: JobFailure }> {
  const { spec, job, journal, signal } = options
  try {
    await downloadFiles(job, spec.files, filesDirectory(journal.directory), { signal })
  } catch (error) {
    signal.throwIfAborted()
    if (isLeaseLost(error)) throw error
    return { failure: failureOf(error, 'preparation') }
  }
  const additions = await prepareJob(options)
  if ('failure' in additions) return additions
  const built = buildJob(spec, options, additions)
  if (built.failure !== undefined) return { failure: built.failure }
  await waitForFreshLease(options)
  return built.workload
}

async function launchWorkload(
  workloadSpec: WorkloadSpec,
  options: LaunchJobOptions,
): Promise<{ readonly workload: Workload } | { readonly failure: JobFailure }> {
  const { spec, services, signal, onAsk } = options
  const backoff = new Backoff({ maxMs: 10_000 })
  const startedMs = services.clock.monotonicMs()
  for (;;) {
    try {
      onAsk()
      return { workload: await services.executor.launch(workloadSpec, { signal }) }
    } catch (error) {
      signal.throwIfAborted()
      const waitedMs = services.clock.monotonicMs() - startedMs
      const again = ScalrAgentError.isInstance(error) && error.retryable
      if (!again || waitedMs > workloadSpec.startTimeoutMs) {
        const launched = await findLaunched(workloadSpec.id, options)
        if (launched !== undefined) return { workload: launched }
        return { failure: failureOf(error, 'not-started') }
      }
      services.logger.warn({ err: error, jobId: spec.jobId }, 'Could not launch the workload yet')
      await services.clock.sleep(backoff.nextMs(), { signal })
    }
  }
}

/**
 * A launch whose answer was lost may have been done. Only an engine that answers proves that it was not,
 * and before that nobody may say that the job did not run (I2).
 */
async function findLaunched(
  workloadId: string,
  options: LaunchJobOptions,
): Promise<Workload | undefined> {
  const { services, signal } = options
  const backoff = new Backoff({ maxMs: 30_000 })
  for (;;) {
    try {
      return await services.executor.attach(workloadId, { signal })
    } catch (error) {
      signal.throwIfAborted()
      if (!ScalrAgentError.isInstance(error) || !error.retryable) throw error
      services.logger.warn(
        { err: error, workloadId },
        'Could not ask whether the workload was launched',
      )
      await services.clock.sleep(backoff.nextMs(), { signal })
    }
  }
}

/** No apply starts on a lease older than a third of it (I6): asks for a renewal and waits for it. */
async function waitForFreshLease(options: LaunchJobOptions): Promise<void> {
  const { lease, services, signal, spec } = options
  while (!lease.isFreshEnoughToLaunch()) {
    services.logger.info({ jobId: spec.jobId }, 'Waiting for a fresh lease before the apply')
    services.renewNow()
    await services.clock.sleep(Math.min(1_000, spec.leaseMs / 10), { signal })
  }
}
