import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

import { jobTransitions } from '../packages/core/src/job/job-state.ts'
import { stateDiagram, withStateDiagram } from './states/state-diagram.ts'

// Draws the job's states in ARCHITECTURE.md from core's table. With --check it only compares.
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
const file = new URL('../ARCHITECTURE.md', import.meta.url)
const current = readFileSync(file, 'utf8')
const wanted = withStateDiagram(current, stateDiagram(jobTransitions))

if (current === wanted) {
  console.log('ARCHITECTURE.md: the state diagram is up to date.')
} else if (values.check) {
  console.error('ARCHITECTURE.md: the state diagram is stale. Run `pnpm docs:states`.')
  process.exitCode = 1
} else {
  writeFileSync(file, wanted)
  console.log('ARCHITECTURE.md: the state diagram was redrawn.')
}
