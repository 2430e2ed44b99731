import { parseArgs } from 'node:util'

import { conformanceBehaviours } from '@scalr-agent/core/testing'

import { executorNames, openKitExecutor } from './kit/kit-executors.ts'
import { printConformance, type ConformanceSum } from './kit/print-conformance.ts'
import { runParts } from './kit/run-parts.ts'

// Proves an executor with the conformance kit: one line a behaviour, and last the sum.
const usage = `pnpm kit --executor ${executorNames.join('|')} [--only ID|GROUP]… [--shard N/COUNT] [--parallel COUNT]`
try {
  const { values } = parseArgs({
    options: {
      executor: { type: 'string' },
      only: { type: 'string', multiple: true },
      shard: { type: 'string' },
      parallel: { type: 'string' },
    },
  })
  if (values.executor === undefined) throw new Error(`Name an executor: ${usage}`)
  const { failed } = await prove(values.executor, values)
  if (failed > 0) process.exitCode = 1
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}

async function prove(
  executor: string,
  options: {
    readonly only?: readonly string[]
    readonly shard?: string
    readonly parallel?: string
  },
): Promise<ConformanceSum> {
  const print = (line: string): void => console.log(line)
  // Opened first in any case: what parts need is started once, and a name that nobody knows told once.
  await using subject = await openKitExecutor(executor)
  if (options.parallel !== undefined) {
    if (options.only !== undefined || options.shard !== undefined) {
      throw new Error('--parallel runs all of the kit, without --only and --shard.')
    }
    return await runParts(executor, countOf(options.parallel), print)
  }
  const only = options.shard === undefined ? options.only : shardOf(options.shard)
  return await printConformance(
    { ...subject.options, ...(only === undefined ? {} : { only }) },
    print,
  )
}

function countOf(text: string): number {
  if (!/^[1-9]\d?$/u.test(text)) {
    throw new Error(`--parallel is ${text}; it has to be a number of processes from 1 to 99.`)
  }
  return Number(text)
}

/** One of several equal parts, to run beside each other where each has a place of its own. */
function shardOf(text: string): readonly string[] {
  const [, number, count] = (/^(\d+)\/(\d+)$/u.exec(text) ?? []).map(Number)
  if (number === undefined || count === undefined || number < 1 || number > count) {
    throw new Error(`--shard is ${text}; it has to be like 1/2.`)
  }
  return conformanceBehaviours
    .filter((_, index) => index % count === number - 1)
    .map(({ id }) => id)
}
