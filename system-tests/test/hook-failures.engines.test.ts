import { readdirSync, readFileSync } from 'node:fs'

import type { Run } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { oneResource } from './support/configurations.ts'
import { hooksDirectory, hooksOf, linkRegistryHook } from './support/hooks.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform, type WorkspaceOptions } from './support/platform.ts'
import { failureOf, phasesOf } from './support/reports.ts'
import { realTools } from './support/tools.ts'

const afterwards = 'echo "afterwards: exit=$SCALR_TERRAFORM_EXIT_CODE"'

const failingPlan = { 'main.tf': 'variable "asked" {}\n\noutput "it" { value = var.asked }\n' }

const failingApply = {
  'main.tf': `
resource "terraform_data" "good" {}

resource "terraform_data" "bad" {
  depends_on = [terraform_data.good]
  provisioner "local-exec" {
    command = "exit 3"
  }
}
`,
}

/** Whether a process with that argument is there. */
function isRunning(argument: string): boolean {
  return readdirSync('/proc').some((pid) => {
    if (!/^\d+$/u.test(pid)) return false
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(argument)
    } catch {
      return false
    }
  })
}

describe.each(realTools())('hooks and failures, with real $iac', (tool) => {
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

  async function errored(
    options: Omit<WorkspaceOptions, 'iac' | 'autoApply'>,
  ): Promise<{ readonly run: Run; readonly log: string; readonly workspaceId: string }> {
    const workspace = await platform.workspace({ iac, autoApply: true, ...options })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'errored')
    return { run, log: await platform.logs(run), workspaceId: workspace.id }
  }

  it('a failed plan still gets its post hook, which learns of it; the failure stays the plan’s', async () => {
    const hooks = hooksOf({ postPlan: afterwards })
    const { run, log } = await errored({ files: failingPlan, hooks })
    expect(log).toContain('afterwards: exit=1\nExit code: 0\n')
    expect(await failureOf(platform, run)).toMatchObject({ cause: 'exit-code', exitCode: 1 })
  })

  it('a failed apply still gets its post hook, which learns of it; the failure stays the apply’s', async () => {
    const hooks = hooksOf({ postApply: afterwards })
    const { run, log, workspaceId } = await errored({ files: failingApply, hooks })
    expect(log).toContain('afterwards: exit=1\nExit code: 0\n')
    expect(await failureOf(platform, run)).toMatchObject({ cause: 'exit-code', exitCode: 1 })
    const state = await platform.client.workspaces.currentStateVersion(workspaceId)
    const addresses = (state.resources ?? []).map((resource) => resource?.address)
    expect(addresses).toContain('terraform_data.good')
  })

  it('a post hook that fails after a failed plan does not hide why the plan failed', async () => {
    const hooks = hooksOf({ postPlan: 'exit 9' })
    const { run } = await errored({ files: failingPlan, hooks })
    expect(await failureOf(platform, run)).toMatchObject({ cause: 'exit-code', exitCode: 1 })
  })

  it('init that fails has no post-plan hook: there was no plan', async () => {
    const files = { 'main.tf': 'module "none" {\n  source = "./nowhere"\n}\n' }
    const { run, log } = await errored({ files, hooks: hooksOf({ postPlan: afterwards }) })
    expect(log).not.toContain('afterwards')
    expect(await failureOf(platform, run)).toMatchObject({ cause: 'init-failed' })
  })

  it.each([
    ['preInit', 'pre-init', ['prepare', 'pre-init']],
    ['prePlan', 'pre-plan', ['prepare', 'pre-init', 'init', 'pre-plan']],
  ] as const)('a failing %s hook ends the run before the plan', async (key, stage, ran) => {
    const hooks = hooksOf({ preInit: 'echo first', postPlan: afterwards, [key]: 'echo no; exit 7' })
    const { run, log } = await errored({ files: oneResource, hooks })
    expect(log).toContain(`Executing ${stage} hook...\n~$ echo no; exit 7\nno\nExit code: 7\n`)
    expect(log).not.toContain('will perform the following')
    expect(log).not.toContain('afterwards')
    expect(run.errorMessage).toBe(
      `Plan failed: the hook '${stage}' ended with exit code 7. The log above says why.`,
    )
    const report = await failureOf(platform, run)
    expect(report).toMatchObject({ cause: 'hook-failed', exitCode: 7 })
    expect(report.stages?.map((ended) => ended?.name)).toEqual(ran)
    expect(report.lastLines).toContain('Exit code: 7')
  })

  it('a failing pre-apply hook keeps the apply from being begun', async () => {
    const hooks = hooksOf({ preApply: 'exit 7', postApply: afterwards })
    const { run, log, workspaceId } = await errored({ files: oneResource, hooks })
    expect(log).not.toContain('Apply complete')
    expect(log).not.toContain('afterwards')
    expect(run.errorMessage).toMatch(
      /^Apply failed: the hook 'pre-apply' ended with exit code 7\./u,
    )
    const { plan, apply } = await phasesOf(platform, run)
    expect(plan).toMatchObject({ status: 'finished', resourceAdditions: 1 })
    expect(apply).toMatchObject({ status: 'errored', agentReport: { cause: 'hook-failed' } })
    await expect(platform.client.workspaces.currentStateVersion(workspaceId)).rejects.toMatchObject(
      {
        status: 404,
      },
    )
  })

  it('a failing post-plan hook fails the run, which keeps what was planned and is not applied', async () => {
    const hooks = hooksOf({ postPlan: 'exit 7' })
    const { run } = await errored({ files: oneResource, hooks })
    const { plan, apply } = await phasesOf(platform, run)
    expect(run.hasChanges).toBe(true)
    expect(plan).toMatchObject({
      status: 'errored',
      resourceAdditions: 1,
      agentReport: { cause: 'hook-failed', exitCode: 7 },
    })
    expect(apply.status).toBe('unreachable')
    expect(run.errorMessage).toContain('The plan itself succeeded.')
  })

  it('a failing post-apply hook fails the run; what was applied stays, with its counts and its state', async () => {
    const hooks = hooksOf({ postApply: 'echo told nobody >&2; exit 7' })
    const { run, log, workspaceId } = await errored({ files: oneResource, hooks })
    expect(log).toMatch(/Apply complete! Resources: 1 added/u)
    expect(run.errorMessage).toBe(
      "Apply failed: the hook 'post-apply' ended with exit code 7. The log above says why. The apply itself succeeded.",
    )
    const { apply } = await phasesOf(platform, run)
    expect(apply).toMatchObject({
      status: 'errored',
      resourceAdditions: 1,
      resourceChanges: 0,
      resourceDestructions: 0,
      agentReport: { result: 'failed', cause: 'hook-failed', exitCode: 7 },
    })
    expect(apply.agentReport?.lastLines).toContain('told nobody')
    const { client } = platform
    expect(await client.workspaces.outputs(workspaceId)).toContainEqual(
      expect.objectContaining({ name: 'text', value: 'hello' }),
    )
    // The next run finds nothing to do: what was applied is known.
    const next = await client.runs.create({ workspaceId })
    await platform.untilStatus(next.id, 'planned_and_finished')
  })

  it('the first hook of a stage that fails is its last', async () => {
    const own = await Platform.start()
    await using _own = own
    const hooksDir = await hooksDirectory(own, { 'pre-plan': '#!/bin/sh\nexit 6\n' })
    await using _agent = await LocalAgent.start(own, tool, { hooksDir })
    const hooks = hooksOf({ prePlan: 'echo workspace' })
    const workspace = await own.workspace({ iac, files: oneResource, hooks })
    await linkRegistryHook(own, workspace, {
      name: 'registry',
      interpreter: 'sh',
      scriptfilePath: 'hook.sh',
      files: { 'hook.sh': 'echo registry' },
      events: ['pre-plan'],
    })
    const { id } = await own.client.runs.create({ workspaceId: workspace.id })
    const run = await own.untilStatus(id, 'errored')
    expect((await own.logs(run)).match(/Executing pre-plan hook/gu)).toHaveLength(1)
    expect(await failureOf(own, run)).toMatchObject({ cause: 'hook-failed', exitCode: 6 })
  })

  it('a hook of the registry whose interpreter is missing says so', async () => {
    await using own = await Platform.start()
    await using _agent = await LocalAgent.start(own, tool)
    const workspace = await own.workspace({ iac, files: oneResource })
    await linkRegistryHook(own, workspace, {
      name: 'strange',
      interpreter: 'no-such-interpreter',
      scriptfilePath: 'hook.sh',
      files: { 'hook.sh': '' },
      events: ['pre-init'],
    })
    const { id } = await own.client.runs.create({ workspaceId: workspace.id })
    const run = await own.untilStatus(id, 'errored')
    expect(await own.logs(run)).toContain(
      'Error: the pre-init hook needs no-such-interpreter, which was not found. Install it where the job runs.',
    )
    expect(await failureOf(own, run)).toMatchObject({ cause: 'hook-failed', exitCode: 127 })
  })

  describe('of the agent’s hooks directory', () => {
    async function runWith(
      files: Parameters<typeof hooksDirectory>[1],
      status: 'planned' | 'errored',
    ): Promise<{ readonly run: Run; readonly log: string; readonly directory: string }> {
      const pool = await platform.addPool(`pool-${Math.random()}`)
      const directory = await hooksDirectory(platform, files)
      await using _agent = await LocalAgent.start(platform, tool, {
        hooksDir: directory,
        token: pool.token,
        name: pool.id,
      })
      const workspace = await platform.workspace({ iac, files: oneResource, poolId: pool.id })
      const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
      const run = await platform.untilStatus(id, status)
      return { run, log: await platform.logs(run), directory }
    }

    it('a file that is not executable ends the run with one line, before anything was run', async () => {
      const file = { content: '#!/bin/sh\necho never\n', mode: 0o644 }
      const { run, log, directory } = await runWith({ 'post-plan': file }, 'errored')
      const line = `Cannot run the post-plan hook of the agent '${directory}/post-plan': the file is not executable. Make it so with \`chmod +x\`.`
      expect(run.errorMessage).toBe(line)
      expect(log.trim()).toBe(line)
      expect(await failureOf(platform, run)).toMatchObject({ cause: 'preparation', message: line })
    })

    it('a file with CR LF ends the run with one line', async () => {
      const { run, log } = await runWith({ 'pre-plan': '#!/bin/sh\r\necho never\r\n' }, 'errored')
      expect(run.errorMessage).toMatch(
        /its lines end with CR LF.* Save it with LF line endings\.$/u,
      )
      expect(log.trim()).toBe(run.errorMessage)
      expect(await failureOf(platform, run)).toMatchObject({ cause: 'preparation' })
    })

    it('a file without a newline at its end runs whole', async () => {
      const { log } = await runWith({ 'pre-plan': '#!/bin/sh\necho begun\necho ended' }, 'planned')
      expect(log).toContain('begun\nended\nExit code: 0\n')
    })

    it('files with other names are no hooks', async () => {
      const script = '#!/bin/sh\necho never\n'
      const files = { 'pre-plan.sh': script, 'Pre-Plan': script, 'pre-plan~': script }
      expect((await runWith(files, 'planned')).log).not.toContain('never')
    })
  })

  it('ten megabytes without a newline arrive whole, and disturb nothing behind them', async () => {
    const bytes = 10 * 1024 ** 2
    const command = `head -c ${bytes} /dev/zero | tr '\\0' x`
    const hooks = hooksOf({ preInit: command, postPlan: 'echo afterwards' })
    const workspace = await platform.workspace({ iac, files: oneResource, hooks })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'planned')
    const log = await platform.logs(run)
    const [, noise = ''] = /^~\$ head [^\n]*\n(x+)/mu.exec(log) ?? []
    expect(noise).toHaveLength(bytes)
    expect(log.slice(log.indexOf(noise) + bytes)).toMatch(/^\n?Exit code: 0\n/u)
    expect(log).toContain('afterwards\nExit code: 0\n')
    const { plan } = await phasesOf(platform, run)
    expect(plan).toMatchObject({
      resourceAdditions: 1,
      agentReport: {
        result: 'succeeded',
        log: { bytes: Buffer.byteLength(log), missingBytes: 0 },
      },
    })
  })

  it('a soft cancel interrupts a hook that blocks, with all that it started', async () => {
    const { client } = platform
    const seconds = `${Math.floor(Math.random() * 1e9) + 1000}`
    const hooks = hooksOf({
      prePlan: `echo blocking; sleep ${seconds}; echo never`,
      postPlan: afterwards,
    })
    const workspace = await platform.workspace({ iac, files: oneResource, hooks })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const { planId } = await platform.untilStatus(id, 'planning')
    await platform.untilPlanLog(planId, 'blocking\n')
    expect(isRunning(seconds)).toBe(true)
    await client.runs.cancel(id)
    const run = await platform.untilStatus(id, 'canceled')
    expect(await failureOf(platform, run)).toMatchObject({
      result: 'canceled',
      cause: 'canceled',
      interrupts: { soft: 1, hard: 0, kill: 0 },
    })
    const log = await platform.logs(run)
    expect(log).not.toContain('\nnever')
    expect(log).not.toContain('afterwards')
    await expect.poll(() => isRunning(seconds)).toBe(false)
  })
})
