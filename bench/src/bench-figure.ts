/** One measured number; one line of `bench --json`. */
export interface BenchFigure {
  /** Name of the benchmark, e.g. `log-throughput`. */
  readonly bench: string
  /** What was measured, in a few words. */
  readonly figure: string
  readonly value: number
  readonly unit: string
  /** The same measured for the bare thing beside it, in the same unit and the same run. */
  readonly peer?: number
  /** `value` divided by `peer`. */
  readonly ratio?: number
  /** What `value` is to reach, or, where `targetOf` says so, what `ratio` is to reach. */
  readonly target?: number
  /** @default 'value' */
  readonly targetOf?: 'value' | 'ratio'
  /** Whether the target was reached. */
  readonly ok?: boolean
}
