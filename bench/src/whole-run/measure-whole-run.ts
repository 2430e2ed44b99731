import type { BenchFigure } from '../bench-figure.ts'
import type { BenchOptions } from '../bench.ts'
import { median, rounded } from '../statistics.ts'
import { configurationOf, sizes } from './configuration.ts'

const defaultRounds = 5
const targetRatio = 1.1

/** A plan and an apply of a configuration, once; tells the milliseconds that it took. */
export type WholeRun = (configuration: Readonly<Record<string, string>>) => Promise<number>

/** Two ways to do the same, in turns, for each size of work. */
export async function measureWholeRun(
  bench: { readonly name: string; readonly subject: string },
  ways: { readonly viaAgent: WholeRun; readonly bare: WholeRun },
  options: BenchOptions,
): Promise<readonly BenchFigure[]> {
  const rounds = options.rounds ?? defaultRounds
  const figures: BenchFigure[] = []
  for (const size of sizes) {
    const configuration = configurationOf(size.waitSeconds)
    const viaAgent: number[] = []
    const bare: number[] = []
    // One more than counts, to warm up the caches of both.
    for (let round = 0; round <= rounds; round += 1) {
      const bareMs = await ways.bare(configuration)
      const agentMs = await ways.viaAgent(configuration)
      const name = round === 0 ? 'warm-up' : `round ${round} of ${rounds}`
      options.onProgress(
        `${size.name}, ${name}: bare ${rounded(bareMs, 0)} ms, agent ${rounded(agentMs, 0)} ms`,
      )
      if (round === 0) continue
      bare.push(bareMs)
      viaAgent.push(agentMs)
    }
    const value = rounded(median(viaAgent), 0)
    const peer = rounded(median(bare), 0)
    const ratio = rounded(value / peer, 3)
    figures.push({
      bench: bench.name,
      figure: `${bench.subject}, ${size.name}, median of ${rounds}`,
      value,
      unit: 'ms',
      peer,
      ratio,
      target: targetRatio,
      targetOf: 'ratio',
      ok: ratio <= targetRatio,
    })
  }
  return figures
}
