import { failureCauseSchema } from '../../protocol/index.ts'
import { choice, count, instant, list, shape, text } from '../kind.ts'
import { read } from '../resource-definition.ts'

/**
 * How a job ended, in the words of its agent. The embedded control plane's own: `null` before the end, and
 * at scalr.io.
 */
export const agentReport = read(
  shape({
    result: choice('succeeded', 'failed', 'canceled', 'lost'),
    cause: choice(...failureCauseSchema.options),
    /** What happened, on what, what to do. */
    message: text,
    evidence: text,
    /** The end of the log. */
    lastLines: text,
    exitCode: count,
    stages: list(shape({ name: text, startedAt: instant, endedAt: instant, exitCode: count })),
    /** Interrupts that were sent to the tool. */
    interrupts: shape({ soft: count, hard: count, kill: count }),
    /** `missingBytes`: what a gap record in the log stands for. */
    log: shape({ bytes: count, digest: text, missingBytes: count }),
    /** The lock of the state that was held when the job ended. */
    stateLock: shape({ id: text, who: text, operation: text, createdAt: instant, runId: text }),
    /** A state that could not be written; one that was `kept` is to be downloaded. */
    rescuedState: shape({
      outcome: choice('stored', 'unchanged', 'kept'),
      serial: count,
      reason: text,
    }),
  }),
)
