/** The pause before another try: doubling, with jitter, and never shorter than the other side asked for. */
export function retryDelayMs(options: {
  /** How many tries were made. */
  readonly attempts: number
  readonly baseMs: number
  readonly mostMs: number
  readonly askedMs?: number | undefined
}): number {
  const { attempts, baseMs, mostMs, askedMs = 0 } = options
  const ceilingMs = Math.min(mostMs, baseMs * 2 ** Math.min(attempts, 20))
  return Math.max(askedMs, ceilingMs / 2 + (Math.random() * ceilingMs) / 2)
}
