import type { Outcome } from '../executor/index.ts'
import type { StageMarker } from '../logs/index.ts'
import type { FailureCause, Phase } from '../protocol/index.ts'
import { jobExitCodes } from './stages.ts'

/** Why the agent interrupted the job, when it did. */
export type StopCause = Extract<
  FailureCause,
  'canceled' | 'lease-lost' | 'timeout' | 'soft-memory-limit' | 'agent-stopped'
>

export interface InterpretResultOptions {
  readonly phase: Phase
  readonly outcome: Outcome
  /** Every marker of the stream, in order. */
  readonly markers: readonly StageMarker[]
  /** Set once an interrupt was sent. */
  readonly stopCause?: StopCause | undefined
}

export interface JobResult {
  readonly result: 'succeeded' | 'failed' | 'canceled' | 'lost'
  /** `undefined` for success alone. */
  readonly cause: FailureCause | undefined
  /** Of the last stage that failed, or else of the last that ended; `null` when none was seen. */
  readonly exitCode: number | null
  /** The stage that failed. */
  readonly failedStage: string | undefined
  /** Plan only: whether applying would change anything; `undefined` when the plan did not succeed. */
  readonly hasChanges: boolean | undefined
}

/**
 * What became of a job. Pure.
 *
 * **I2** Success needs both: the engine's exit record with 0, and the script's own last marker with 0.
 * Exit 0 without the marker proves nothing and is `lost`.
 *
 * An interrupt decides only what did not succeed: a tool that was asked to stop and had already done
 * all of its work did succeed. Exit codes cannot tell a cancelled tool from a failed one, so what the
 * agent sent is what counts.
 */
export function interpretResult(options: InterpretResultOptions): JobResult {
  const { outcome, stopCause } = options
  const seen = readMarkers(options.markers)
  const base = {
    exitCode:
      seen.failed?.exitCode ??
      (seen.result === 0 ? undefined : seen.result) ??
      exitCodeOf(outcome) ??
      seen.lastCode ??
      null,
    failedStage: seen.failed?.stage ?? seen.open,
    hasChanges: undefined,
  }
  const stopped = (): JobResult | undefined =>
    stopCause === undefined
      ? undefined
      : { ...base, result: stopCause === 'canceled' ? 'canceled' : 'failed', cause: stopCause }
  const failed = (cause: FailureCause): JobResult => ({ ...base, result: 'failed', cause })

  switch (outcome.kind) {
    case 'exited':
      if (outcome.exitCode === 0) {
        if (seen.result !== 0) return { ...base, result: 'lost', cause: 'lost' }
        return {
          result: 'succeeded',
          cause: undefined,
          exitCode: 0,
          failedStage: undefined,
          hasChanges: options.phase === 'plan' ? seen.planCode === 2 : undefined,
        }
      }
      if (outcome.memoryExceeded !== undefined) return failed('out-of-memory')
      return stopped() ?? failed(exitCause(seen))
    case 'signaled':
      return stopped() ?? failed('signaled')
    case 'out-of-memory':
      return failed('out-of-memory')
    case 'not-started':
      return stopped() ?? failed('not-started')
    case 'evicted':
      return failed('evicted')
    case 'deadline':
      return stopped() ?? failed('timeout')
    case 'lost':
      return { ...base, result: 'lost', cause: 'lost' }
  }
}

interface SeenMarkers {
  readonly result: number | undefined
  readonly planCode: number | undefined
  readonly lastCode: number | undefined
  /** The first stage that ended with a failure. */
  readonly failed: { readonly stage: string; readonly exitCode: number } | undefined
  /** The stage that began and never ended. */
  readonly open: string | undefined
}

function readMarkers(markers: readonly StageMarker[]): SeenMarkers {
  let seen: SeenMarkers = {
    result: undefined,
    planCode: undefined,
    lastCode: undefined,
    failed: undefined,
    open: undefined,
  }
  for (const marker of markers) {
    switch (marker.event) {
      case 'begin':
        seen = { ...seen, open: marker.stage }
        break
      case 'end': {
        const { stage, exitCode } = marker
        const isFailure = exitCode !== 0 && !(stage === 'plan' && exitCode === 2)
        seen = {
          ...seen,
          open: undefined,
          lastCode: exitCode,
          planCode: stage === 'plan' ? exitCode : seen.planCode,
          failed: seen.failed ?? (isFailure ? { stage, exitCode } : undefined),
        }
        break
      }
      case 'result':
        seen = { ...seen, result: marker.exitCode }
        break
    }
  }
  return seen
}

function exitCause({ failed }: SeenMarkers): FailureCause {
  if (failed?.stage !== 'prepare') return 'exit-code'
  return failed.exitCode === jobExitCodes.toolNotFound ? 'tool-not-found' : 'preparation'
}

function exitCodeOf(outcome: Outcome): number | undefined {
  return outcome.kind === 'exited' ? outcome.exitCode : undefined
}
