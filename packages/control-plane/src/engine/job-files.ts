import type { Readable } from 'node:stream'

import { jobFileNames, type JobFile } from '@scalr-agent/core/protocol'

import { dataFiles, type AppendResult, type JobRow } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { EngineError, type JobRef } from './engine.ts'
import type { FileRetention } from './file-retention.ts'
import type { JobLeases } from './job-leases.ts'
import { findToldHookFile } from './job-hooks.ts'
import { maxPolicyResultBytes } from './policy-verdict.ts'
import { jobInputs, resultFile } from './job-input.ts'

/** What an agent may upload. */
const resultNames: readonly string[] = [
  jobFileNames.plan,
  jobFileNames.planJson,
  jobFileNames.lockFile,
  jobFileNames.erroredState,
  jobFileNames.erroredStates,
  jobFileNames.policyResults,
]

/** Log and files of started jobs. Each call is for the job's present holder only (I5). */
export class JobFiles {
  readonly #context: EngineContext
  readonly #leases: JobLeases
  readonly #retention: FileRetention

  constructor(
    context: EngineContext,
    parts: { readonly leases: JobLeases; readonly retention: FileRetention },
  ) {
    this.#context = context
    this.#leases = parts.leases
    this.#retention = parts.retention
  }

  /** Offsets are the attempt's own: the agent knows nothing of the attempts before it. */
  async appendLog(ref: JobRef, offset: number, bytes: Uint8Array): Promise<AppendResult> {
    const job = this.#leases.require(ref)
    const result = await this.#context.files.append(
      dataFiles.log(job.phase_id),
      job.log_base + offset,
      bytes,
      { guard: () => void this.#leases.require(ref) },
    )
    if (result.appended) this.#context.events.logReceived(bytes.byteLength)
    return { ...result, offset: Math.max(0, result.offset - job.log_base) }
  }

  async logOffset(ref: JobRef): Promise<number> {
    const job = this.#leases.require(ref)
    const size = (await this.#context.files.size(dataFiles.log(job.phase_id))) ?? 0
    return Math.max(0, size - job.log_base)
  }

  /** @throws {@link EngineError} `NOT_FOUND` */
  async open(ref: JobRef, name: string): Promise<JobFile & { readonly content: Readable }> {
    const job = this.#leases.require(ref)
    const input =
      findToldHookFile(this.#context, job, name) ??
      (await jobInputs(this.#context, job)).find((file) => file.name === name)
    if (input === undefined) {
      throw new EngineError('NOT_FOUND', `The job ${ref.jobId} has no file '${name}'.`)
    }
    const { source, ...file } = input
    return { ...file, content: this.#context.files.read(source) }
  }

  /** Keeps a result file; what was declared must arrive. */
  async store(
    ref: JobRef,
    name: string,
    upload: {
      readonly content: AsyncIterable<unknown>
      readonly bytes: number | undefined
      readonly digest: string
    },
  ): Promise<void> {
    const { files } = this.#context
    const job = this.#leases.require(ref)
    if (!resultNames.includes(name)) {
      throw new EngineError(
        'NOT_FOUND',
        `A job has no result file '${name}'; there are ${resultNames.join(', ')}.`,
      )
    }
    const maxBytes = this.#maxBytes(name)
    const file = resultFile(job, name)
    try {
      await files.writeStream(file, upload.content, {
        maxBytes,
        expected: { bytes: upload.bytes, digest: upload.digest },
      })
    } finally {
      // A long upload may outlive the lease, which then is the answer, whatever became of the upload.
      this.#requireStill(ref, job)
    }
  }

  #maxBytes(name: string): number {
    const { limits } = this.#context
    switch (name) {
      case jobFileNames.erroredState:
        return limits.stateBytes
      // They are read into memory.
      case jobFileNames.policyResults:
        return Math.min(maxPolicyResultBytes, limits.jobFileBytes)
      default:
        return limits.jobFileBytes
    }
  }

  /** What a late upload left disturbs nobody: its name holds the token. It goes when the run has ended. */
  #requireStill(ref: JobRef, job: JobRow): void {
    try {
      this.#leases.require(ref)
    } catch (error) {
      this.#retention.review(job.run_id)
      throw error
    }
  }
}
