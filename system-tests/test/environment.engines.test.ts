import { randomBytes } from 'node:crypto'

import type { Run, ScalrClient } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { archiveOf } from './support/archive.ts'
import { Daemon } from './support/daemon.ts'
import { hooksOf, linkRegistryHook } from './support/hooks.ts'
import { Platform } from './support/platform.ts'
import { realTools } from './support/tools.ts'

type RunOptions = Omit<Parameters<ScalrClient['runs']['create']>[0], 'workspaceId'>

/** What Scalr promises about a run; each is there for the configuration too, as `TF_VAR_…`. */
const facts = [
  'SCALR_ACCOUNT_ID',
  'SCALR_ENVIRONMENT_ID',
  'SCALR_ENVIRONMENT_NAME',
  'SCALR_HOSTNAME',
  'SCALR_IAC_PLATFORM',
  'SCALR_RUN_CONTENT_ROOT',
  'SCALR_RUN_ID',
  'SCALR_RUN_IS_DESTROY',
  'SCALR_RUN_MODE',
  'SCALR_RUN_PHASE',
  'SCALR_RUN_SOURCE',
  'SCALR_RUN_VCS_BRANCH',
  'SCALR_RUN_VCS_COMMIT',
  'SCALR_WORKSPACE_ID',
  'SCALR_WORKSPACE_NAME',
]

/** Everything that a hook and the tool have in their environment, and nothing else. */
const everything = [
  ...facts,
  ...facts.map((name) => `TF_VAR_${name}`),
  'SCALR_AGENT_ENV',
  'SCALR_TERRAFORM_OPERATION',
  'SCALR_TOKEN',
  'CHECKPOINT_DISABLE',
  'GIT_TERMINAL_PROMPT',
  'HOME',
  'PATH',
  'TMPDIR',
  // Where the state is.
  'TF_HTTP_ADDRESS',
  'TF_HTTP_LOCK_ADDRESS',
  'TF_HTTP_LOCK_METHOD',
  'TF_HTTP_PASSWORD',
  'TF_HTTP_RETRY_MAX',
  'TF_HTTP_RETRY_WAIT_MAX',
  'TF_HTTP_RETRY_WAIT_MIN',
  'TF_HTTP_UNLOCK_ADDRESS',
  'TF_HTTP_UNLOCK_METHOD',
  'TF_HTTP_UPDATE_METHOD',
  'TF_HTTP_USERNAME',
  'TF_INPUT',
  'TF_IN_AUTOMATION',
].toSorted()

/** Every shell has these, whoever starts it. */
const ofShells = new Set(['PWD', 'OLDPWD', 'SHLVL', '_'])

/** Prints the whole environment of who runs it, told apart from what others print. */
const printing = (who: string): string => `env | sed 's/^/${who}> /'`

/** What was printed by {@link printing}. */
function printed(log: string | undefined, who: string): ReadonlyMap<string, string> {
  const lines = (log ?? '').matchAll(new RegExp(`\\b${who}> (\\w+)=(.*)$`, 'gmu'))
  return new Map([...lines].map(([, name = '', value = '']) => [name, value]))
}

function namesOf(environment: ReadonlyMap<string, string>): readonly string[] {
  return [...environment.keys()].filter((name) => !ofShells.has(name)).toSorted()
}

const configuration = {
  'main.tf': `
${facts.map((name) => `variable "${name}" {}`).join('\n')}

resource "terraform_data" "one" {
  provisioner "local-exec" {
    command = "${printing('tool')}"
  }
}

output "facts" {
  value = {
${facts.map((name) => `    ${name} = var.${name}`).join('\n')}
  }
}
`,
}

const hooks = hooksOf({
  preInit: printing('pre-init'),
  prePlan: printing('pre-plan'),
  postPlan: printing('post-plan'),
  preApply: printing('pre-apply'),
  postApply: printing('post-apply'),
})

const canary = `canary-${randomBytes(9).toString('hex')}`

/** In the environment of the agent; some of them would change what tools and shells do. */
const planted = {
  AWS_SECRET_ACCESS_KEY: canary,
  GITHUB_TOKEN: canary,
  KUBECONFIG: `/${canary}`,
  LD_CANARY: canary,
  ENV: `/${canary}`,
  PS4: canary,
  SCALR_TOKEN_CANARY: canary,
  SCALR_WORKSPACE_NAME: canary,
  TF_CLI_ARGS_plan: `-${canary}`,
  TF_CLI_CONFIG_FILE: `/${canary}`,
  TF_DATA_DIR: canary,
  TF_HTTP_PASSWORD: canary,
  TF_LOG: 'TRACE',
  TF_VAR_SCALR_RUN_ID: canary,
  TF_WORKSPACE: canary,
  'BASH_FUNC_echo%%': `() { printf ${canary}; }`,
}

