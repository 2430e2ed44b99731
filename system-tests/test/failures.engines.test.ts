import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { Run } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { oneResource, slowApply } from './support/configurations.ts'
import { hooksOf } from './support/hooks.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform, type WorkspaceOptions } from './support/platform.ts'
import { failureOf } from './support/reports.ts'
import { mountSmallDisk } from './support/small-disk.ts'
import { realTools, type Tool } from './support/tools.ts'

const exec = promisify(execFile)

/** What Terraform tells the backend of a lock. */
function lockInfo() {
  return {
    ID: randomUUID(),
    Operation: 'OperationTypeApply',
    Info: '',
    Who: 'jane@laptop',
    Version: '1.11.4',
    Created: new Date().toISOString(),
    Path: '',
  }
}

/** A person's own tool takes the lock of a state. */
async function lock(platform: Platform, workspaceId: string) {
  const info = lockInfo()
  const answer = await fetch(`${platform.url}/api/agent/v1/state/${workspaceId}`, {
    method: 'LOCK',
    headers: {
      authorization: `Basic ${Buffer.from(`user:${platform.ownerToken}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(info),
  })
  if (!answer.ok) throw new Error(`Cannot lock: ${answer.status} ${await answer.text()}`)
  return info
}

/** Follows what `docs/control-plane-api.md` says. */
async function forceUnlock(
  platform: Platform,
  workspaceId: string,
  tool: Tool,
  lockId: string,
): Promise<void> {
  const cwd = await mkdtemp(join(platform.directory, 'unlock-'))
  await writeFile(join(cwd, 'backend.tf'), 'terraform {\n  backend "http" {}\n}\n')
  const address = `${platform.url}/api/agent/v1/state/${workspaceId}`
  const env = {
    PATH: process.env['PATH'],
    HOME: cwd,
    CHECKPOINT_DISABLE: '1',
    TF_HTTP_ADDRESS: address,
    TF_HTTP_LOCK_ADDRESS: address,
    TF_HTTP_UNLOCK_ADDRESS: address,
    TF_HTTP_LOCK_METHOD: 'LOCK',
    TF_HTTP_UNLOCK_METHOD: 'UNLOCK',
    TF_HTTP_USERNAME: 'user',
    TF_HTTP_PASSWORD: platform.ownerToken,
  }
  await exec(tool.path, ['init', '-input=false'], { cwd, env })
  await exec(tool.path, ['force-unlock', '-force', lockId], { cwd, env })
}

describe.each(realTools())('a run that fails says why, with real $iac', (tool) => {
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

  async function errored(at: Platform, options: Omit<WorkspaceOptions, 'iac'>): Promise<Run> {
    const workspace = await at.workspace({ iac, ...options })
    const { id } = await at.client.runs.create({ workspaceId: workspace.id })
    return await at.untilStatus(id, 'errored')
  }

  it('init-failed: a provider that is nowhere', async () => {
    const files = {
      'main.tf': `terraform {
  required_providers {
    none = { source = "localhost:1/nobody/none" }
  }
}
`,
    }
    const run = await errored(platform, { files })
    const report = await failureOf(platform, run)
    expect(report).toMatchObject({ result: 'failed', cause: 'init-failed', exitCode: 1 })
    expect(report.message).toMatch(
      /^Plan failed: init ended with exit code 1: .+\. Check the providers/u,
    )
    expect(report.evidence).toMatch(/^Error: [^]*localhost:1\/nobody\/none/u)
    expect(report.lastLines).toContain('localhost:1')
    expect(run.errorMessage).toBe(report.message)
  })

  it('init-failed: a configuration that is not valid', async () => {
    const files = {
      'main.tf': 'output "one" {\n  value = 1\n}\n\noutput "one" {\n  value = 2\n}\n',
    }
    const report = await failureOf(platform, await errored(platform, { files }))
    expect(report).toMatchObject({ cause: 'init-failed', exitCode: 1 })
    expect(report.message).toContain('Duplicate output definition')
  })

  it('init-failed: a module that is not there', async () => {
    const files = { 'main.tf': 'module "none" {\n  source = "./nowhere"\n}\n' }
    const report = await failureOf(platform, await errored(platform, { files }))
    expect(report).toMatchObject({ cause: 'init-failed', exitCode: 1 })
    expect(report.evidence).toContain('nowhere')
  })

  it('exit-code: what the tool says of a resource', async () => {
    const files = {
      'main.tf':
        'variable "one" { default = 1 }\nresource "terraform_data" "one" {\n  lifecycle {\n    precondition {\n      condition     = var.one == 2\n      error_message = "One is not two."\n    }\n  }\n}\n',
    }
    const report = await failureOf(platform, await errored(platform, { files }))
    expect(report).toMatchObject({
      cause: 'exit-code',
      exitCode: 1,
      message: "Plan failed: stage 'plan' ended with exit code 1: Resource precondition failed.",
    })
    expect(report.evidence).toContain('One is not two.')
    expect(report.stages?.map((stage) => [stage?.name, stage?.exitCode])).toEqual([
      ['prepare', 0],
      ['init', 0],
      ['plan', 1],
    ])
    for (const stage of report.stages ?? []) {
      expect(Date.parse(stage?.endedAt ?? '')).toBeGreaterThanOrEqual(
        Date.parse(stage?.startedAt ?? ''),
      )
    }
  })

  it('state-locked: who has it, since when, and how to release it', async () => {
    const { client } = platform
    const gate = join(platform.directory, `gate-${randomUUID()}`)
    const workspace = await platform.workspace({
      iac,
      files: oneResource,
      hooks: hooksOf({ prePlan: `echo waiting; while [ ! -e '${gate}' ]; do sleep 0.05; done` }),
    })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const { planId } = await platform.untilStatus(id, 'planning')
    await platform.untilPlanLog(planId, 'waiting\n')
    const info = await lock(platform, workspace.id)
    await writeFile(gate, '')
    const run = await platform.untilStatus(id, 'errored')

    const who = 'jane@laptop'
    const line = `force-unlock ${info.ID}`
    expect(run.errorMessage).toContain(who)
    // To the second, in the one form or the other.
    expect(run.errorMessage?.replaceAll(' ', 'T')).toContain(info.Created.slice(0, 19))
    expect(run.errorMessage).toContain(line)
    expect(await platform.logs(run)).toContain(line)
    expect(await failureOf(platform, run)).toMatchObject({
      cause: 'state-locked',
      exitCode: 1,
      stateLock: { id: info.ID, who, operation: info.Operation },
    })

    // As long as it is held, nothing of the workspace begins.
    const next = await client.runs.create({ workspaceId: workspace.id })
    expect(next.status).toBe('pending')
    const { agentWaitingReason } = await client.runs.get(next.id)
    expect(agentWaitingReason).toContain(who)
    await forceUnlock(platform, workspace.id, tool, info.ID)
    await platform.untilStatus(next.id, 'planned')
  })

  it('a lock that is held waits for its holder; released by the API, the run goes on', async () => {
    const { client } = platform
    const workspace = await platform.workspace({ iac, files: oneResource })
    const { ID } = await lock(platform, workspace.id)
    const { agentStateLock } = await client.workspaces.get(workspace.id)
    expect(agentStateLock).toMatchObject({ id: ID, who: 'jane@laptop' })
    const run = await client.runs.create({ workspaceId: workspace.id })
    expect((await client.runs.get(run.id)).status).toBe('pending')
    await expect(client.workspaces.unlockState(workspace.id, randomUUID())).rejects.toMatchObject({
      status: 409,
    })
    await client.workspaces.unlockState(workspace.id, ID)
    await platform.untilStatus(run.id, 'planned')
  })

  it('timeout: a hook that never ends', async () => {
    await using own = await Platform.start({ runTimeoutMs: 2_000 })
    await using _agent = await LocalAgent.start(own, tool)
    const run = await errored(own, {
      files: oneResource,
      hooks: hooksOf({ preInit: 'echo begun; sleep 600' }),
    })
    expect(run.errorMessage).toBe(
      "Plan took longer than 2 seconds and was stopped. Raise the workspace's run-operation-timeout if it needs more.",
    )
    expect(await failureOf(own, run)).toMatchObject({
      result: 'failed',
      cause: 'timeout',
      interrupts: { soft: 1, hard: 0, kill: 0 },
    })
    expect(await own.logs(run)).toContain('begun')
  })

  it('timeout: an apply is interrupted once, saves its state, and frees the lock', async () => {
    await using own = await Platform.start({ runTimeoutMs: 12_000 })
    await using _agent = await LocalAgent.start(own, tool)
    const { client } = own
    const workspace = await own.workspace({
      iac,
      autoApply: true,
      files: slowApply({ seconds: 300, executions: join(own.directory, 'executions') }),
    })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const run = await own.untilStatus(id, 'errored')
    expect(run.errorMessage).toMatch(/^Apply took longer than 12 seconds and was stopped\./u)
    expect(await failureOf(own, run)).toMatchObject({
      cause: 'timeout',
      interrupts: { soft: 1, hard: 0, kill: 0 },
    })
    const state = await client.workspaces.currentStateVersion(workspace.id)
    const addresses = (state.resources ?? []).map((resource) => resource?.address)
    expect(addresses).toContain('terraform_data.quick')
    expect((await client.workspaces.get(workspace.id)).agentStateLock).toBeNull()
  })

  it('disk-full: a tool that finds no space; nothing of it stays', async () => {
    const own = await Platform.start()
    await using _own = own
    await using disk = mountSmallDisk(own.directory, 128)
    if (disk === undefined) {
      process.stdout.write('SKIPPED a full disk: nothing can be mounted here\n')
      return
    }
    const dataDir = join(disk.path, 'agent')
    await using _agent = await LocalAgent.start(own, tool, { dataDir, diskReserveBytes: 0 })
    const filling = {
      'main.tf': `resource "terraform_data" "fill" {
  provisioner "local-exec" {
    command = "head -c 400000000 /dev/zero >fill || { rm fill; exit 1; }"
  }
}
`,
    }
    const workspace = await own.workspace({ iac, files: filling, autoApply: true })
    const { id } = await own.client.runs.create({ workspaceId: workspace.id })
    const run = await own.untilStatus(id, 'errored')
    expect(run.errorMessage).toMatch(/^Apply failed: the disk is full: .*No space left on device/u)
    expect(await failureOf(own, run)).toMatchObject({ cause: 'disk-full' })
    await own.upload(workspace.id, oneResource)
    const next = await own.client.runs.create({ workspaceId: workspace.id })
    await own.untilStatus(next.id, 'applied')
    await expect.poll(() => readdir(join(dataDir, 'work'))).toEqual([])
  })

  it('preparation: an archive, a variable or a directory that cannot be used, by name', async () => {
    const run = await errored(platform, {
      files: oneResource,
      attributes: { workingDirectory: 'nowhere' },
    })
    expect(await failureOf(platform, run)).toMatchObject({
      cause: 'preparation',
      message: expect.stringContaining("the working directory 'nowhere' does not exist") as unknown,
    })
    const named = await errored(platform, {
      files: oneResource,
      variables: [{ key: 'not-a-name', value: 'hunter2', category: 'shell' }],
    }).catch((error: unknown) => error)
    // What the control plane refuses at once need not be run to fail.
    const said =
      named instanceof Error ? named.message : (await failureOf(platform, named as Run)).message
    expect(said).toMatch(/not-a-name|name/u)
    expect(said).not.toContain('hunter2')
  })
})
