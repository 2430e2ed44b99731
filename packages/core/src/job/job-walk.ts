import type { ControlPlaneJob } from '../control-plane/index.ts'
import type { Workload } from '../executor/index.ts'
import type { JobSpec } from '../protocol/index.ts'
import { buildJob, type BuiltJob } from './build-job.ts'
import { followWorkload } from './follow-workload.ts'
import type { JobEnd } from './job-events.ts'
import type { JobHold } from './job-hold.ts'
import { JobLog } from './job-log.ts'
import { judgeJob } from './judge-job.ts'
import { launchJob } from './launch-job.ts'
import { memoryLimits } from './memory-watch.ts'
import { reportJob } from './report-job.ts'

/** The accepted job: its secrets, what is made of them, and the calls about it. */
interface Accepted {
  readonly spec: JobSpec
  readonly job: ControlPlaneJob
  readonly built: BuiltJob
  /** Ends with this walk: nothing of it may go on beside the next one. */
  readonly signal: AbortSignal
}

/**
 * Walks a job from its journal to its report: attach, accept, launch, follow, report. A fresh job and one
 * that an earlier process left take the same road; each step looks at what the journal says was done, so
 * the road may also be walked again after a fault.
 *
 * @throws what went wrong on the agent's side, or says that the job is no longer ours.
 */
export async function walkJob(hold: JobHold): Promise<JobEnd> {
  const { journal } = hold
  if (journal.reached('finished')) return endOf(hold)
  const walk = new AbortController()
  try {
    let workload = await attach(hold)
    if (workload !== undefined && !journal.reached('ended')) hold.watch(workload)
    const accepted = await accept(hold, walk.signal)
    // Ready when the first byte comes. Whoever needs it hears of a failure.
    openLog(hold, accepted).catch(() => {})
    if (!journal.reached('launched')) workload = await launch(hold, accepted, workload)
    if (!journal.reached('ended')) await follow(hold, accepted, workload)
    return await report(hold, accepted, workload)
  } finally {
    walk.abort()
  }
}

/** The end of a job that was reported already, and of which only traces are left to clear. */
async function endOf({ journal, over: signal }: JobHold): Promise<JobEnd> {
  const { record } = journal
  const verdict = await judgeJob({ record, workload: undefined, rawBytes: 0, signal })
  const { result, exitCode, failure } = verdict
  return { result, exitCode, cause: failure?.cause, logBytes: record.checkpoint?.maskedBytes ?? 0 }
}

/** What an earlier process, or an earlier walk, launched. */
async function attach(hold: JobHold): Promise<Workload | undefined> {
  const { journal, services, over: signal } = hold
  if (!hold.mayHaveLaunched) return undefined
  const workload = await services.executor.attach(journal.record.workloadId, { signal })
  if (!journal.reached('launched')) hold.mayHaveLaunched = workload !== undefined
  return workload
}

/** Second half of the two-step accept; tells the secrets of an adopted job again. */
async function accept(hold: JobHold, walk: AbortSignal): Promise<Accepted> {
  const { journal, services } = hold
  const signal = AbortSignal.any([hold.over, walk])
  if (!journal.reached('launching')) services.executor.expectLaunch?.()
  const open = await services.session({ signal })
  const sentMs = services.bootClock.nowMs()
  const { spec, job } = await open.start(hold.ids, { signal })
  hold.accepted = { spec, job }
  const { leaseMs, applyGraceMs, timeoutMs } = spec
  hold.lease.setTerms({ leaseMs, applyGraceMs })
  hold.lease.renew(sentMs)
  journal.note({ leaseMs, applyGraceMs, timeoutMs })
  const built = buildJob(spec, hold)
  journal.note({ resultFiles: built.resultFiles })
  const limitBytes = built.failure === undefined ? built.workload.resources.memoryBytes : undefined
  // What was journaled at the launch holds on, whatever the options say now.
  if (limitBytes !== undefined && journal.record.memory === undefined) {
    journal.note({ memory: memoryLimits(limitBytes, services.settings.memoryMonitor) })
  }
  return { spec, job, built, signal }
}

