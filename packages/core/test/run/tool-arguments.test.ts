import { describe, expect, it } from 'vitest'

import {
  normalizeWorkingDirectory,
  planArguments,
  checkedVarFiles,
} from '../../src/run/tool-arguments.ts'

const run = {
  isDestroy: false,
  refresh: true,
  refreshOnly: false,
  targets: [],
  replacements: [],
}

describe('planArguments', () => {
  it.each([
    { run: {}, gives: [] },
    { run: { isDestroy: true }, gives: ['-destroy'] },
    { run: { refresh: false }, gives: ['-refresh=false'] },
    { run: { refreshOnly: true }, gives: ['-refresh-only'] },
    { run: { refreshOnly: true, refresh: false }, gives: ['-refresh-only'] },
    { run: { targets: ['a.b', 'c.d'] }, gives: ['-target=a.b', '-target=c.d'] },
    { run: { replacements: ['a.b'] }, gives: ['-replace=a.b'] },
  ])('$run gives $gives', (row) => {
    const options = { run: { ...run, ...row.run } }
    expect(planArguments(options)).toEqual(['-detailed-exitcode', ...row.gives])
  })
})

describe('checkedVarFiles', () => {
  it('takes a variables file beside the working directory, but none outside of the configuration', () => {
    const plan = (file: string): readonly string[] =>
      checkedVarFiles({ varFiles: [file], workingDirectory: 'envs/prod' })
    expect(plan('../common.tfvars')).toContain('../common.tfvars')
    for (const file of ['../../../etc/passwd', '/etc/passwd', '']) {
      expect(() => plan(file)).toThrow('Cannot use the variables file')
    }
  })
})

describe('normalizeWorkingDirectory', () => {
  it.each([
    ['', ''],
    ['.', ''],
    ['./', ''],
    ['/', ''],
    ['/envs/prod/', 'envs/prod'],
    ['./a/../b', 'b'],
  ])('%j is %j', (given, normal) => {
    expect(normalizeWorkingDirectory(given)).toBe(normal)
  })

  it.each(['..', '../x', 'a/../../x', 'a\0b'])('refuses %j', (given) => {
    expect(() => normalizeWorkingDirectory(given)).toThrow('leaves the configuration')
  })
})
