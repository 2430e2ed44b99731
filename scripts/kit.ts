import { parseArgs } from 'node:util'

import { conformanceBehaviours } from '@scalr-agent/core/testing'

import { executorNames, openKitExecutor } from './kit/kit-executors.ts'
import { printConformance } from './kit/print-conformance.ts'

// Proves an executor with the conformance kit: one line a behaviour, and last the sum.
const usage = `pnpm kit --executor ${executorNames.join('|')} [--only ID|GROUP]… [--shard N/COUNT]`
try {
  const { values } = parseArgs({
    options: {
      executor: { type: 'string' },
      only: { type: 'string', multiple: true },
      shard: { type: 'string' },
    },
  })
  if (values.executor === undefined) throw new Error(`Name an executor: ${usage}`)
  const only = values.shard === undefined ? values.only : shardOf(values.shard)
  await using subject = await openKitExecutor(values.executor)
  const { failed } = await printConformance(
    { ...subject.options, ...(only === undefined ? {} : { only }) },
    (line) => console.log(line),
  )
  if (failed > 0) process.exitCode = 1
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
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
