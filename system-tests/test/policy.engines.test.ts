import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'

import type { Run, ScalrClient, Workspace } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { archiveOf } from './support/archive.ts'
import { Daemon } from './support/daemon.ts'
import { LocalAgent } from './support/local-agent.ts'
import { realOpa } from './support/opa.ts'
import { Platform } from './support/platform.ts'
import { readZip } from './support/read-zip.ts'
import { anyRealTool, realTools } from './support/tools.ts'

type PolicyCheck = Awaited<ReturnType<ScalrClient['policyChecks']['get']>>
type PolicyGroup = Awaited<ReturnType<ScalrClient['policyGroups']['get']>>
type Level = 'advisory' | 'soft-mandatory' | 'hard-mandatory'

anyRealTool('policies')
const opa = realOpa('policies')

/** A value that the plan knows to be sensitive, and one that only the workspace does. */
const planCanary = 'plan-CANARY-8412'
const workspaceCanary = 'workspace-CANARY-9317'

const configuration = {
  'main.tf': `
variable "secret" {
  type      = string
  sensitive = true
  default   = "${planCanary}"
}
variable "open" {
  type    = string
  default = ""
}
resource "terraform_data" "one" {
  input = { name = "one", secret = var.secret, open = var.open }
}
`,
}

/** Fails: there is a terraform_data. Rego of before OPA 1.0. */
const noData = `package terraform
import input.tfplan as tfplan
deny[reason] {
  change := tfplan.resource_changes[_]
  change.type == "terraform_data"
  reason := sprintf("%s: terraform_data is not allowed here", [change.address])
}
`
/** Passes. */
const noDestroy = `package terraform
deny contains "nothing may be destroyed" if {
  some change in input.tfplan.resource_changes
  "delete" in change.change.actions
}
`

function manifest(policies: Readonly<Record<string, Level>>): string {
  const blocks = Object.entries(policies).map(
    ([name, level]) =>
      `policy "${name}" {\n  enabled           = true\n  enforcement_level = "${level}"\n}\n`,
  )
  return `version = "v1"\n\n${blocks.join('\n')}`
}

