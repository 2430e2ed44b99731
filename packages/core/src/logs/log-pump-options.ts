import type { Clock, Logger } from '../runtime/index.ts'
import type { LogCheckpoint } from './log-checkpoint.ts'
import type { LogSpool } from './log-spool.ts'
import type { StageMarker } from './stage-markers.ts'

/** What a pump reads: a `Workload` is one. A chunk may be reused once the next one is asked for. */
export interface LogSource {
  output(
    fromByte: number,
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterable<Uint8Array>
}

/** A stage marker in the output. After an adoption some come again, with the same `rawOffset`. */
export interface LoggedMarker {
  readonly marker: StageMarker
  /** Where it stands in the workload's output. */
  readonly rawOffset: number
}

/** The complete log, as `finish` states it (I10). */
export interface LogSummary {
  readonly bytes: number
  /** RFC 9530 form. */
  readonly digest: string
  /** Bytes that gap records stand for. */
  readonly missingBytes: number
}

/** What a log pump reads, what it masks and where the log goes. */
export interface LogPumpOptions {
  /** Its content is cut back to `from`. */
  readonly spool: LogSpool
  /** The job's marker nonce: 32 lower-case hex digits. */
  readonly nonce: string
  /** Must be the same after an adoption: they decide what the log's bytes are. */
  readonly secrets: Iterable<string>
  /** Where an earlier pump of this job got to. @default the beginning */
  readonly from?: LogCheckpoint | undefined
  /** Awaited before any checkpoint behind the marker. */
  readonly onMarker?: (marker: LoggedMarker) => void | Promise<void>
  /** Masked text of the output, in order with the markers. Called again with the same after an adoption. */
  readonly onText?: (bytes: Uint8Array) => void
  /** Must have made the checkpoint durable when it resolves. Never called twice at a time. */
  readonly onCheckpoint?: (checkpoint: LogCheckpoint) => void | Promise<void>
  /** @default 250 */
  readonly checkpointIntervalMs?: number
  /** @default 256 KiB of output */
  readonly checkpointBytes?: number
  readonly clock?: Clock
  readonly logger?: Logger
}
