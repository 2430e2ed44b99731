import { describe, expect, it } from 'vitest'

import type { ApiAnswer } from '../support/api-client.ts'
import { prepareRuns, type Attributes } from '../support/prepare-runs.ts'
import { archive, makeWorkspace, startWorld } from '../support/world.ts'

describe('what a run is made with', () => {
  const settings = {
    'terraform-version': '1.11.4',
    'working-directory': 'live',
    'var-files': ['a.tfvars'],
    'run-operation-timeout': 5,
    terragrunt: { version: '0.80.1', 'use-run-all': true },
  }

  it('an apply takes what its plan took, whatever the workspace says by then', async () => {
    await using world = await startWorld()
    const run = await prepareRuns(world, settings)
    await run.ask({ 'auto-apply': true })
    const plan = await run.agent.take()
    const told = {
      iacVersion: '1.11.4',
      workingDirectory: 'live',
      varFiles: ['a.tfvars'],
      terragrunt: { version: '0.80.1', useRunAll: true },
    }
    expect(plan.workspace).toMatchObject(told)
    expect(plan.timeoutMs).toBe(300_000)
    await run.settings({
      'terraform-version': '1.12.0',
      'working-directory': 'other',
      'var-files': [],
      terragrunt: null,
    })
    await run.agent.finishPlan(plan)
    expect((await run.agent.take()).workspace).toMatchObject(told)
  })

  it('shows Terragrunt as Scalr does, and refuses what agents do not do', async () => {
    await using world = await startWorld()
    const run = await prepareRuns(world, settings)
    const path = `/workspaces/${run.workspaceId}`
    expect((await world.api.get(path)).body.data.attributes.terragrunt).toEqual({
      version: '0.80.1',
      'use-run-all': true,
      'include-external-dependencies': false,
    })
    const external = await run.settings({
      terragrunt: { version: '0.80.1', 'include-external-dependencies': true },
    })
    expect([external.status, external.body.errors[0].source.pointer]).toEqual([
      422,
      '/data/attributes/terragrunt/include-external-dependencies',
    ])
    expect((await run.settings({ terragrunt: { 'use-run-all': true } })).status).toBe(422)
    const answers = ['0.58.12', '0.9.99', '0.58.13', '1.0.0'].map(
      async (version) => (await run.settings({ terragrunt: { version } })).status,
    )
    expect(await Promise.all(answers)).toEqual([422, 422, 200, 200])
  })

  it.each<[Attributes, Attributes, string | undefined]>([
    [{}, { 'terraform-version': '0.12.31' }, 'Terraform 0.12.31 is too old: 1.0.0'],
    [{}, { 'terraform-version': '1.0.0' }, undefined],
    [{ 'iac-platform': 'opentofu' }, { 'terraform-version': '1.5.7' }, 'OpenTofu 1.5.7 is too old'],
    [{ 'terraform-version': '1.5.7' }, { 'iac-platform': 'opentofu' }, 'OpenTofu 1.5.7 is too old'],
    [
      { 'terraform-version': '1.5.7' },
      { 'iac-platform': 'opentofu', 'terraform-version': '1.6.0' },
      undefined,
    ],
    [{ 'iac-platform': 'opentofu' }, { 'terraform-version': null }, undefined],
    [{}, { 'terraform-version': 'latest' }, 'Use a full version'],
  ])('a workspace with %j and then %j: %s', async (before, change, fault) => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api, before)
    const path = `/workspaces/${workspaceId}`
    const answer = await world.api.write('PATCH', path, 'workspaces', change)
    expect(answer.status).toBe(fault === undefined ? 200 : 422)
    if (fault !== undefined) expect(answer.body.errors[0].detail).toContain(fault)
  })

  it('a configuration may say which commit it is, and its runs and jobs tell', async () => {
    await using world = await startWorld()
    const { agent, workspaceId, ask } = await prepareRuns(world)
    const revision = { branch: 'main', 'commit-sha': 'a1b2c3d', 'commit-message': 'First\n\nLong' }
    const relations = { workspace: ['workspaces', workspaceId] } as const
    const make = (value: unknown): Promise<ApiAnswer> =>
      world.api.write(
        'POST',
        '/configuration-versions',
        'configuration-versions',
        { 'agent-vcs-revision': value },
        relations,
      )
    expect((await make({ branch: 'main' })).status).toBe(422)
    expect((await make({ branch: 'a\nb', 'commit-sha': 'a1b2c3d' })).status).toBe(422)
    const version = (await make(revision)).body.data
    const bytes = await archive([{ name: 'main.tf', content: '' }])
    await world.api.call('PUT', version.links.upload, { bytes })
    const run = (await ask()).body.data
    expect((await agent.take()).run.vcs).toEqual({ branch: 'main', commit: 'a1b2c3d' })
    const { body } = await world.api.get(`/runs/${run.id}?include=vcs-revision`)
    expect(body.included).toMatchObject([{ type: 'vcs-revisions', attributes: revision }])
    const id = body.data.relationships['vcs-revision'].data.id
    expect((await world.api.get(`/vcs-revisions/${id}`)).status).toBe(200)
  })
})
