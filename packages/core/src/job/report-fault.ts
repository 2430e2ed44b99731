import { createHash } from 'node:crypto'

import type { ControlPlaneJob } from '../control-plane/index.ts'
import { ProtocolError } from '../errors/index.ts'
import { Masker } from '../logs/index.ts'
import { explainFault } from './explain-failure.ts'
import { failureOf } from './error-failure.ts'
import type { JobEnd } from './job-events.ts'
import type { JobHold } from './job-hold.ts'
import { judgeJob } from './judge-job.ts'

export interface ReportFaultOptions {
  readonly hold: JobHold
  readonly job: ControlPlaneJob
  readonly secrets: readonly string[]
  /** What went wrong. */
  readonly error: unknown
  readonly signal: AbortSignal
}

/**
 * Reports a job that the agent cannot bring to its launch, so that its run does not wait for the lease to
 * end and the next agent. Nothing was launched, so the log is these words alone: neither disk nor executor
 * is needed, whichever of them is broken. Safe to run again, also as the usual report by the next process.
 *
 * @throws what says that the lease is lost, or why it cannot be reported.
 */
export async function reportFault(options: ReportFaultOptions): Promise<JobEnd> {
  const { hold, job, signal } = options
  const { journal } = hold
  await endWith(options)
  const verdict = await judgeJob({
    record: journal.record,
    workload: undefined,
    rawBytes: 0,
    signal,
  })
  const log = Buffer.from(masked(verdict.epilogue ?? '', options.secrets))
  const held = await job.logOffset({ signal })
  const end = held === 0 && log.length > 0 ? await job.appendLog(0, log, { signal }) : held
  if (end !== log.length) {
    throw new ProtocolError(
      `Cannot report the job ${job.jobId}: the control plane holds ${end} bytes of a log that has only ${log.length}.`,
    )
  }
  const { result, exitCode, failure } = verdict
  const digest = `sha-256=:${createHash('sha256').update(log).digest('base64')}:`
  await job.finish(
    {
      result,
      exitCode,
      ...(failure === undefined ? {} : { failure }),
      stages: [],
      log: { bytes: log.length, digest, missingBytes: 0 },
      files: [],
      interrupts: { soft: 0, hard: 0, kill: 0 },
    },
    { signal },
  )
  hold.move(verdict.event)
  await keep(hold, { step: 'finished' })
  return { result, exitCode, cause: failure?.cause, logBytes: log.length }
}

/** Once: the words stay the same however often they have to be sent. */
async function endWith({ hold, error, secrets }: ReportFaultOptions): Promise<void> {
  const { record } = hold.journal
  if (record.failure === undefined && record.stop === undefined) {
    const { message, ...failure } = failureOf(error, 'agent')
    const words = explainFault(record, message)
    hold.journal.note({ failure: { ...failure, message: masked(words, secrets) } })
  }
  if (record.state !== 'reporting') hold.move(record.stop === undefined ? 'end' : 'cancel')
  await keep(hold, { step: 'ended' })
}

/** A disk that takes nothing any more is a reason to report, not an obstacle. */
async function keep(hold: JobHold, change: Parameters<JobHold['journal']['update']>[0]) {
  await hold.journal.update(change).catch((error: unknown) => {
    hold.services.logger.warn({ err: error, ...hold.ids }, 'Could not journal the end of a job')
  })
}

/** Errors of ours hold no secret; one that nobody expected might. */
function masked(text: string, secrets: readonly string[]): string {
  const masker = new Masker(secrets)
  const parts = [masker.push(Buffer.from(text, 'utf8')), masker.flush()]
  return Buffer.concat(parts).toString('utf8')
}
