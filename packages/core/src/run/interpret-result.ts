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
  /** Of the first stage that failed, or else of the whole job; `null` for one that was killed or vanished. */
  readonly exitCode: number | null
  /** The stage that failed. */
  readonly failedStage: string | undefined
  /**
   * What `plan` or `apply` itself ended with, also when a hook failed the job after it; `undefined` when
   * it did not come to its end. A plan's 2 means changes.
   */
  readonly phaseExitCode: number | undefined
  /** Plan only: whether applying would change anything; `undefined` when the plan itself did not succeed. */
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
      null,
    failedStage: seen.failed?.stage ?? seen.open,
    phaseExitCode: seen.phaseCode,
    hasChanges: hasChanges(options.phase, seen.phaseCode),
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
          ...base,
          result: 'succeeded',
          cause: undefined,
          exitCode: 0,
          failedStage: undefined,
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
  /** Of `plan` or `apply`. */
  readonly phaseCode: number | undefined
  /** The first stage that ended with a failure. */
  readonly failed: { readonly stage: string; readonly exitCode: number } | undefined
  /** The stage that began and never ended. */
  readonly open: string | undefined
}

function readMarkers(markers: readonly StageMarker[]): SeenMarkers {
  let seen: SeenMarkers = {
    result: undefined,
    phaseCode: undefined,
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
          phaseCode: stage === 'plan' || stage === 'apply' ? exitCode : seen.phaseCode,
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

function hasChanges(phase: Phase, phaseCode: number | undefined): boolean | undefined {
  return phase === 'plan' && (phaseCode === 0 || phaseCode === 2) ? phaseCode === 2 : undefined
}

function exitCause({ failed }: SeenMarkers): FailureCause {
  switch (failed?.stage) {
    case 'prepare':
      return failed.exitCode === jobExitCodes.toolNotFound ? 'tool-not-found' : 'preparation'
    case 'init':
      // The tool did its part; the backend that it took is not the run's.
      return failed.exitCode === jobExitCodes.invalidConfiguration ? 'preparation' : 'init-failed'
    case 'pre-init':
    case 'pre-plan':
    case 'post-plan':
    case 'pre-apply':
    case 'post-apply':
      return 'hook-failed'
    case undefined:
    default:
      return 'exit-code'
  }
}

function exitCodeOf(outcome: Outcome): number | undefined {
  return outcome.kind === 'exited' ? outcome.exitCode : undefined
}
