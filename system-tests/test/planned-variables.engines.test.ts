import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { oneResource } from './support/configurations.ts'
import { hooksOf } from './support/hooks.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'
import { realTools } from './support/tools.ts'

type Change = (platform: Platform, workspaceId: string) => Promise<void>

const variables = [
  { key: 'text', value: 'as planned' },
  { key: 'ROTATED', value: 'old credentials', category: 'shell' },
] as const

async function update(platform: Platform, workspaceId: string, key: string, value: string) {
  const { client } = platform
  for await (const variable of client.variables.list({ filter: { workspace: workspaceId, key } })) {
    await client.variables.update(variable.id, { value })
  }
}

const changes: readonly (readonly [string, Change])[] = [
  ['changed', (platform, id) => update(platform, id, 'text', 'what nobody saw')],
  [
    'removed',
    async ({ client }, id) => {
      for await (const variable of client.variables.list({
        filter: { workspace: id, key: 'text' },
      })) {
        await client.variables.delete(variable.id)
      }
    },
  ],
]

describe.each(realTools())('variables between plan and apply, with real $iac', (tool) => {
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

  /** Plans, lets somebody change things, applies, and gives what came of it. */
  async function appliedAfter(change: Change, given: readonly (typeof variables)[number][]) {
    const { client } = platform
    const workspace = await platform.workspace({
      iac,
      files: oneResource,
      variables: given,
      hooks: hooksOf({ preApply: 'echo "rotated: $ROTATED"' }),
    })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    await platform.untilStatus(id, 'planned')
    await change(platform, workspace.id)
    await client.runs.confirm(id)
    const { applyId } = await platform.untilStatus(id, 'applied')
    const outputs = await client.workspaces.outputs(workspace.id)
    return {
      text: outputs.find(({ name }) => name === 'text')?.value,
      log: (await client.applies.output(applyId ?? '')) ?? '',
    }
  }

  it.each(changes)(
    'one that was %s meanwhile is applied as it was planned',
    async (_name, change) => {
      expect(await appliedAfter(change, variables)).toMatchObject({ text: 'as planned' })
    },
  )

  it('one that was added meanwhile is not applied: nobody saw its plan', async () => {
    const add: Change = async ({ client }, workspaceId) => {
      const variable = { key: 'text', value: 'what nobody saw', category: 'terraform' as const }
      await client.variables.create({ workspaceId, ...variable })
    }
    expect(await appliedAfter(add, [])).toMatchObject({ text: 'hello' })
  })

  it('those of the shell are taken as they are, so that renewed credentials count', async () => {
    const renew: Change = (at, id) => update(at, id, 'ROTATED', 'new credentials')
    expect((await appliedAfter(renew, variables)).log).toContain('rotated: new credentials')
  })
})