/** Launches, or takes what was launched already; `undefined` when there is nothing to follow. */
async function launch(
  hold: JobHold,
  accepted: Accepted,
  found: Workload | undefined,
): Promise<Workload | undefined> {
  const { journal, services } = hold
  const startedMs = services.clock.monotonicMs()
  if (journal.record.state === 'acquired') hold.move('prepare')
  const workload = found ?? (await launchNew(hold, accepted))
  if (workload === undefined) {
    hold.move(journal.record.stop === undefined ? 'end' : 'cancel')
    await journal.update({ step: 'ended' })
    return undefined
  }
  hold.move('launch')
  const launchedAt = services.clock.now().toISOString()
  const durationMs = Math.round(services.clock.monotonicMs() - startedMs)
  services.emit('job:launch', { ...hold.ids, workloadId: workload.id, durationMs })
  await journal.update({ step: 'launched', launchedAt })
  hold.watch(workload)
  return workload
}

async function launchNew(hold: JobHold, accepted: Accepted): Promise<Workload | undefined> {
  const { journal, services, lease } = hold
  if (journal.record.stop !== undefined) return undefined
  const { built } = accepted
  const launching = new AbortController()
  // A download that never ends is a time-out too.
  services.clock
    .sleep(journal.record.timeoutMs, {
      signal: AbortSignal.any([launching.signal, hold.over]),
    })
    .then(() => hold.stop('soft', 'timeout'))
    .catch(() => {})
  try {
    const launched =
      built.failure !== undefined
        ? { failure: built.failure }
        : await launchJob({
            ...accepted,
            ids: hold.ids,
            journal,
            services,
            lease,
            signal: hold.unlaunched,
            onAsk: () => {
              hold.mayHaveLaunched = true
            },
          })
    if (!('failure' in launched)) return launched.workload
    await journal.update({ failure: launched.failure })
    return undefined
  } catch (error) {
    if (!hold.over.aborted && hold.unlaunched.aborted) return undefined
    throw error
  } finally {
    launching.abort()
  }
}

/** Reads the output and waits for the outcome; journals both. */
async function follow(
  hold: JobHold,
  accepted: Accepted,
  workload: Workload | undefined,
): Promise<void> {
  const { journal, services } = hold
  if (workload === undefined) {
    const evidence = `The executor knows no workload ${journal.record.workloadId} any more.`
    hold.move('end')
    await journal.update({ step: 'ended', outcome: { kind: 'lost', evidence } })
    return
  }
  const log = await openLog(hold, accepted)
  const { signal } = accepted
  const outcome = await followWorkload({ workload, log, services, signal })
  hold.unwatch()
  hold.move('end')
  await journal.update({ step: 'ended', outcome, ...(await log.findings()) })
}

async function report(
  hold: JobHold,
  accepted: Accepted,
  workload: Workload | undefined,
): Promise<JobEnd> {
  const { journal, services } = hold
  const { signal } = accepted
  if (hold.fate === 'revoked') throw new Error('The lease was revoked.')
  const log = await openLog(hold, accepted)
  // Sent while the rest is looked at. A failure comes up again when the log is finished.
  log.send({ signal }).catch(() => {})
  const judged = await judgeJob({
    record: journal.record,
    workload,
    rawBytes: log.rawBytes,
    signal,
  })
  journal.note({ step: 'reporting' })
  const verdict = await reportJob({
    ...accepted,
    workload,
    verdict: judged,
    log,
    journal,
    services,
  })
  hold.move(verdict.event)
  await journal.update({ step: 'finished' })
  const { result, exitCode, failure } = verdict
  return { result, exitCode, cause: failure?.cause, logBytes: log.bytes }
}

function openLog(hold: JobHold, accepted: Accepted): Promise<JobLog> {
  hold.opening ??= JobLog.open({
    hold,
    job: accepted.job,
    secrets: accepted.built.secrets,
  }).then((log) => (hold.log = log))
  return hold.opening
}
