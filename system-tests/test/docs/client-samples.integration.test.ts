import { globSync, readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it, vi } from 'vitest'

import { archiveOf } from '../support/archive.ts'
import { fakeRun, fakeTool } from '../support/fake-tool.ts'
import { LocalAgent } from '../support/local-agent.ts'
import { Platform } from '../support/platform.ts'
import * as samples from './client-samples.ts'
import * as controlPlaneSamples from './control-plane-samples.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

/** Name → text of each region, without its indentation. */
const regions = new Map(
  ['client-samples.ts', 'control-plane-samples.ts'].flatMap((file) =>
    [
      ...read(`system-tests/test/docs/${file}`).matchAll(
        /^ {2}\/\/ #region (\S+)\n(.*?)^ {2}\/\/ #endregion/gmsu,
      ),
    ].map(([, name = '', text = '']) => [name, text.replaceAll(/^ {2}/gmu, '')] as const),
  ),
)

/** What calls the client in the TypeScript of a page, or in the examples of a source's comments. */
function samplesOf(file: string): readonly string[] {
  const text = file.endsWith('.md') ? read(file) : read(file).replaceAll(/^ *\* ?/gmu, '')
  return [...text.matchAll(/^```ts\n(.*?)^```/gmsu)]
    .map(([, sample = '']) => sample)
    .filter((sample) => /\bclient\b/u.test(sample))
}

const pages = ['README.md', '{docs,packages/*,examples/*}/*.md', 'packages/core/src/client/**/*.ts']
const shown = globSync(pages, { cwd: root })
  .map((file) => [file, samplesOf(file)] as const)
  .filter(([, found]) => found.length > 0)

it('finds the pages that show the client', () => {
  const files = shown.map(([file]) => file)
  expect(files).toContain('docs/client.md')
  expect(files).toContain('docs/vcs.md')
  expect(files).toContain('packages/core/src/client/scalr-client.ts')
})

describe('samples of the client', () => {
  it.each(shown)('%s shows what is compiled and run here', (_file, found) => {
    for (const sample of found) expect([...regions.values()]).toContain(sample)
  })

  it('none is kept that is shown nowhere', () => {
    const all = new Set(shown.flatMap(([, found]) => found))
    const unused = [...regions].filter(([, text]) => !all.has(text)).map(([name]) => name)
    expect(unused).toEqual([])
  })

  it('run against the embedded control plane', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {})
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
    await using platform = await Platform.start()
    const { client, url, ownerToken: token } = platform
    const tool = await fakeTool(platform.directory)
    await using _agent = await LocalAgent.start(platform, tool)
    const directory = join(platform.directory, 'configuration')
    await mkdir(directory)
    const record = join(platform.directory, 'record')
    for (const [name, text] of Object.entries(fakeRun({ lineMs: 1, record }))) {
      await writeFile(join(directory, name), text)
    }

    const environment = await client.environments.list().first()
    const environmentId = environment?.id ?? ''
    await samples.connect(url, token, environmentId)
    const made = await client.workspaces.list({ filter: { name: 'app' } }).first()
    const workspaceId = made?.id ?? ''
    expect(await samples.discover(url, token)).toBe(environment?.accountId)
    expect(await samples.read(client, environmentId)).toEqual([`${environment?.name}/app`])
    await samples.tags(client, workspaceId)
    expect(await samples.request(client, workspaceId)).toBe('terraform')
    const lines = await samples.trace(url, token)
    expect(lines).toEqual([expect.stringMatching(/^GET \/api\/iacp\/v3\/accounts\?.* #1: 200, /u)])

    await client.workspaces.update(workspaceId, { agentPoolId: platform.poolId })
    expect(await samples.failure(client, platform.poolId)).toBe(409)
    const first = await samples.plan(client, workspaceId, directory)
    await samples.followPlan(client, first.planId ?? '')
    expect(await samples.review(client, first)).toBe('confirmed')
    const applied = await client.runs.waitFor(first.id, { until: 'end', pollMs: 50 })
    expect(applied.status).toBe('applied')
    stdout.mockClear()
    await samples.followApply(client, applied.applyId ?? '')
    const log = Buffer.concat(stdout.mock.calls.map(([chunk]) => Buffer.from(chunk))).toString()
    expect(log).toContain('apply line 5')

    const second = await client.runs.create({ workspaceId })
    await samples.wait(client, second)
    expect((await client.runs.waitFor(second.id, { until: 'end', pollMs: 50 })).status).toBe(
      'applied',
    )

    const state = JSON.stringify({
      version: 4,
      serial: 1,
      lineage: 'a',
      outputs: {},
      resources: [],
    })
    await client.stateVersions.upload(workspaceId, Buffer.from(state))
    const path = join(platform.directory, 'terraform.tfstate')
    await samples.download(client, workspaceId, path)
    expect(await readFile(path, 'utf8')).toBe(state)
    const script = await archiveOf({ 'check.sh': 'echo checked' })
    await controlPlaneSamples.registryHook(client, environmentId, script)
    await controlPlaneSamples.unlockState(client, workspaceId)
    expect(await controlPlaneSamples.serverlessPool(client, 'never shown')).toEqual([
      { name: 'X-Launch-Secret', value: null, sensitive: true },
    ])
    const [, hcl = '', rego = ''] =
      /^```hcl\n(.*?)^```.*?^```rego\n(.*?)^```/msu.exec(read('docs/policies.md')) ?? []
    const policies = await archiveOf({ 'scalr-policy.hcl': hcl, 'small_changes.rego': rego })
    await controlPlaneSamples.policyGroup(client, environmentId, policies)
    const id = await controlPlaneSamples.vcsWorkspace(client, environmentId)
    expect(await controlPlaneSamples.vcsModule(client, { id })).toBe('network')
    await samples.write(client, workspaceId)
    expect(await client.workspaces.get(workspaceId)).toMatchObject({
      autoApply: true,
      workingDirectory: null,
      agentPoolId: platform.poolId,
    })
  })
})
