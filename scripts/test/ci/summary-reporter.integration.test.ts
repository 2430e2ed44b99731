import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { afterEach, beforeEach, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
let folder: string

// Inside the workspace, so that the runner finds vitest.
beforeEach(() => {
  mkdirSync(`${root}/.tsc`, { recursive: true })
  folder = mkdtempSync(`${root}/.tsc/reporter-`)
  writeFileSync(`${folder}/summary.json`, '{"passed":99,"failures":[],"skipped":[]}')
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Runs a real vitest over one test file with the reporter. */
async function run(test: string): Promise<unknown> {
  writeFileSync(
    `${folder}/sample.test.ts`,
    `import { describe, expect, it } from 'vitest'\n${test}`,
  )
  writeFileSync(
    `${folder}/vitest.config.ts`,
    `import { SummaryReporter } from '${root}/scripts/ci/summary-reporter.ts'
     export default { test: { include: ['*.test.ts'], reporters: [new SummaryReporter('${folder}/summary.json')] } }`,
  )
  await promisify(execFile)(
    process.execPath,
    [`${root}/node_modules/vitest/vitest.mjs`, 'run', '--root', folder],
    { cwd: folder },
  ).catch((error: unknown) => error)
  return existsSync(`${folder}/summary.json`)
    ? JSON.parse(readFileSync(`${folder}/summary.json`, 'utf8'))
    : undefined
}

it('tells what passed, failed and was skipped, with the note of the skip', async () => {
  const summary = await run(`
    describe('group', () => {
      it('good', () => {})
      it('bad', () => expect(1).toBe(2))
      it('later', ({ skip }) => skip('no engine'))
      it.todo('some day')
    })`)
  expect(summary).toEqual({
    passed: 1,
    failures: ['sample.test.ts > group > bad'],
    skipped: [
      { file: 'sample.test.ts', name: 'group > later', note: 'no engine' },
      { file: 'sample.test.ts', name: 'group > some day' },
    ],
  })
})

it('counts a file that cannot be loaded, a failed hook and a stray rejection as failures', async () => {
  expect(await run(`throw new Error('at load')`)).toMatchObject({
    passed: 0,
    failures: [expect.stringContaining('at load')],
  })
  expect(
    await run(`import { beforeAll } from 'vitest'
      describe('g', () => { beforeAll(() => { throw new Error('in hook') }); it('x', () => {}) })`),
  ).toMatchObject({
    passed: 0,
    failures: expect.arrayContaining([expect.stringContaining('in hook')]),
  })
  expect(
    await run(`it('x', async () => {
      void Promise.reject(new Error('stray'))
      await new Promise((resolve) => setImmediate(resolve))
    })`),
  ).toMatchObject({ failures: [expect.stringContaining('stray')] })
})

it('leaves no summary of an earlier run where a run dies', async () => {
  const summary = await run(`
    import { execFileSync } from 'node:child_process'
    it('x', () => { process.kill(process.ppid, 'SIGKILL') })`)
  expect(summary).toBeUndefined()
})
