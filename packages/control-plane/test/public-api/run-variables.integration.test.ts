import { describe, expect, it } from 'vitest'

import { prepareRuns, type Attributes } from '../support/prepare-runs.ts'
import { startWorld } from '../support/world.ts'

describe('variables of a run', () => {
  it('win over those of the workspace, and reach the job as they are', async () => {
    await using world = await startWorld()
    const { agent, ask, workspaceId } = await prepareRuns(world)
    await world.api.create(
      '/vars',
      'vars',
      { key: 'region', value: 'wide', category: 'terraform' },
      { workspace: ['workspaces', workspaceId] },
    )
    const variables = [
      { key: 'region', value: '["a"]', category: 'terraform', hcl: true, sensitive: false },
      { key: 'größe', value: 'multi\nline ü', category: 'terraform', hcl: false, sensitive: true },
      { key: 'TOKEN', value: 'canary', category: 'env', hcl: true, sensitive: true },
    ]
    const answer = await ask({ variables })
    expect(answer.text).not.toContain('canary')
    expect((await agent.take()).variables).toEqual([
      variables[0],
      variables[1],
      // Scalr's `env` is another word for `shell`, where HCL means nothing.
      { ...variables[2], category: 'shell', hcl: false },
    ])
  })

  it.each<[Attributes, string]>([
    [{ key: 'a b', category: 'terraform' }, 'name of a Terraform variable'],
    [{ key: '1a', category: 'terraform' }, 'name of a Terraform variable'],
    [{ key: 'a-b', category: 'shell' }, 'name of an environment variable'],
    [{ key: 'ü', category: 'env' }, 'name of an environment variable'],
    [{ key: '', category: 'shell' }, 'Key cannot be empty.'],
    [{ key: 'a', category: 'other' }, 'Category must be one of'],
    [{ key: 'a', category: 'shell', value: 'x\0y' }, 'NUL'],
  ])('%j is refused', async (variable, detail) => {
    await using world = await startWorld()
    const { ask } = await prepareRuns(world)
    const answer = await ask({ variables: [{ value: '', ...variable }] })
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].detail).toContain(detail)
    expect(answer.body.errors[0].source.pointer).toMatch(/^\/data\/attributes\/variables\/0\//u)
  })

  it.each(['account', 'environment', 'workspace'] as const)(
    'override nothing that is final in the %s',
    async (scope) => {
      await using world = await startWorld()
      const { ask, environmentId, workspaceId } = await prepareRuns(world)
      const relations = {
        account: {},
        environment: { environment: ['environments', environmentId] },
        workspace: { workspace: ['workspaces', workspaceId] },
      } as const
      const final = { key: 'REGION', value: 'x', category: 'shell', final: true }
      await world.api.create('/vars', 'vars', final, relations[scope])
      const variable = (key: string, category: string) => ({ key, category, value: '' })
      const refused = await ask({
        variables: [variable('OTHER', 'shell'), variable('REGION', 'env')],
      })
      expect(refused.status).toBe(422)
      expect(refused.body.errors[0]).toMatchObject({
        detail: `Variable with key 'REGION' is final in the ${scope} and cannot be overridden.`,
        source: { pointer: '/data/attributes/variables/1/key' },
      })
      // Another kind of variable by that name is another variable.
      expect((await ask({ variables: [variable('REGION', 'terraform')] })).status).toBe(201)
    },
  )

  it('come once each', async () => {
    await using world = await startWorld()
    const { ask } = await prepareRuns(world)
    const variable = { key: 'A', value: '' }
    const answer = await ask({
      variables: [
        { ...variable, category: 'shell' },
        { ...variable, category: 'env' },
      ],
    })
    expect([answer.status, answer.body.errors[0].detail]).toEqual([
      422,
      "Variable with key 'A' is given twice.",
    ])
  })
})
