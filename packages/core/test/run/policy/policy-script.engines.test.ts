import { createServer } from 'node:http'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { installedShells } from '../support/shells.ts'
import {
  realOpa,
  runPolicies,
  versionOf,
  type PolicyRunOptions,
} from './support/policy-workload.ts'

const path = realOpa('the policy script')
const shells = installedShells()

const plan = {
  variables: { password: { value: 'variable-CANARY-1' } },
  configuration: { root_module: { variables: { password: { sensitive: true } } } },
  resource_changes: [
    {
      address: 'db.one',
      type: 'db',
      change: {
        actions: ['create'],
        before: null,
        before_sensitive: false,
        after: { size: 3, key: 'resource-CANARY-2', list: [{ pin: 4711471147 }] },
        after_sensitive: { key: true, list: [{ pin: true }] },
      },
    },
  ],
}

const v0 = `package terraform
import input.tfplan as tfplan
deny[reason] {
  change := tfplan.resource_changes[_]
  reason := sprintf("%s is too small", [change.address])
}
`
const v1 = `package terraform
deny contains reason if {
  some change in input.tfplan.resource_changes
  change.change.after.size > 99
  reason := "too large"
}
`
const never = 'package terraform\ndeny contains "never" if false\n'

describe.skipIf(path === undefined)('the script of a policy job', () => {
  const [shell = { name: 'sh', argv: ['sh'] as const }] = shells
  const check = async (options: Partial<PolicyRunOptions>) =>
    await runPolicies({
      shell,
      opa: { kind: 'path', path: path ?? '' },
      plan,
      groups: [],
      ...options,
    })
  const checkOne = async (rego: string, options: Partial<PolicyRunOptions> = {}) => {
    const run = await check({ groups: [{ policies: { one: rego } }], ...options })
    return { ...run, found: run.results?.policies[0] }
  }

  it.each(shells)('tells what every policy of every group says, in $name', async (inShell) => {
    const run = await check({
      shell: inShell,
      groups: [
        { name: "the team's", policies: { old: v0, new: v1 }, level: 'soft-mandatory' },
        { name: 'second', policies: { never } },
      ],
    })
    expect(run.exitCode).toBe(0)
    expect(run.results?.policies).toEqual([
      {
        group: 'pgrp-1',
        policy: 'pol-1-old',
        result: 'failed',
        messages: ['db.one is too small'],
      },
      { group: 'pgrp-1', policy: 'pol-1-new', result: 'passed', messages: [] },
      { group: 'pgrp-2', policy: 'pol-2-never', result: 'passed', messages: [] },
    ])
    expect(run.console).toContain(
      [
        `Checking policies with OPA ${versionOf(path ?? '')}`,
        "Policy group 'the team's':",
        '  failed  old (soft-mandatory)',
        '            db.one is too small',
        '  passed  new (soft-mandatory)',
        "Policy group 'second':",
        '  passed  never (hard-mandatory)',
      ].join('\n'),
    )
    expect(run.markers.map((marker) => Object.values(marker).join(' '))).toEqual([
      'begin prepare',
      'end prepare 0',
      'begin policy',
      'end policy 0',
      'result 0',
    ])
  })

  it('shows policies the run', async () => {
    const rego = 'package terraform\ndeny contains input.tfrun.workspace.name if true\n'
    const { found } = await checkOne(rego, { run: { workspace: { name: 'network' } } })
    expect(found).toMatchObject({ result: 'failed', messages: ['network'] })
  })

  it.each([
    ['a string', 'deny := "no" if true', ['no']],
    ['a list', 'deny := ["a", "b"]', ['a', 'b']],
    ['true', 'deny if true', ['denied']],
    ['an object', 'deny[k] := v if some k, v in {"x": "why"}', ['why']],
    ['structured reasons', 'deny contains {"code": 7} if true', ['{"code":7}']],
    ['an empty text', 'deny contains "" if true', ['']],
  ])('fails for %s', async (_what, rule, messages) => {
    const { found } = await checkOne(`package terraform\n${rule}\n`)
    expect(found).toMatchObject({ result: 'failed', messages })
  })

  it.each([
    ['undefined', 'deny if input.nothing'],
    ['false', 'deny := false'],
    ['an empty set', 'deny := set()'],
    ['no text', 'deny := ""\ndefault x := 1'],
  ])('takes %s for what it is', async (what, rule) => {
    const { found } = await checkOne(`package terraform\n${rule}\n`)
    expect(found?.result).toBe(what === 'no text' ? 'failed' : 'passed')
  })

  it.each([
    ['another package', 'package other\ndeny contains "x" if true\n'],
    ['a misspelled rule', 'package terraform\ndney contains "x" if true\n'],
  ])('is an error, and no pass, for %s', async (_what, rego) => {
    const { found, exitCode } = await checkOne(rego)
    expect(exitCode).toBe(0)
    expect(found).toMatchObject({
      result: 'error',
      messages: [expect.stringContaining("no rule 'deny' in a package 'terraform'")],
    })
  })

  it.each([
    [
      'of v1',
      'package terraform\n\ndeny contains "x" if {\n  input.x ==\n}\n',
      'one.rego:5: rego_parse_error',
    ],
    ['of v0', 'package terraform\n\ndeny["x"] {\n  input.x == }\n', 'one.rego:4: rego_parse_error'],
    [
      'of names',
      'package terraform\n\ndeny contains "x" if nothing_such(1)\n',
      'one.rego:3: rego_type_error',
    ],
  ])('names file and line of an error %s, and checks the others', async (_what, rego, where) => {
    const run = await check({ groups: [{ policies: { one: rego, two: v1 } }] })
    expect(run.results?.policies).toMatchObject([
      { result: 'error', messages: [expect.stringContaining(where)] },
      { result: 'passed' },
    ])
    expect(run.console).toContain(where)
  })

  it('lets policies share functions and data of a folder, but not its tests', async () => {
    const { found } = await check({
      groups: [
        {
          commonFunctions: 'lib',
          files: {
            'lib/limits.rego': 'package limits\nsmall(x) if x < data.numbers.limit\n',
            'lib/data.json': '{"numbers": {"limit": 5}}',
            'lib/limits_test.rego': 'this is no Rego',
          },
          policies: {
            one: 'package terraform\nimport data.limits\ndeny contains "small" if limits.small(input.tfplan.resource_changes[0].change.after.size)\n',
          },
        },
      ],
    }).then((run) => ({ found: run.results?.policies[0] }))
    expect(found).toMatchObject({ result: 'failed', messages: ['small'] })
  })

  it('I12: takes values that the plan calls sensitive out of console and results', async () => {
    const run = await checkOne(`package terraform
deny contains sprintf("all: %v", [input.tfplan.resource_changes]) if true
deny contains sprintf("variable: %v", [input.tfplan.variables.password.value]) if true
`)
    expect(run.found?.messages).toHaveLength(2)
    const shown = `${run.console}${JSON.stringify(run.results)}`
    expect(shown).toContain('variable: ***************')
    expect(shown).toContain('db.one')
    expect(shown).not.toContain('CANARY')
    expect(shown).not.toContain('4711471147')
  })

  it('gives policies no network and no environment', async () => {
    const server = createServer((_request, response) => response.end('{"reached": true}')).listen(
      0,
      '127.0.0.1',
    )
    await once(server, 'listening')
    try {
      const { port } = server.address() as AddressInfo
      const rego = `package terraform
deny contains "reached" if http.send({"method": "get", "url": "http://127.0.0.1:${port}"}).status_code == 200
`
      const closed = await checkOne(rego)
      expect(closed.found).toMatchObject({
        result: 'error',
        messages: ['one.rego:2: rego_type_error: undefined function http.send'],
      })
      const open = await checkOne(rego, { allowNetwork: true })
      expect(open.found).toMatchObject({ result: 'failed', messages: ['reached'] })
    } finally {
      server.close()
    }
    const environment = await checkOne(
      'package terraform\ndeny contains opa.runtime().env.SECRET if true\n',
      { env: { SECRET: 'CANARY' }, allowNetwork: true },
    )
    expect(environment.found?.result).toBe('error')
    expect(environment.console).not.toContain('CANARY')
  })

  it('refuses a missing opa, and another version than the group wants', async () => {
    const missing = await checkOne(v1, { opa: { kind: 'lookup', version: null } })
    expect(missing).toMatchObject({ exitCode: 127, results: undefined })
    expect(missing.console).toContain('opa was not found in PATH')
    const gone = await checkOne(v1, { opa: { kind: 'path', path: '/nowhere/opa' } })
    expect(gone).toMatchObject({ exitCode: 127, results: undefined })
    const other = await checkOne(v1, {
      opa: { kind: 'lookup', version: '0.1.0' },
      env: { PATH: `/usr/bin:/bin:${(path ?? '').replace(/\/opa$/u, '')}` },
    })
    expect(other).toMatchObject({ exitCode: 127, results: undefined })
    expect(other.console).toContain('the policy group wants opa 0.1.0')
  })

  it.each(shells)(
    'fails, and says nothing of a policy, when opa is killed, in $name',
    async (inShell) => {
      const directory = await mkdtemp(join(tmpdir(), 'dying-opa-'))
      try {
        const dying = join(directory, 'opa')
        const script = `#!/bin/sh
for last do :; done
[ "$last" != data.scalr_agent_check.result ] || kill -KILL $$
exec '${path ?? ''}' "$@"
`
        await writeFile(dying, script, { mode: 0o755 })
        const run = await checkOne(v1, { shell: inShell, opa: { kind: 'path', path: dying } })
        expect(run).toMatchObject({ exitCode: 137, results: undefined })
        expect(run.console).toContain('opa was ended by signal 9 while it checked one.rego')
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    },
  )

  it.each(shells)('ends when it is interrupted, without results, in $name', async (inShell) => {
    const endless = `package terraform
deny contains "x" if {
  some a in numbers.range(1, 100000)
  some b in numbers.range(1, 100000)
  a + b < 0
}
`
    const run = await check({
      shell: inShell,
      groups: [{ policies: { first: never, second: endless, third: never } }],
      interruptAt: 'first',
    })
    expect(run.exitCode).not.toBe(0)
    expect(run.results).toBeUndefined()
    expect(run.console).not.toContain('third')
  })
})