describe.each(realTools())('the environment of a run with real $iac', (tool) => {
  const { iac } = tool
  let platform: Platform
  let daemon: Daemon

  beforeAll(async () => {
    platform = await Platform.start()
    daemon = await Daemon.start(platform, { tool, env: planted })
    await daemon.ready()
  })

  afterAll(async () => {
    await daemon[Symbol.asyncDispose]()
    await platform[Symbol.asyncDispose]()
  })

  async function planOf(run: RunOptions): Promise<ReadonlyMap<string, string>> {
    const workspace = await platform.workspace({ iac, files: configuration, hooks })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id, ...run })
    const ended = await platform.untilStatus(id, 'planned', 'planned_and_finished')
    return printed(await platform.client.plans.output(ended.planId ?? ''), 'post-plan')
  }

  it('holds what Scalr promises, the way to the state, and nothing of the agent’s own', async () => {
    const { client } = platform
    const workspace = await platform.workspace({
      iac,
      files: configuration,
      hooks,
      autoApply: true,
    })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'applied')
    const plan = await client.plans.output(run.planId ?? '')
    const apply = await client.applies.output(run.applyId ?? '')
    expect(`${plan}${apply}`).not.toContain(canary)
    expect(namesOf(printed(plan, 'pre-init'))).toEqual(everything)
    expect(namesOf(printed(plan, 'pre-plan'))).toEqual(everything)
    expect(namesOf(printed(apply, 'pre-apply'))).toEqual(everything)
    expect(namesOf(printed(apply, 'tool'))).toEqual(everything)
    const afterwards = [...everything, 'SCALR_TERRAFORM_EXIT_CODE'].toSorted()
    expect(namesOf(printed(plan, 'post-plan'))).toEqual(afterwards)
    expect(namesOf(printed(apply, 'post-apply'))).toEqual(afterwards)

    const environment = await client.environments.get(workspace.environmentId)
    const expected = {
      SCALR_ACCOUNT_ID: environment.accountId,
      SCALR_ENVIRONMENT_ID: environment.id,
      SCALR_ENVIRONMENT_NAME: environment.name,
      SCALR_HOSTNAME: new URL(platform.url).host,
      SCALR_IAC_PLATFORM: iac,
      SCALR_RUN_ID: id,
      SCALR_RUN_IS_DESTROY: '0',
      SCALR_RUN_MODE: 'apply',
      SCALR_RUN_PHASE: 'plan',
      SCALR_RUN_SOURCE: 'api',
      SCALR_RUN_VCS_BRANCH: '',
      SCALR_RUN_VCS_COMMIT: '',
      SCALR_WORKSPACE_ID: workspace.id,
      SCALR_WORKSPACE_NAME: workspace.name,
    }
    const inPlan = Object.fromEntries(printed(plan, 'pre-plan'))
    expect(inPlan).toMatchObject({ ...expected, SCALR_TERRAFORM_OPERATION: 'plan' })
    expect(Object.fromEntries(printed(plan, 'pre-init'))).toMatchObject({
      ...expected,
      SCALR_TERRAFORM_OPERATION: 'init',
    })
    expect(Object.fromEntries(printed(apply, 'post-apply'))).toMatchObject({
      ...expected,
      SCALR_RUN_PHASE: 'apply',
      SCALR_TERRAFORM_OPERATION: 'apply',
      SCALR_TERRAFORM_EXIT_CODE: '0',
    })
    // The configuration knows them as variables, as they were in the plan.
    const [output] = await client.workspaces.outputs(workspace.id)
    expect(output?.value).toEqual({
      ...expected,
      SCALR_RUN_CONTENT_ROOT: inPlan['SCALR_RUN_CONTENT_ROOT'],
    })
    // Plan and apply see the configuration in one place, and each has a home and a place for files.
    const inApply = Object.fromEntries(printed(apply, 'tool'))
    expect(inApply['SCALR_RUN_CONTENT_ROOT']).toBe(inPlan['SCALR_RUN_CONTENT_ROOT'])
    const { HOME = '', TMPDIR = '', SCALR_AGENT_ENV = '' } = inApply
    for (const path of [HOME, TMPDIR, SCALR_AGENT_ENV]) expect(path).toContain(daemon.dataDir)
    // Tokens are there, and nobody reads them in the log.
    expect(inPlan).toMatchObject({
      SCALR_TOKEN: expect.stringMatching(/^\*+$/u) as unknown,
      TF_HTTP_PASSWORD: expect.stringMatching(/^\*+$/u) as unknown,
    })
  })

  const modes: readonly (readonly [string, RunOptions, Record<string, string>])[] = [
    ['a destroy run', { isDestroy: true }, { SCALR_RUN_IS_DESTROY: '1', SCALR_RUN_MODE: 'apply' }],
    ['a dry run', { isDry: true }, { SCALR_RUN_IS_DESTROY: '0', SCALR_RUN_MODE: 'dry' }],
    ['a refresh-only run', { refreshOnly: true }, { SCALR_RUN_MODE: 'refresh' }],
    ['a run that skips the refresh', { refresh: false }, { SCALR_RUN_MODE: 'skip_refresh' }],
    ['a run of the CLI', { source: 'cli' }, { SCALR_RUN_SOURCE: 'cli' }],
    ['a scheduled run', { source: 'schedule' }, { SCALR_RUN_SOURCE: 'schedule' }],
    ['a run that another started', { source: 'run-trigger' }, { SCALR_RUN_SOURCE: 'run-trigger' }],
  ]
  it.each(modes)('tells of %s', async (_name, run, expected) => {
    expect(Object.fromEntries(await planOf(run))).toMatchObject(expected)
  })

  it('tells branch and commit of what is run', async () => {
    const { client } = platform
    const workspace = await platform.workspace({ iac, files: configuration, hooks })
    const commitSha = randomBytes(20).toString('hex')
    const version = await client.configurationVersions.create({
      workspaceId: workspace.id,
      agentVcsRevision: { branch: 'feature/ünïcode', commitSha },
    })
    await client.configurationVersions.upload(version, await archiveOf(configuration))
    const { id } = await client.runs.create({
      workspaceId: workspace.id,
      configurationVersionId: version.id,
    })
    const run: Run = await platform.untilStatus(id, 'planned')
    const log = await client.plans.output(run.planId ?? '')
    expect(Object.fromEntries(printed(log, 'pre-init'))).toMatchObject({
      SCALR_RUN_VCS_BRANCH: 'feature/ünïcode',
      SCALR_RUN_VCS_COMMIT: commitSha,
      TF_VAR_SCALR_RUN_VCS_COMMIT: commitSha,
    })
  })

  it('a hook of the registry knows where its files are, and no other hook does', async () => {
    const workspace = await platform.workspace({ iac, files: configuration, hooks })
    const hook = await linkRegistryHook(platform, workspace, {
      name: 'printing',
      interpreter: 'sh',
      scriptfilePath: 'hook.sh',
      files: { 'hook.sh': printing('registry') },
      events: ['pre-init'],
    })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const log = await platform.logs(await platform.untilStatus(id, 'planned'))
    const registry = printed(log, 'registry')
    expect(namesOf(registry)).toEqual([...everything, 'SCALR_HOOK_DIR'].toSorted())
    expect(registry.get('SCALR_HOOK_DIR')).toMatch(new RegExp(`/data/hook-${hook.id}$`, 'u'))
    expect(namesOf(printed(log, 'pre-init'))).toEqual(everything)
  })

  it('a workspace may name its own token and host for the Scalr provider, and no fact of the run', async () => {
    const workspace = await platform.workspace({
      iac,
      files: configuration,
      hooks,
      variables: [
        { key: 'SCALR_HOSTNAME', value: 'example.scalr.io', category: 'shell' },
        { key: 'SCALR_TOKEN', value: 'not-secret-here', category: 'shell' },
        { key: 'SCALR_RUN_ID', value: 'forged', category: 'shell' },
        { key: 'TF_HTTP_ADDRESS', value: 'http://forged', category: 'shell' },
      ],
    })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const log = await platform.logs(await platform.untilStatus(id, 'planned'))
    const environment = Object.fromEntries(printed(log, 'pre-init'))
    expect(environment).toMatchObject({
      SCALR_HOSTNAME: 'example.scalr.io',
      SCALR_TOKEN: 'not-secret-here',
      SCALR_RUN_ID: id,
    })
    expect(Object.values(environment).join('\n')).not.toContain('forged')
  })
})
