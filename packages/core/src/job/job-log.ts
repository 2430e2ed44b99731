import { statfs } from 'node:fs/promises'
import { join } from 'node:path'

import type { ControlPlaneJob } from '../control-plane/index.ts'
import type { Workload } from '../executor/index.ts'
import {
  LogPump,
  LogSpool,
  LogUploader,
  type LogCheckpoint,
  type LoggedMarker,
  type LogSummary,
} from '../logs/index.ts'
import type { JobHold } from './job-hold.ts'
import { JobStages } from './job-stages.ts'
import type { JobRecord } from './job-record.ts'
import { isLeaseLost } from './lease-lost.ts'
import { StageTail } from './stage-tail.ts'

/**
 * The log of one job: pump, spool and uploader on its directory, checkpoints and stages in its journal.
 */
export class JobLog {
  readonly #hold: JobHold
  readonly #spool: LogSpool
  readonly #pump: LogPump
  readonly #uploader: LogUploader
  readonly #tail: StageTail
  readonly #ended = new AbortController()

  private constructor(
    hold: JobHold,
    spool: LogSpool,
    tail: StageTail,
    pump: LogPump,
    uploader: LogUploader,
  ) {
    this.#hold = hold
    this.#spool = spool
    this.#tail = tail
    this.#pump = pump
    this.#uploader = uploader
    uploader.start()
  }

  /** Goes on where the journal says, and starts sending. */
  static async open(options: {
    readonly hold: JobHold
    readonly job: ControlPlaneJob
    readonly secrets: readonly string[]
  }): Promise<JobLog> {
    const { hold, job, secrets } = options
    const { journal, services } = hold
    const { record } = journal
    const stages = new JobStages(record.stages, record.resultCode)
    const tail = new StageTail(record)
    const spool = await LogSpool.open({
      directory: join(journal.directory, 'log'),
      quotaBytes: services.settings.logSpoolBytes,
    })
    const pump = await LogPump.open({
      ...services,
      spool,
      nonce: record.nonce,
      secrets,
      from: record.checkpoint,
      onText: (bytes) => tail.push(bytes),
      onMarker: ({ marker }: LoggedMarker) => {
        stages.take(marker, services.clock.now())
        tail.take(marker)
        // With the next checkpoint: the text before it is not read again.
        if (tail.findings !== undefined) journal.note({ findings: tail.findings })
        if (marker.event === 'result') return
        const exitCode = marker.event === 'end' ? marker.exitCode : null
        services.emit('job:stage', { ...hold.ids, stage: marker.stage, exitCode })
      },
      onCheckpoint: (checkpoint: LogCheckpoint) => {
        services.emit('job:output', { ...hold.ids, logBytes: checkpoint.maskedBytes })
        const { resultCode } = stages
        return journal.update({
          checkpoint,
          stages: stages.report(),
          ...(resultCode === undefined ? {} : { resultCode }),
        })
      },
    }).catch(async (error: unknown) => {
      await spool[Symbol.asyncDispose]()
      throw error
    })
    tail.push(
      await spool
        .readAt(Math.max(spool.start, pump.bytes - tail.wantedBytes), tail.wantedBytes)
        .catch(() => new Uint8Array()),
    )
    const uploader = new LogUploader({ ...services, spool, sink: job, isFinal: isLeaseLost })
    return new JobLog(hold, spool, tail, pump, uploader)
  }

  /** Masked bytes made so far. */
  get bytes(): number {
    return this.#pump.bytes
  }

  /** Bytes of output read so far. */
  get rawBytes(): number {
    return this.#pump.rawBytes
  }

  /** Reads a workload's output to its end; may be called again after it failed. */
  pump(workload: Workload, options: { readonly signal: AbortSignal }): Promise<void> {
    return this.#pump.run(workload, options)
  }

  /** What the complete output says of a failure; for the journal, since it is read once. */
  async findings(): Promise<Pick<JobRecord, 'findings' | 'lastLines'>> {
    const { lastLines, findings } = this.#tail.end()
    if (findings === undefined) return { lastLines }
    const { executor, settings } = this.#hold.services
    const isFull = this.#spool.diskFull || this.#hold.endedOnFullDisk
    const own = isFull ? 'the log of the job could not be written' : undefined
    const diskFull = findings.diskFull ?? own
    if (diskFull === undefined) return { lastLines, findings }
    const free = executor.capabilities.usesThisMachine
      ? await freeDisk(settings.dataDir)
      : undefined
    const measured = free === undefined ? '' : ` (${free})`
    return { lastLines, findings: { ...findings, diskFull: `${diskFull}${measured}` } }
  }

  /** Never resolves; rejects with what ended the upload, e.g. that the lease is lost. */
  async uploadFailure(): Promise<never> {
    await this.#uploader.done()
    return new Promise<never>(() => {})
  }

  /** Sends what is there without further delay. */
  send(options: { readonly signal: AbortSignal }): Promise<void> {
    return this.#uploader.drain(options)
  }

  /** Adds the last words, and resolves when the control plane holds every byte. */
  async finish(
    epilogue: string | undefined,
    options: { readonly signal: AbortSignal },
  ): Promise<LogSummary> {
    if (epilogue !== undefined) await this.#pump.appendEpilogue(epilogue, options)
    const summary = await this.#pump.end(options)
    await this.#uploader.drain(options)
    return summary
  }

  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return
    this.#ended.abort()
    this.#pump[Symbol.dispose]()
    await this.#uploader.stop()
    await this.#spool[Symbol.asyncDispose]()
    this.#hold.services.logger.debug({ ...this.#hold.ids }, 'The log of the job is closed')
  }
}

async function freeDisk(path: string): Promise<string | undefined> {
  try {
    const { bavail, bsize } = await statfs(path)
    return `${Math.floor((bavail * bsize) / 1024 ** 2)} MiB free in ${path} at the end`
  } catch {
    return undefined
  }
}
