import { LogTail, type StageMarker } from '../logs/index.ts'
import type { StageReport } from '../protocol/index.ts'
import type { StageFindings } from './job-findings.ts'
import { isFailedStage } from './job-stages.ts'
import { lastLines } from './last-lines.ts'
import { readStageFindings } from './read-stage-findings.ts'

/** Enough for what a tool says when it fails; what came before it is in the log. */
const tailBytes = 64 * 1024
/** As many as the report may hold. */
const maxLastLineChars = 8_000

/** Follows the masked text of a job, and keeps what it says of the stage that failed. */
export class StageTail {
  readonly #tail = new LogTail(tailBytes)
  #open: { readonly stage: string; readonly from: number } | undefined
  #findings: StageFindings | undefined

  /** @param known what the journal of an adopted job says. */
  constructor(known: {
    readonly stages: readonly StageReport[]
    readonly findings?: StageFindings | undefined
  }) {
    const last = known.stages.at(-1)
    if (last?.exitCode === null) this.#open = { stage: last.name, from: 0 }
    this.#findings = known.findings
  }

  /** How much of an adopted job's log is worth reading again. */
  get wantedBytes(): number {
    return tailBytes
  }

  push(bytes: Uint8Array): void {
    this.#tail.push(bytes)
  }

  take(marker: StageMarker): void {
    if (marker.event === 'begin') {
      this.#open = { stage: marker.stage, from: this.#tail.position }
    } else if (marker.event === 'end') {
      // Only the first failure is the cause; what fails behind it is its consequence.
      if (isFailedStage(marker)) this.#findings ??= this.#read()
      this.#open = undefined
    }
  }

  /** Of the stage that failed first, or of the one that never ended. */
  get findings(): StageFindings | undefined {
    return this.#findings
  }

  /** The output is complete. */
  end(): { readonly lastLines: string; readonly findings?: StageFindings } {
    const findings = this.#findings ?? this.#read()
    return {
      lastLines: lastLines(this.#tail.textSince(), maxLastLineChars),
      ...(findings === undefined ? {} : { findings }),
    }
  }

  #read(): StageFindings | undefined {
    if (this.#open === undefined) return undefined
    return readStageFindings(this.#open.stage, this.#tail.textSince(this.#open.from))
  }
}
