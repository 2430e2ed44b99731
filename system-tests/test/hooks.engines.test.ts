import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { archiveOf } from './support/archive.ts'
import { oneResource } from './support/configurations.ts'
import { hooksDirectory, hooksOf, linkRegistryHook } from './support/hooks.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'
import { realTools } from './support/tools.ts'

const stages = ['pre-init', 'pre-plan', 'post-plan', 'pre-apply', 'post-apply'] as const

/** What each hook tells: its level, and what it learns about where it is. */
const says = (level: string): string =>
  `echo "${level}: operation=$SCALR_TERRAFORM_OPERATION exit=\${SCALR_TERRAFORM_EXIT_CODE-none} in=\${PWD#"$SCALR_RUN_CONTENT_ROOT"}"`

/** Lines that hooks make, and those around them. */
function hookLines(log: string | undefined): readonly string[] {
  return (log ?? '')
    .split('\n')
    .filter((line) => /^(?:Executing |~\$ |Exit code: |(?:agent|registry|workspace): )/u.test(line))
}

describe.each(realTools())('hooks around a run of real $iac', (tool) => {
  const { iac } = tool

  it('run at five stages: the agent’s first, then the registry’s, then the workspace’s', async () => {
    await using platform = await Platform.start()
    const hooksDir = await hooksDirectory(
      platform,
      Object.fromEntries(stages.map((stage) => [stage, `#!/bin/sh\n${says('agent')}\n`])),
    )
    await using _agent = await LocalAgent.start(platform, tool, { hooksDir })
    const { client } = platform
    const command = says('workspace')
    const workspace = await platform.workspace({
      iac,
      files: { 'live/main.tf': oneResource['main.tf'] },
      attributes: { workingDirectory: 'live' },
      hooks: hooksOf({
        preInit: command,
        prePlan: command,
        postPlan: command,
        preApply: command,
        postApply: command,
      }),
      autoApply: true,
    })
    await linkRegistryHook(platform, workspace, {
      name: 'checks',
      interpreter: 'bash -eu',
      scriptfilePath: '/scripts/check.sh',
      files: {
        // `[[ ]]` is bash's own.
        'scripts/check.sh':
          'if [[ -n "$BASH_VERSION" ]]; then . "$SCALR_HOOK_DIR/words/say.sh"; fi\n',
        'words/say.sh': `${says('registry')}\n`,
      },
      events: [...stages],
    })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'applied')

    const around = (stage: string, operation: string, exit: string): readonly string[] =>
      [
        ['agent', `${hooksDir}/${stage}`],
        ['registry', 'bash -eu scripts/check.sh'],
        ['workspace', command],
      ].flatMap(([level, shown]) => [
        `Executing ${stage} hook...`,
        `~$ ${shown}`,
        `${level}: operation=${operation} exit=${exit} in=/live`,
        'Exit code: 0',
      ])
    expect(hookLines(await client.plans.output(run.planId ?? ''))).toEqual([
      ...around('pre-init', 'init', 'none'),
      ...around('pre-plan', 'plan', 'none'),
      ...around('post-plan', 'plan', '0'),
    ])
    expect(hookLines(await client.applies.output(run.applyId ?? ''))).toEqual([
      ...around('pre-init', 'init', 'none'),
      ...around('pre-apply', 'apply', 'none'),
      ...around('post-apply', 'apply', '0'),
    ])
    const plan = await client.plans.get(run.planId ?? '')
    expect(plan.agentReport?.stages?.map((stage) => stage?.name)).toEqual([
      'prepare',
      'pre-init',
      'init',
      'pre-plan',
      'plan',
      'show',
      'post-plan',
    ])
  })

  it('of the registry run with their own interpreter, in the order in which they were linked', async () => {
    await using platform = await Platform.start()
    await using _agent = await LocalAgent.start(platform, tool)
    const workspace = await platform.workspace({ iac, files: oneResource })
    for (const name of ['first', 'second']) {
      await linkRegistryHook(platform, workspace, {
        name,
        interpreter: 'awk -f',
        scriptfilePath: 'hook.awk',
        files: {
          'hook.awk':
            'BEGIN { getline line < (ENVIRON["SCALR_HOOK_DIR"] "/data.txt"); print "from", line }\n',
          'data.txt': name,
        },
        events: ['pre-plan'],
      })
    }
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const log = await platform.logs(await platform.untilStatus(id, 'planned'))
    expect(log.match(/^from .*$/gmu)).toEqual(['from first', 'from second'])
  })

  it('of the registry are fetched anew when they were uploaded anew', async () => {
    await using platform = await Platform.start()
    await using _agent = await LocalAgent.start(platform, tool)
    const { client } = platform
    const workspace = await platform.workspace({ iac, files: oneResource })
    const hook = await linkRegistryHook(platform, workspace, {
      name: 'changing',
      interpreter: 'sh',
      scriptfilePath: 'hook.sh',
      files: { 'hook.sh': 'echo "I am old"' },
      events: ['pre-init'],
    })
    const said = async (): Promise<string | undefined> => {
      const { id } = await client.runs.create({ workspaceId: workspace.id })
      const run = await platform.untilStatus(id, 'planned')
      await client.runs.discard(id)
      return (await platform.logs(run)).match(/^I am .*$/gmu)?.join()
    }
    expect(await said()).toBe('I am old')
    await client.hooks.upload(hook, await archiveOf({ 'hook.sh': 'echo "I am new"' }))
    expect(await said()).toBe('I am new')
  })

  describe('of a workspace', () => {
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

    async function logOf(command: string): Promise<string> {
      const hooks = hooksOf({ prePlan: command })
      const workspace = await platform.workspace({ iac, files: oneResource, hooks })
      const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
      return await platform.logs(await platform.untilStatus(id, 'planned'))
    }

    it.each([
      ['quotes', `echo "double 'single'" 'single "double"'`, `double 'single' single "double"`],
      ['backticks', 'echo `echo back; echo ticks`', 'back ticks'],
      ['$( )', 'echo "$(echo "nested $(echo deep)")"', 'nested deep'],
      ['&& and ||', 'true && echo and; false || echo or', 'and\nor'],
      ['groups', '{ echo one; (echo two); } | sort -r', 'two\none'],
      ['a trap', `trap 'echo trapped' EXIT; echo before`, 'before\ntrapped'],
      ['lines', 'for i in 1 2; do\n  echo "line $i"\ndone\n\n# a comment', 'line 1\nline 2'],
      ['$ and backslash', `printf '%s\\n' '$HOME \\ %s \\n'`, '$HOME \\ %s \\n'],
      ['unicode', 'echo "žluťoučký 🐎"', 'žluťoučký 🐎'],
      ['a here-document', 'cat <<END\n$((40 + 2)) "kept"\nEND', '42 "kept"'],
      ['a background child', 'echo child & wait', 'child'],
      ['standard error', 'echo told >&2', 'told'],
    ])('%s survive', async (_name, command, output) => {
      expect(await logOf(command)).toContain(
        `Executing pre-plan hook...\n~$ ${command}\n${output}\nExit code: 0\n`,
      )
    })

    it('reaches scripts beside the working directory', async () => {
      const workspace = await platform.workspace({
        iac,
        files: {
          'live/main.tf': oneResource['main.tf'],
          'scripts/say.sh': 'echo "from $(basename "$PWD")"',
        },
        attributes: { workingDirectory: 'live' },
        hooks: hooksOf({ preInit: 'sh ../scripts/say.sh' }),
      })
      const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
      expect(await platform.logs(await platform.untilStatus(id, 'planned'))).toContain('from live')
    })

    it('what it changes in the configuration, the tool sees', async () => {
      const command = `echo 'output "made" { value = "by a hook" }' >made.tf`
      const hooks = hooksOf({ preInit: command })
      const workspace = await platform.workspace({
        iac,
        files: oneResource,
        hooks,
        autoApply: true,
      })
      const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
      await platform.untilStatus(id, 'applied')
      const outputs = await platform.client.workspaces.outputs(workspace.id)
      expect(outputs).toContainEqual(expect.objectContaining({ value: 'by a hook' }))
    })
  })
})
