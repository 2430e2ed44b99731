import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')
let work: string

beforeEach(() => {
  work = mkdtempSync(`${tmpdir()}/sa-steps-`)
})
afterEach(() => {
  rmSync(work, { recursive: true, force: true })
})

/** Runs steps as `.ci/run` does, and gives the exit code and the lines that it printed. */
async function run(steps: string): Promise<{ readonly code: number; readonly lines: string[] }> {
  writeFileSync(
    `${work}/run.sh`,
    `set -uo pipefail; cd ${root}; ROOT=${work}/clone; WORK=${work}; source .ci/steps.sh\n${steps}\ntotal`,
  )
  const child = spawn('bash', [`${work}/run.sh`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, GRACE: '20' },
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number>((resolve) => {
    child.once('exit', (status) => {
      resolve(status ?? -1)
    })
  })
  return { code, lines: output.trimEnd().split('\n') }
}

const summary = (text: string): string => `bash -c 'echo "$0" >"$TEST_SUMMARY_FILE"' '${text}'`

describe('the steps of CI', () => {
  it('count each step once and end with the sum', async () => {
    const { code, lines } = await run(`step one 10 true\nstep two 10 false\nstep three 10 true`)
    expect(lines.at(-1)).toBe('2 passed, 1 failed')
    expect(lines).toContain('FAILED: two (exit code 1)')
    expect(code).toBe(1)
  })

  it('pass when nothing failed, and fail when nothing was done', async () => {
    expect(await run(`step one 10 true`)).toMatchObject({ code: 0 })
    const nothing = await run('')
    expect(nothing.code).toBe(1)
    expect(nothing.lines.at(-1)).toBe('0 passed, 0 failed')
  })

  it('fail a step that takes too long', async () => {
    const { lines } = await run(`step slow 0.2 sleep 60`)
    expect(lines.at(-1)).toBe('0 passed, 1 failed')
    expect(lines).toContain('FAILED: slow (exit code 124)')
  })

  it('fail a step whose last line is not the promised one', async () => {
    const { lines } = await run(
      `step_ending good 10 '^Demo finished:' echo 'Demo finished: 4 runs'\n` +
        `step_ending bad 10 '^Demo finished:' echo 'Demo gave up'`,
    )
    expect(lines.at(-1)).toBe('1 passed, 1 failed')
  })

  it('count every test of a run', async () => {
    const { lines } = await run(
      `tests a 10 ${summary('{"passed":7,"failures":["x > y"],"skipped":[]}')}`,
    )
    expect(lines).toContain('failed: x > y')
    expect(lines.at(-1)).toBe('7 passed, 1 failed')
  })

  it.each([
    ['told no result', 'true'],
    ['left a result that cannot be read', summary('{"passed":')],
    ['ran no test', summary('{"passed":0,"failures":[],"skipped":[]}')],
    [
      'skipped a test without leave',
      summary('{"passed":0,"failures":[],"skipped":[{"file":"a.test.ts","name":"b"}]}'),
    ],
  ])('fail a run of tests that %s', async (_what, command) => {
    const { code, lines } = await run(`step one 10 true\ntests a 10 ${command}`)
    expect(lines.at(-1)).toMatch(/^1 passed, [12] failed$/)
    expect(code).toBe(1)
  })

  it('fail a run of tests that ended badly though no test failed', async () => {
    const good = summary('{"passed":3,"failures":[],"skipped":[]}')
    const { lines } = await run(`bad() { ${good.replace('bash', 'command bash')}; return 1; }
      export -f bad
      tests a 10 bash -c bad`)
    expect(lines.at(-1)).toBe('3 passed, 1 failed')
  })

  it('end what a step left running, and fail it', async () => {
    const { lines } = await run(
      `mkdir ${work}/data
       step leaky 10 bash -c 'setsid sleep 987 >/dev/null 2>&1 & cd ${work}/data; env -i setsid sleep 988 >/dev/null 2>&1 &'
       for i in $(seq 100); do [ -n "$(processes)" ] || { echo 'nothing runs now'; break; }; sleep 0.1; done`,
    )
    expect(lines.filter((line) => line.startsWith('left behind by leaky'))).toHaveLength(2)
    expect(lines).toContain('nothing runs now')
    expect(lines.at(-1)).toBe('1 passed, 1 failed')
  })
})
