import type { BenchFigure } from './bench-figure.ts'

export interface BenchOptions {
  /** How often it measures; each bench has a default of its own. */
  readonly rounds?: number | undefined
  /** Says what it is doing, since some take minutes. */
  readonly onProgress: (text: string) => void
}

/** What a bench found, or why it could not measure here. */
export type BenchResult = readonly BenchFigure[] | { readonly skipped: string }

/** One thing to measure. */
export interface Bench {
  readonly name: string
  readonly description: string
  run(options: BenchOptions): Promise<BenchResult>
}
