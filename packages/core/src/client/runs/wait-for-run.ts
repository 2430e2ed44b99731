import { TimeoutError } from '../../errors/index.ts'
import type { Clock } from '../../runtime/index.ts'
import type { Run } from '../definitions/index.ts'
import type { CallOptions } from '../resource-client.ts'
import { runPhase } from './run-status.ts'

/** How to wait for a run. */
export interface WaitForRunOptions extends CallOptions {
  /**
   * `rest`: until it has ended or waits for a person. `end`: until it has ended. Or until this says so.
   * @default 'rest'
   */
  readonly until?: 'rest' | 'end' | ((run: Run) => boolean)
  /** Most time to wait. @default for ever */
  readonly timeoutMs?: number
  /** Time between two looks. @default 1000 */
  readonly pollMs?: number
  /** Told at the first look, and whenever its status has changed. */
  readonly onStatus?: (run: Run) => void
}

/** Looks at a run until it is where the caller wants it. */
export async function waitForRun(
  get: () => Promise<Run>,
  clock: Clock,
  options: WaitForRunOptions,
): Promise<Run> {
  const { until = 'rest', timeoutMs, pollMs = 1000, onStatus, signal } = options
  const startedMs = clock.monotonicMs()
  let seen: string | undefined
  for (;;) {
    const run = await get()
    if (run.status !== seen) onStatus?.(run)
    seen = run.status
    if (isThere(run, until)) return run
    const leftMs = timeoutMs === undefined ? pollMs : timeoutMs - (clock.monotonicMs() - startedMs)
    if (leftMs <= 0) {
      throw new TimeoutError(
        `Cannot wait any longer for the run ${run.id}: it is \`${run.status}\` after ${timeoutMs} ms (timeoutMs).`,
      )
    }
    await clock.sleep(Math.min(pollMs, leftMs), { signal })
  }
}

function isThere(run: Run, until: NonNullable<WaitForRunOptions['until']>): boolean {
  if (typeof until === 'function') return until(run)
  const phase = runPhase(run)
  return phase === 'ended' || (until === 'rest' && phase === 'waiting')
}
