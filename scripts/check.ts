import { fileURLToPath } from 'node:url'

import { runSteps, type Step } from './check/run-steps.ts'

// Everything that must hold before a change is merged, tests excepted. One line a step; the output of
// a step is shown only where it failed, and all steps run even then.
const source = '--conditions=@scalr-agent/source'
const steps: readonly Step[] = [
  { name: 'types', command: ['tsc', '--build'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'layers', command: ['node', 'scripts/check-layers.ts'] },
  { name: 'format', command: ['oxfmt', '--check', '.'] },
  { name: 'states', command: ['node', source, 'scripts/states.ts', '--check'] },
  { name: 'build', command: ['node', 'scripts/build.ts'] },
  { name: 'packages', command: ['node', 'scripts/check-packages.ts'] },
  { name: 'unused', command: ['knip'] },
]

const results = await runSteps(steps, {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  onResult: ({ name, ok, durationMs, output }) => {
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(9)} ${(durationMs / 1000).toFixed(1)} s`)
    if (!ok) console.log(output.trimEnd().replaceAll(/^/gm, '       '))
  },
})

const failed = results.filter(({ ok }) => !ok)
if (failed.length > 0) {
  console.error(`Failed: ${failed.map(({ name }) => name).join(', ')}.`)
  process.exitCode = 1
}
