import { retryDelayMs, type Timing } from '../../runtime/index.ts'
import { ForgeError } from '../forge/index.ts'

const mostMs = 60_000

/** The pause before a VCS is called again. */
export function vcsDelayMs(
  timing: Pick<Timing, 'vcsRetryMs'>,
  attempts: number,
  error: unknown,
): number {
  const askedMs = error instanceof ForgeError ? error.retryAfterMs : undefined
  return retryDelayMs({ attempts, baseMs: timing.vcsRetryMs, mostMs, askedMs })
}
