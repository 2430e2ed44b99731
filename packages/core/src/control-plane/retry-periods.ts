/** For how long each kind of call is tried again, from its first attempt on. */
export interface RetryPeriods {
  /** @default 60_000 */
  readonly registerMs: number
  /** The lease runs meanwhile. @default 45_000 */
  readonly startMs: number
  /** Downloads and uploads. @default 3_600_000 */
  readonly filesMs: number
  /** A finished job's report is all that is left of it, so it is given up late. @default 14_400_000 */
  readonly finishMs: number
  /** @default 60_000 */
  readonly tokenMs: number
  /** @default 60_000 */
  readonly logOffsetMs: number
  /** @default 5_000 */
  readonly disconnectMs: number
}

export const defaultRetryPeriods: RetryPeriods = {
  registerMs: 60_000,
  startMs: 45_000,
  filesMs: 3_600_000,
  finishMs: 4 * 3_600_000,
  tokenMs: 60_000,
  logOffsetMs: 60_000,
  disconnectMs: 5_000,
}
