/** Times of the gateway's side, in milliseconds. */
export interface GatewayTiming {
  /** How often agents ping; silence of two and a half pings is the end of a channel. @default 20_000 */
  readonly pingMs: number
  /** Longest that a poll is held; below the 30 s after which some proxies cut what is idle. @default 20_000 */
  readonly pollMs: number
  /** A poll that was cut must be back by then, else its agent is gone. @default 750 */
  readonly pollGapMs: number
  /** Until a slot is free. @default 60_000 */
  readonly queueMs: number
  /** Until the answer begins: a git server counts objects in silence. @default 120_000 */
  readonly firstByteMs: number
  /** A body of which nothing came for that long has broken off. @default 60_000 */
  readonly bodyIdleMs: number
  /** An idle request body sends a sign of life as often. @default 10_000 */
  readonly keepAliveMs: number
  /** A body that nobody took for that long is given up. @default 600_000 */
  readonly stalledMs: number
}

export const defaultGatewayTiming: GatewayTiming = {
  pingMs: 20_000,
  pollMs: 20_000,
  pollGapMs: 750,
  queueMs: 60_000,
  firstByteMs: 120_000,
  bodyIdleMs: 60_000,
  keepAliveMs: 10_000,
  stalledMs: 600_000,
}
