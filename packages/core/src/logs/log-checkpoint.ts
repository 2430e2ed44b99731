import { z } from 'zod'

const count = z.int().nonnegative()

/** Schema of {@link LogCheckpoint}, for the journal that keeps it. */
export const logCheckpointSchema = z.object({
  rawBytes: count,
  maskedBytes: count,
  missingBytes: count,
  digestState: z.base64(),
})

/**
 * A point of the log from which a new pump goes on exactly as the old one would have: filter and
 * masker held nothing back there, and no gap was open.
 */
export interface LogCheckpoint {
  /** Bytes of the workload's output before it. */
  readonly rawBytes: number
  /** Bytes of the log before it. */
  readonly maskedBytes: number
  /** Bytes that the gap records before it stand for. */
  readonly missingBytes: number
  /** State of the running SHA-256; it holds up to 63 bytes of the masked log. */
  readonly digestState: string
}
