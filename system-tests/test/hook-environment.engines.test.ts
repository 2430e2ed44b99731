import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { oneResource } from './support/configurations.ts'
import { hooksDirectory, hooksOf, linkRegistryHook } from './support/hooks.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'
import { failureOf } from './support/reports.ts'
import { realTools } from './support/tools.ts'

const outputs = {
  'main.tf': `
variable "passed" { type = string }
variable "lines" { type = string }

output "passed" { value = var.passed }
output "lines" { value = var.lines }
`,
}

/** Two lines, each with something that a shell would take apart. */
const lines = 'first "quoted" $HOME `date`\n  second = \'kept\' \\n'

describe.each(realTools())('SCALR_AGENT_ENV, with real $iac', (tool) => {
  const { iac } = tool
  let platform: Platform
  let agent: LocalAgent

  beforeAll(async () => {
    platform = await Platform.start()
    agent = await LocalAgent.start(platform, tool)
  })

  afterAll(async () => {
    await agent[Symbol.asyncDispose]()
    await platform[Symbol.asyncDispose]()
  })

  it('what a hook writes there, later hooks and the tool have, in plan and apply', async () => {
    const show = 'printf "[%s]\\n" "$TF_VAR_passed" "$TF_VAR_lines" "$PLAIN"'
    const workspace = await platform.workspace({
      iac,
      files: outputs,
      autoApply: true,
      hooks: hooksOf({
        preInit: `printf 'TF_VAR_passed=a = "b"\\nTF_VAR_lines<<END\\n%s\\nEND\\nPLAIN=1\\n' "$TEXT" >"$SCALR_AGENT_ENV"`,
        prePlan: `${show}; echo PLAIN=2 >>"$SCALR_AGENT_ENV"`,
        postPlan: show,
        postApply: show,
      }),
      variables: [{ key: 'TEXT', value: lines, category: 'shell' }],
    })
    const { client } = platform
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'applied')
    const shown = (plain: string): string => `[a = "b"]\n[${lines}]\n[${plain}]\nExit code: 0\n`
    const plan = await client.plans.output(run.planId ?? '')
    expect(plan).toContain(shown('1'))
    expect(plan).toContain(shown('2'))
    // An apply is a job of its own: it has what its own hooks pass on.
    expect(await client.applies.output(run.applyId ?? '')).toContain(shown('1'))
    const values = await client.workspaces.outputs(workspace.id)
    expect(Object.fromEntries(values.map(({ name, value }) => [name, value]))).toEqual({
      passed: 'a = "b"',
      lines,
    })
  })

  it('goes from the agent’s hook to the registry’s and the workspace’s of the same stage', async () => {
    await using own = await Platform.start()
    const hooksDir = await hooksDirectory(own, {
      'pre-plan': '#!/bin/sh\necho "FROM=agent" >"$SCALR_AGENT_ENV"\n',
    })
    await using _agent = await LocalAgent.start(own, tool, { hooksDir })
    const hooks = hooksOf({ prePlan: 'echo "workspace has $FROM"' })
    const workspace = await own.workspace({ iac, files: oneResource, hooks })
    await linkRegistryHook(own, workspace, {
      name: 'registry',
      interpreter: 'sh',
      scriptfilePath: 'hook.sh',
      files: { 'hook.sh': 'echo "registry has $FROM"; echo FROM=registry >>"$SCALR_AGENT_ENV"' },
      events: ['pre-plan'],
    })
    const { id } = await own.client.runs.create({ workspaceId: workspace.id })
    const log = await own.logs(await own.untilStatus(id, 'planned'))
    expect(log).toContain('registry has agent')
    expect(log).toContain('workspace has registry')
  })

  it('a line may end with CR LF, and the last one with nothing', async () => {
    const hooks = hooksOf({
      preInit: `printf 'ONE=1\\r\\nMANY<<END\\r\\na\\r\\nb\\r\\nEND\\r\\nTWO=2' >"$SCALR_AGENT_ENV"`,
      prePlan: `printf '[%s]' "$ONE" "$MANY" "$TWO" | od -An -c | tr -d ' \\n'`,
    })
    const workspace = await platform.workspace({ iac, files: oneResource, hooks })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const log = await platform.logs(await platform.untilStatus(id, 'planned'))
    expect(log).toContain('[1][a\\nb][2]')
  })

  const refused = (what: string): string =>
    `Error: the pre-init hook wrote to SCALR_AGENT_ENV what cannot be used: ${what}.`
  it.each([
    ['no assignment', 'hunter2 no assignment', 'line 1 is neither KEY=value nor KEY<<END'],
    [
      'a name that is no identifier',
      'GOOD=1\nmy-name=hunter2',
      "line 2 does not begin with the name of a variable (letters, digits and '_', no digit first)",
    ],
    [
      'a name that begins with a digit',
      '1st=hunter2',
      "line 1 does not begin with the name of a variable (letters, digits and '_', no digit first)",
    ],
    [
      'a fact of the run',
      'SCALR_RUN_ID=hunter2',
      'line 1 sets SCALR_RUN_ID, which may not be changed',
    ],
    [
      'the address of the state',
      'TF_HTTP_ADDRESS=http://hunter2',
      'line 1 sets TF_HTTP_ADDRESS, which may not be changed',
    ],
    [
      'a value without its end',
      'LONG<<END\nhunter2',
      'the value of LONG has no end: the line that ends it never comes',
    ],
  ])('%s ends the run with one line, without the value', async (_name, content, what) => {
    const workspace = await platform.workspace({
      iac,
      files: oneResource,
      hooks: hooksOf({ preInit: 'printf "%s\\n" "$CONTENT" >"$SCALR_AGENT_ENV"' }),
      variables: [{ key: 'CONTENT', value: content, category: 'shell' }],
    })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'errored')
    const log = await platform.logs(run)
    expect(log).toContain(`Exit code: 0\n${refused(what)}\n`)
    expect(log).not.toContain('hunter2')
    expect(await failureOf(platform, run)).toMatchObject({ cause: 'hook-failed', exitCode: 65 })
  })
})
