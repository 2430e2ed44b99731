import { tmpdir } from 'node:os'

import { expect, it } from 'vitest'

import { runSteps, type StepResult } from '../../check/run-steps.ts'

it('runs every step, also after one that failed, and keeps what each printed', async () => {
  const told: StepResult[] = []
  const results = await runSteps(
    [
      { name: 'good', command: [process.execPath, '-e', 'console.log("out")'] },
      { name: 'bad', command: [process.execPath, '-e', 'console.error("why"); process.exit(3)'] },
      { name: 'killed', command: [process.execPath, '-e', 'process.kill(process.pid, "SIGKILL")'] },
      { name: 'missing', command: ['no-such-program-anywhere'] },
      { name: 'last', command: [process.execPath, '-e', ''] },
    ],
    { cwd: tmpdir(), onResult: (result) => told.push(result) },
  )
  expect(results.map(({ name, ok }) => [name, ok])).toEqual([
    ['good', true],
    ['bad', false],
    ['killed', false],
    ['missing', false],
    ['last', true],
  ])
  expect(results[0]?.output).toBe('out\n')
  expect(results[1]?.output).toBe('why\n')
  expect(results[3]?.output).toContain('no-such-program-anywhere')
  expect(told).toEqual(results)
})