describe.skipIf(opa === undefined)('policies', () => {
  describe.each(realTools())('over a plan of real $iac', (tool) => {
    let platform: Platform
    let agent: LocalAgent

    beforeAll(async () => {
      platform = await Platform.start()
      agent = await LocalAgent.start(platform, tool, {
        tools: { [tool.iac]: tool.path, ...(opa === undefined ? {} : { opa }) },
      })
    })

    afterAll(async () => {
      await agent[Symbol.asyncDispose]()
      await platform[Symbol.asyncDispose]()
    })

    let groups = 0
    /** A group of these policies, linked to the environment of the tests as long as it is used. */
    async function group(
      rego: Readonly<Record<string, readonly [Level, string]>>,
      workspace: Workspace,
    ): Promise<PolicyGroup & AsyncDisposable> {
      const { client } = platform
      groups += 1
      const made = await client.policyGroups.create({ name: `group-${tool.iac}-${groups + 100}` })
      const levels = Object.fromEntries(
        Object.entries(rego).map(([name, [level]]) => [name, level] as const),
      )
      const files = Object.entries(rego).map(([name, [, text]]) => [`${name}.rego`, text] as const)
      await client.policyGroups.upload(
        made,
        await archiveOf({ 'scalr-policy.hcl': manifest(levels), ...Object.fromEntries(files) }),
      )
      const environmentId = workspace.environmentId
      await client.policyGroups.link(made.id, [environmentId])
      return {
        ...(await client.policyGroups.get(made.id)),
        [Symbol.asyncDispose]: async () => {
          await client.policyGroups.unlink(made.id, environmentId)
          await client.policyGroups.delete(made.id)
        },
      }
    }

    const workspaceOf = (options: { autoApply?: boolean } = {}): Promise<Workspace> =>
      platform.workspace({ iac: tool.iac, files: configuration, ...options })

    async function start(workspace: Workspace, isDry = false): Promise<string> {
      return (await platform.client.runs.create({ workspaceId: workspace.id, isDry })).id
    }

    async function checkOf(runId: string): Promise<PolicyCheck> {
      for await (const check of platform.client.policyChecks.ofRun(runId)) return check
      throw new Error(`The run ${runId} has no policy check`)
    }

    const statuses = (run: Run): readonly string[] =>
      Object.entries(run.statusTimestamps ?? {})
        .toSorted(([, a], [, b]) => String(a).localeCompare(String(b)))
        .map(([status]) => status.replace(/-at$/u, ''))

    it('lets a run pass that violates none, and applies it', async () => {
      const workspace = await workspaceOf({ autoApply: true })
      await using _group = await group({ destroy: ['hard-mandatory', noDestroy] }, workspace)
      const runId = await start(workspace)
      const run = await platform.untilStatus(runId, 'applied')
      const input = JSON.parse(
        readZip(await buffer(await platform.client.policyChecks.inputOf(runId)))
          .get('input.json')
          ?.toString('utf8') ?? '',
      ) as unknown
      expect(input).toMatchObject({
        tfrun: { id: runId, workspace: { iac_platform: tool.iac, auto_apply: true } },
        tfplan: { resource_changes: [{ address: 'terraform_data.one' }] },
      })
      expect(statuses(run)).toEqual(
        expect.arrayContaining(['planned', 'policy-checking', 'policy-checked', 'confirmed']),
      )
      const check = await checkOf(runId)
      expect(run.policyCheckIds).toEqual([check.id])
      expect(check).toMatchObject({
        status: 'passed',
        result: {
          result: true,
          passed: 1,
          totalFailed: 0,
          policies: [{ name: 'destroy', result: 'passed', messages: [] }],
        },
      })
      const output = await platform.client.policyChecks.output(check.id)
      expect(output).toContain('Checking policies with OPA')
      expect(output).toContain('passed  destroy (hard-mandatory)')
    })

    it('waits for a person where the workspace says so, checked', async () => {
      const workspace = await workspaceOf()
      await using _group = await group({ destroy: ['hard-mandatory', noDestroy] }, workspace)
      const runId = await start(workspace)
      await platform.untilStatus(runId, 'policy_checked')
      await platform.client.runs.confirm(runId)
      await platform.untilStatus(runId, 'applied')
      // Without changes there is nothing to check.
      const again = await start(workspace)
      const unchanged = await platform.untilStatus(again, 'planned_and_finished')
      expect(unchanged.policyCheckIds).toEqual([])
    })

    it('shows what an advisory policy says, and lets the run pass', async () => {
      const workspace = await workspaceOf({ autoApply: true })
      await using _group = await group({ data: ['advisory', noData] }, workspace)
      const runId = await start(workspace)
      await platform.untilStatus(runId, 'applied')
      expect(await checkOf(runId)).toMatchObject({
        status: 'passed',
        result: {
          result: false,
          advisoryFailed: 1,
          policies: [
            {
              name: 'data',
              result: 'advisory_failed',
              messages: ['terraform_data.one: terraform_data is not allowed here'],
            },
          ],
        },
      })
    })

    it('asks for an override of a soft-mandatory policy, and applies after it', async () => {
      const { client } = platform
      const workspace = await workspaceOf({ autoApply: true })
      await using _group = await group({ data: ['soft-mandatory', noData] }, workspace)
      const runId = await start(workspace)
      await platform.untilStatus(runId, 'policy_override')
      const check = await checkOf(runId)
      expect(check.status).toBe('soft_failed')
      expect(check.agentErrorMessage).toContain("policy 'data' of group")
      await expect(client.runs.confirm(runId)).rejects.toMatchObject({ status: 409 })
      const overridden = await client.policyChecks.override(check.id, { comment: 'just once' })
      expect(overridden).toMatchObject({
        status: 'overridden',
        agentOverride: { comment: 'just once' },
      })
      await platform.untilStatus(runId, 'applied')
      await expect(client.policyChecks.override(check.id)).rejects.toMatchObject({ status: 409 })
    })

    it('gives a run up that waits for an override', async () => {
      const workspace = await workspaceOf()
      await using _group = await group({ data: ['soft-mandatory', noData] }, workspace)
      const runId = await start(workspace)
      await platform.untilStatus(runId, 'policy_override')
      await platform.client.runs.discard(runId)
      await platform.untilStatus(runId, 'discarded')
      // The workspace is free again.
      const next = await start(workspace)
      await platform.untilStatus(next, 'policy_override')
      await platform.client.runs.discard(next)
    })

    it('refuses a run that violates a hard-mandatory policy, in words that name it', async () => {
      const workspace = await workspaceOf({ autoApply: true })
      await using made = await group(
        { data: ['hard-mandatory', noData], destroy: ['advisory', noDestroy] },
        workspace,
      )
      const runId = await start(workspace)
      const run = await platform.untilStatus(runId, 'errored')
      expect(run.errorMessage).toContain(
        `policy 'data' of group '${made.name}' (hard-mandatory, failed): terraform_data.one: terraform_data is not allowed here.`,
      )
      expect(await checkOf(runId)).toMatchObject({
        status: 'hard_failed',
        result: { hardFailed: 1, passed: 1 },
      })
      expect(run.applyId).not.toBeNull()
      expect((await platform.client.applies.get(run.applyId ?? '')).status).toBe('unreachable')
    })

    it('checks a dry run, and fails it where a run would wait', async () => {
      const workspace = await workspaceOf()
      await using _group = await group({ data: ['soft-mandatory', noData] }, workspace)
      const runId = await start(workspace, true)
      const run = await platform.untilStatus(runId, 'errored')
      expect(run.errorMessage).toContain("policy 'data'")
      expect((await checkOf(runId)).status).toBe('soft_failed')
    })

    it('names file and line of Rego that does not compile', async () => {
      const workspace = await workspaceOf()
      const broken = 'package terraform\n\ndeny contains "x" if {\n  input.x ==\n}\n'
      await using _group = await group(
        { broken: ['advisory', broken], destroy: ['hard-mandatory', noDestroy] },
        workspace,
      )
      const runId = await start(workspace)
      const run = await platform.untilStatus(runId, 'errored')
      expect(run.errorMessage).toContain('broken.rego:5: rego_parse_error')
      const check = await checkOf(runId)
      expect(check.status).toBe('errored')
      expect(await platform.client.policyChecks.output(check.id)).toContain('broken.rego:5')
    })

    it('asks all groups that apply, and shows each policy the run', async () => {
      const workspace = await workspaceOf({ autoApply: true })
      const byName = `package terraform
deny contains sprintf("%s by %s (%s)", [input.tfrun.workspace.name, input.tfrun.created_by.email, input.tfrun.source]) if true
`
      await using first = await group({ same: ['advisory', byName] }, workspace)
      await using second = await group({ same: ['advisory', noDestroy] }, workspace)
      const runId = await start(workspace)
      await platform.untilStatus(runId, 'applied')
      const check = await checkOf(runId)
      expect(check.result?.policies).toMatchObject([
        {
          name: 'same',
          result: 'advisory_failed',
          messages: [
            expect.stringMatching(new RegExp(`^${workspace.name} by .+@.+ \\(api\\)$`, 'u')),
          ],
        },
        { name: 'same', result: 'passed' },
      ])
      const output = await platform.client.policyChecks.output(check.id)
      expect(output).toContain(`Policy group '${first.name}':`)
      expect(output).toContain(`Policy group '${second.name}':`)
    })

    it('keeps the word of docs/policies.md', async () => {
      const { client } = platform
      const example = await exampleOf('../../docs/policies.md')
      const many = `resource "terraform_data" "many" {\n  count = var.count_of\n}\nvariable "count_of" {\n  type = number\n}\n`
      const workspace = await platform.workspace({
        iac: tool.iac,
        files: { 'main.tf': many },
        variables: [{ key: 'count_of', value: '21' }],
      })
      const made = await client.policyGroups.create({ name: `documented-${tool.iac}` })
      await client.policyGroups.upload(
        made,
        await archiveOf({
          'scalr-policy.hcl': example.hcl,
          'small_changes.rego': example.rego,
        }),
      )
      await client.policyGroups.link(made.id, [workspace.environmentId])
      const runId = await start(workspace)
      await platform.untilStatus(runId, 'policy_override')
      expect((await checkOf(runId)).result?.policies).toMatchObject([
        { result: 'soft_failed', messages: ['21 resources change, at most 20 may'] },
      ])
      await client.runs.discard(runId)
      await client.policyGroups.unlink(made.id, workspace.environmentId)
    })

    it('I12: shows no sensitive value, whatever a policy says', async () => {
      const workspace = await platform.workspace({
        iac: tool.iac,
        files: configuration,
        variables: [
          { key: 'open', value: workspaceCanary, category: 'terraform', sensitive: true },
        ],
      })
      const leaky = `package terraform
deny contains sprintf("changes: %v", [input.tfplan.resource_changes]) if true
deny contains sprintf("variables: %v", [input.tfplan.variables]) if true
`
      await using _group = await group({ leaky: ['hard-mandatory', leaky] }, workspace)
      const runId = await start(workspace)
      const run = await platform.untilStatus(runId, 'errored')
      const check = await checkOf(runId)
      const output = await platform.client.policyChecks.output(check.id)
      expect(output).toContain('changes: ')
      for (const shown of [output, JSON.stringify(check), run.errorMessage]) {
        expect(shown).toContain('***')
        expect(shown).not.toContain(planCanary)
        expect(shown).not.toContain(workspaceCanary)
      }
    })
  })

  it('ends errored where there is no opa, and says so', async () => {
    const [tool] = realTools()
    await using platform = await Platform.start()
    // What the job script itself needs, and no more.
    const path = '/usr/bin:/bin'
    await using agent = await LocalAgent.start(platform, tool, { path })
    const { client } = platform
    const workspace = await platform.workspace({
      iac: tool?.iac ?? 'terraform',
      files: configuration,
    })
    const made = await client.policyGroups.create({ name: 'everywhere', isEnforced: true })
    const rego = { 'one.rego': noDestroy, 'scalr-policy.hcl': manifest({ one: 'advisory' }) }
    await client.policyGroups.upload(made, await archiveOf(rego))
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'errored')
    expect(run.errorMessage).toMatch(/opa|tool was not found/iu)
    await expect
      .poll(() => agent.ended.find((end) => end.phase === 'policy'))
      .toMatchObject({ result: 'failed' })
    const [checkId = ''] = run.policyCheckIds
    expect(await client.policyChecks.get(checkId)).toMatchObject({
      status: 'errored',
      agentReport: { cause: 'tool-not-found' },
    })
    expect(await client.policyChecks.output(checkId)).toMatch(
      /Cannot choose a version of opa|opa was not found in PATH/u,
    )
  })

  it('I1, I7: an agent that is killed during a check is succeeded by one that adopts it', async () => {
    const [tool] = realTools()
    await using platform = await Platform.start()
    const { client } = platform
    const workspace = await platform.workspace({
      iac: tool?.iac ?? 'terraform',
      files: configuration,
    })
    const made = await client.policyGroups.create({
      name: 'everywhere',
      isEnforced: true,
      opaVersion: versionOf(opa ?? ''),
    })
    // Some seconds of work, and then a reason.
    const slow = `package terraform
found contains a if {
  some a in numbers.range(1, 2500)
  some b in numbers.range(1, 2500)
  a + b == 5000
}
deny contains sprintf("found %d", [count(found)]) if count(found) > 0
`
    await client.policyGroups.upload(
      made,
      await archiveOf({
        'one.rego': slow,
        'scalr-policy.hcl': manifest({ one: 'soft-mandatory' }),
      }),
    )
    // Found in PATH, in the version that the group asks for.
    const programs = [tool?.path ?? '', opa ?? ''].map((path) => dirname(path))
    const env = { PATH: [...programs, '/usr/bin', '/bin'].join(':') }
    const first = await Daemon.start(platform, { tool, env })
    await first.ready()
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'policy_checking')
    const [checkId = ''] = run.policyCheckIds
    await expect
      .poll(() => client.policyChecks.output(checkId), { timeout: 60_000 })
      .toContain('Policy group')
    await first.kill()
    await using second = await Daemon.start(platform, { tool, env, dataDir: first.dataDir })
    await second.ready()
    await platform.untilStatus(id, 'policy_override')
    const check = await client.policyChecks.get(checkId)
    expect(check.result?.policies).toMatchObject([{ messages: ['found 1'] }])
    const output = (await client.policyChecks.output(checkId)) ?? ''
    expect(output.match(/Checking policies with OPA/gu)).toHaveLength(1)
    expect(output).toContain('found 1')
  })

  it('leaves nothing secret with a workload, which has no variables, no token and no backend', async () => {
    const [tool] = realTools()
    await using platform = await Platform.start()
    const dataDir = await mkdtemp(join(platform.directory, 'agent-'))
    await using _agent = await LocalAgent.start(platform, tool, {
      dataDir,
      tools: {
        ...(tool === undefined ? {} : { [tool.iac]: tool.path }),
        ...(opa === undefined ? {} : { opa }),
      },
    })
    const { client } = platform
    const workspace = await platform.workspace({
      iac: tool?.iac ?? 'terraform',
      files: configuration,
      variables: [{ key: 'open', value: workspaceCanary, sensitive: true }],
    })
    const made = await client.policyGroups.create({ name: 'everywhere', isEnforced: true })
    const endless = `package terraform
deny contains "x" if {
  some a in numbers.range(1, 100000)
  some b in numbers.range(1, 100000)
  a + b < 0
}
`
    const rego = { 'one.rego': endless, 'scalr-policy.hcl': manifest({ one: 'advisory' }) }
    await client.policyGroups.upload(made, await archiveOf(rego))
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'policy_checking')
    const [checkId = ''] = run.policyCheckIds
    await expect
      .poll(() => client.policyChecks.output(checkId), { timeout: 60_000 })
      .toContain('Policy group')
    const environments = await environmentsOf('data/policy/check.rego')
    expect(environments.length).toBeGreaterThan(0)
    for (const environment of environments) {
      expect(environment).not.toContain('CANARY')
      expect(environment).not.toMatch(/TF_HTTP|TF_VAR|TOKEN|PASSWORD/u)
    }
    await client.runs.cancel(id)
    await platform.untilStatus(id, 'canceled')
    expect((await client.policyChecks.get(checkId)).status).toBe('canceled')
  })
})

/** What a program says of its version. */
function versionOf(path: string): string {
  const { stdout } = spawnSync(path, ['version'], { encoding: 'utf8' })
  return /^Version: (?<version>\S+)/u.exec(stdout)?.groups?.['version'] ?? ''
}

/** Environments of the processes that have this in their arguments. */
async function environmentsOf(argument: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    const read = (name: string): Promise<string> =>
      readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')
    if (/^\d+$/u.test(pid) && (await read('cmdline')).includes(argument)) {
      found.push(await read('environ'))
    }
  }
  return found
}

/** The example of a page: its first HCL and its first Rego. */
async function exampleOf(page: string): Promise<{ readonly hcl: string; readonly rego: string }> {
  const text = await readFile(new URL(page, import.meta.url), 'utf8')
  const block = (language: string): string =>
    new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(text)?.[1] ?? ''
  return { hcl: block('hcl'), rego: block('rego') }
}
