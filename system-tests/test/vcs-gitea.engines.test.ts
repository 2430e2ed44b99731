import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Run, Workspace } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { needlesOf, searchDirectory, searchPlanted } from './support/canaries.ts'
import type { WorkTree } from './support/git.ts'
import { Gitea, hasGitea, type GiteaStatus } from './support/gitea.ts'
import { LocalAgent } from './support/local-agent.ts'
import { hookSecret, RelayScene, type VcsDaemon } from './support/relay-scene.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'the VCS relay with Gitea'
const tool = anyRealTool(suite)
const isHere = hasGitea(suite) && tool !== undefined

const configuration = (value: string): string =>
  `resource "terraform_data" "it" { input = "${value}" }\noutput "it" { value = terraform_data.it.output }\n`

describe.skipIf(!isHere)('a private Gitea', () => {
  let gitea: Gitea
  let scene: RelayScene
  let vcsAgent: VcsDaemon
  let runAgent: LocalAgent
  let tree: WorkTree
  let workspace: Workspace
  /** Runs that a test has dealt with. */
  const seen = new Set<string>()

  beforeAll(async () => {
    ;[gitea, scene] = await Promise.all([Gitea.start(), RelayScene.start({ vcsRetryMs: 200 })])
    const vcs = { name: 'private', kind: 'gitea', url: gitea.url, token: gitea.token }
    ;[vcsAgent, runAgent, tree] = await Promise.all([
      scene.agent(vcs),
      LocalAgent.start(scene.platform, tool),
      gitea.repository('infra'),
    ])
    await tree.push({
      'services/main.tf': configuration('first'),
      'elsewhere/secret.txt': 'not a part of the configuration',
      'README.md': 'infra',
    })
    await gitea.addHook('infra', { url: vcsAgent.hookUrl, secret: hookSecret })
    workspace = await bind()
  })
  afterAll(async () => {
    await runAgent[Symbol.asyncDispose]()
    await scene[Symbol.asyncDispose]()
    await tree[Symbol.asyncDispose]()
    await gitea[Symbol.asyncDispose]()
  })

  /** A workspace of the folder `services`, which only the agent can fetch. */
  async function bind(): Promise<Workspace> {
    const vcsProviderId = await scene.provider('gitea')
    return await scene.platform.workspace({
      iac: tool?.iac ?? 'terraform',
      autoApply: true,
      attributes: {
        autoQueueRuns: 'always',
        vcsProviderId,
        vcsRepo: { identifier: 'octo-org/infra', branch: 'main', path: 'services' },
      },
    })
  }

  /** The next run of the workspace, in its last status. */
  async function nextRun(...statuses: readonly string[]): Promise<Run> {
    const { client } = scene.platform
    const id = await vi.waitFor(
      async () => {
        for await (const run of client.runs.list({ filter: { workspace: workspace.id } })) {
          if (!seen.has(run.id)) return run.id
        }
        throw new Error(
          `No new run. The VCS agent:\n${vcsAgent.daemon.output.slice(-10).join('\n')}`,
        )
      },
      { timeout: 60_000, interval: 50 },
    )
    seen.add(id)
    return await scene.platform.untilStatus(id, ...statuses)
  }

  async function untilStatus(commit: string, status: string): Promise<readonly GiteaStatus[]> {
    return await vi.waitFor(
      async () => {
        const statuses = await gitea.statuses('infra', commit)
        if (!statuses.some((each) => each.status === status)) {
          throw new Error(`No status ${status}: ${JSON.stringify(statuses)}`)
        }
        return statuses
      },
      { timeout: 60_000, interval: 50 },
    )
  }

  async function outputOf(run: Run): Promise<string> {
    return await scene.platform.logs(run)
  }

  it('has what its branch holds planned and applied as soon as a workspace is bound to it', async () => {
    const run = await nextRun('applied')
    expect(await outputOf(run)).toContain('it = "first"')
  })

  it('has a push planned and applied, and shows it beside the commit', async () => {
    const { workspaces } = scene.platform.client
    // Long enough to be told of: a status that is no longer true is not sent.
    const wait = `until [ -e ${scene.platform.directory}/told ]; do sleep 0.1; done`
    await workspaces.update(workspace.id, { hooks: { prePlan: wait } })
    const commit = await tree.push({ 'services/main.tf': configuration('second') })
    await untilStatus(commit, 'pending')
    await writeFile(join(scene.platform.directory, 'told'), '')
    await workspaces.update(workspace.id, { hooks: null })
    const run = await nextRun('applied')
    expect(await outputOf(run)).toContain('it = "second"')
    expect(run.source).toBe('vcs')
    const told = await untilStatus(commit, 'success')
    const newest = told.find(({ status }) => status === 'success')
    expect(newest).toMatchObject({ status: 'success', description: 'Applied.' })
    expect(newest?.target_url).toContain(run.id)
    expect(newest?.context).toContain(workspace.name)
    expect(told.map(({ status }) => status)).toContain('pending')
  })

  it('starts nothing for a push that changes another folder', async () => {
    await tree.push({ 'elsewhere/secret.txt': 'changed' })
    await tree.push({ 'services/main.tf': configuration('third') })
    expect(await outputOf(await nextRun('applied'))).toContain('it = "third"')
    const runs = scene.platform.client.runs.list({ filter: { workspace: workspace.id } })
    for await (const { id } of runs) expect(seen).toContain(id)
  })

  it('has a pull request planned alone, and says so at its head', async () => {
    const head = await tree.push(
      { 'services/main.tf': configuration('of a pull request') },
      { branch: 'change' },
    )
    await gitea.pullRequest('infra', { head: 'change', title: 'A change' })
    const run = await nextRun('planned_and_finished')
    expect(run.isDry).toBe(true)
    expect(await outputOf(run)).toContain('of a pull request')
    const told = (await untilStatus(head, 'success')).find(({ status }) => status === 'success')
    expect(told?.description).toContain('Planned')
    // A second push to its branch is planned, too.
    const second = await tree.push({ 'services/main.tf': 'nonsense' }, { branch: 'change' })
    await nextRun('errored')
    await untilStatus(second, 'failure')
  })

  it('may be restarted: what is asked meanwhile waits for it', async () => {
    const before = await tree.push({ 'services/main.tf': configuration('fourth') })
    await nextRun('applied')
    await untilStatus(before, 'success')
    await gitea.stop()
    const { client } = scene.platform
    await client.request('POST /workspaces/{workspace}/actions/resync', {
      path: { workspace: workspace.id },
    })
    await vcsAgent.daemon.untilSaid('"origin":"agent","status":502')
    await gitea.restart()
    expect(await outputOf(await nextRun('planned_and_finished'))).toContain('No changes.')
    const commit = await tree.push({ 'services/main.tf': configuration('fifth') })
    await nextRun('applied')
    await untilStatus(commit, 'success')
  })

  it("I12: its token and the secret of its webhooks are the agent's alone", async () => {
    const needles = [gitea.token, hookSecret].flatMap((value, at) =>
      needlesOf({ name: `planted ${at}`, value }),
    )
    const log = Buffer.from(vcsAgent.daemon.output.join('\n'))
    expect(searchPlanted('the log', log, needles)).toEqual([])
    const kept = await searchDirectory(scene.platform.controlPlaneDirectory, needles)
    expect(kept.filter((place) => place.startsWith('planted'))).toEqual([])
    // It is where it should be: a test that looks in the wrong place would find nothing either.
    const own = await searchDirectory(vcsAgent.directory, needles)
    expect(own.some((place) => place.startsWith('planted 0'))).toBe(true)
  })
})
