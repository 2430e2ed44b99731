import { expect, it } from 'vitest'

import { judge } from '../../ci/test-summary.ts'

const skipped = [{ file: 'a/test/x.test.ts', name: 'group > one', note: 'no cgroup' }]
const nothing = () => false

it('counts what passed and what failed', () => {
  expect(judge({ passed: 3, failures: ['a > b'], skipped: [] }, [], nothing)).toEqual({
    passed: 3,
    failed: 1,
    lines: ['failed: a > b'],
  })
})

it('counts a run without a single passed test as failed', () => {
  expect(judge({ passed: 0, failures: [], skipped: [] }, [], nothing).failed).toBe(1)
})

it('counts a skip that nobody allowed as failed, and shows what the test said', () => {
  expect(judge({ passed: 1, failures: [], skipped }, [], nothing)).toEqual({
    passed: 1,
    failed: 1,
    lines: ['skipped without leave: a/test/x.test.ts > group > one (no cgroup)'],
  })
})

it('accepts a skip that is allowed, and shows why', () => {
  const allowed = [{ test: 'a/test/x.test.ts > group', why: 'needs a writable cgroup' }]
  expect(judge({ passed: 1, failures: [], skipped }, allowed, nothing)).toEqual({
    passed: 1,
    failed: 0,
    lines: ['skipped: a/test/x.test.ts > group > one (needs a writable cgroup)'],
  })
})

it('accepts a skip for want of a program only where that program is missing', () => {
  const allowed = [{ test: 'a/test/x', why: 'no terraform', withoutProgram: 'terraform' }]
  const summary = { passed: 1, failures: [], skipped }
  expect(judge(summary, allowed, nothing).failed).toBe(0)
  expect(judge(summary, allowed, (name) => name === 'terraform').failed).toBe(1)
})
