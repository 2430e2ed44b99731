/** Times of the agent's side, in milliseconds. */
export interface AgentTiming {
  /** Until a WebSocket must have brought the welcome; a proxy that upgrades and then hangs is found so. @default 10_000 */
  readonly probeMs: number
  /** A connection that was lost comes back after a random part of it, so that many do not come at once. @default 5000 */
  readonly reconnectSpreadMs: number
  /** Where no WebSocket came through, none is tried for that long. @default 600_000 */
  readonly webSocketRetryMs: number
  /** A WebSocket that did not live as long was cut by something on the way. @default 30_000 */
  readonly settledMs: number
  /** How often the gateway is told what is being worked on. @default 10_000 */
  readonly workingMs: number
  /** An idle body sends a sign of life as often, for proxies that cut what is idle. @default 10_000 */
  readonly keepAliveMs: number
  /** A body of which nothing came for that long has broken off. @default 60_000 */
  readonly bodyIdleMs: number
  /** A body that nobody took for that long is given up. @default 600_000 */
  readonly stalledMs: number
}

export const defaultAgentTiming: AgentTiming = {
  probeMs: 10_000,
  reconnectSpreadMs: 5000,
  webSocketRetryMs: 600_000,
  settledMs: 30_000,
  workingMs: 10_000,
  keepAliveMs: 10_000,
  bodyIdleMs: 60_000,
  stalledMs: 600_000,
}
