import type { Timing } from '../../runtime/index.ts'
import { ForgeError } from '../forge/index.ts'

const maxDelayMs = 60_000

/** The pause before another try: full jitter, never shorter than the forge asked for. */
export function retryDelayMs(
  timing: Pick<Timing, 'vcsRetryMs'>,
  attempts: number,
  error: unknown,
): number {
  const ceiling = Math.min(maxDelayMs, timing.vcsRetryMs * 2 ** Math.min(attempts, 20))
  const asked = error instanceof ForgeError ? (error.retryAfterMs ?? 0) : 0
  return Math.max(asked, ceiling / 2 + (Math.random() * ceiling) / 2)
}
