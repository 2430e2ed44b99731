import { parseArgs } from 'node:util'

import { executorNames, openKitExecutor } from './kit/kit-executors.ts'
import { printConformance } from './kit/print-conformance.ts'

// Proves an executor with the conformance kit: one line a behaviour, and last the sum.
const usage = `pnpm kit --executor ${executorNames.join('|')} [--only ID|GROUP]…`
try {
  const { values } = parseArgs({
    options: {
      executor: { type: 'string' },
      only: { type: 'string', multiple: true },
    },
  })
  if (values.executor === undefined) throw new Error(`Name an executor: ${usage}`)
  await using subject = await openKitExecutor(values.executor)
  const { failed } = await printConformance(
    { ...subject.options, ...(values.only === undefined ? {} : { only: values.only }) },
    (line) => console.log(line),
  )
  if (failed > 0) process.exitCode = 1
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
