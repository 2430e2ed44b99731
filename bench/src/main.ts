import { CommanderError } from 'commander'

import type { BenchFigure } from './bench-figure.ts'
import { benches } from './benches.ts'
import { parseCommandLine } from './command-line.ts'
import { figureLine, figureTable } from './print-figures.ts'

const out = (text: string): void => void process.stdout.write(text)
const err = (text: string): void => void process.stderr.write(text)

try {
  const request = parseCommandLine(process.argv.slice(2), benches, { out, err })
  if (request.list) {
    const width = Math.max(...benches.map(({ name }) => name.length))
    for (const { name, description } of benches) out(`${name.padEnd(width)}  ${description}\n`)
  } else {
    const figures: BenchFigure[] = []
    for (const bench of request.benches) {
      // Progress goes to standard error: standard output holds nothing but figures.
      err(`${bench.name}: ${bench.description}\n`)
      const onProgress = (text: string): void => err(`  ${text}\n`)
      const result = await bench.run({ rounds: request.rounds, onProgress })
      if ('skipped' in result) {
        err(`SKIPPED ${bench.name}: ${result.skipped}\n`)
        continue
      }
      figures.push(...result)
      if (request.json) for (const figure of result) out(`${figureLine(figure)}\n`)
    }
    if (!request.json && figures.length > 0) out(`\n${figureTable(figures)}`)
  }
} catch (error) {
  // commander has said it already.
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else {
    err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = 1
  }
}
