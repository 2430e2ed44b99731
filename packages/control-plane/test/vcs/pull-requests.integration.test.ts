import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { startVcsWorld, type VcsWorld } from '../support/vcs-world.ts'

async function dryRuns(world: VcsWorld, workspaceId: string) {
  return (await world.runs(workspaceId)).filter((run) => run.attributes['is-dry'])
}

/** A bound workspace, settled, and a feature branch. */
async function withFeature(world: VcsWorld, repo: Record<string, unknown> = {}): Promise<string> {
  const base = world.forge.commit('main', { 'main.tf': '1', 'docs/a.md': '1' })
  world.forge.commit('feature', { 'main.tf': '2' }, { onto: base })
  const { id } = await world.bound(repo, { 'auto-queue-runs': 'never' })
  await eventually(async () => {
    const [first] = await world.configurations(id)
    expect(first.attributes.status).toBe('uploaded')
  })
  return id
}

/** Webhooks of one repository are looked at in their order: once this push has come, all before have. */
async function caughtUp(world: VcsWorld, workspaceId: string): Promise<void> {
  const before = (await world.configurations(workspaceId)).length
  const more = `${before}`
  world.forge.commit('main', { 'main.tf': more, 'modules/main.tf': more })
  await world.pushed('main')
  await eventually(async () => {
    const all = await world.configurations(workspaceId)
    expect(all.length).toBeGreaterThan(before)
    expect(all.map((one) => one.attributes.status)).not.toContain('pending')
  })
}

describe('a pull request', () => {
  it('makes a dry run of each of its commits, and tells the commit', async () => {
    await using world = await startVcsWorld()
    const id = await withFeature(world)
    world.forge.pull(12, { base: 'main', head: 'feature' })
    await world.pullChanged(12, 'opened')
    await world.pullChanged(12, 'edited')
    const run = await eventually(async () => {
      const [first] = await dryRuns(world, id)
      expect(first?.attributes).toMatchObject({
        'is-dry': true,
        source: 'vcs',
        message: 'Pull 12 (#12)',
      })
      return first
    })
    const revision = await world.api.get(
      `/vcs-revisions/${run.relationships['vcs-revision'].data.id}`,
    )
    expect(revision.body.data.attributes).toMatchObject({
      branch: 'feature',
      'commit-url': 'https://ghe.example.com/acme/infra/pull/12',
    })
    await eventually(() =>
      expect(world.forge.statuses).toContainEqual(
        expect.objectContaining({
          sha: revision.body.data.attributes['commit-sha'],
          state: 'pending',
          target_url: `${world.controlPlane.url}/api/iacp/v3/runs/${run.id}`,
        }),
      ),
    )
    world.forge.commit('feature', { 'main.tf': '3' })
    await world.pullChanged(12)
    await eventually(async () => expect(await dryRuns(world, id)).toHaveLength(2))
  })

  it.each<[string, (world: VcsWorld) => void, Record<string, unknown>]>([
    ['is closed', ({ forge }) => forge.pull(1, branches, { state: 'closed' }), {}],
    ['is a draft', ({ forge }) => forge.pull(1, branches, { draft: true }), {}],
    [
      'comes from a fork, where others write code that would see our variables',
      ({ forge }) => forge.pull(1, branches, { fork: true }),
      {},
    ],
    [
      'goes to another branch',
      ({ forge }) => forge.pull(1, { base: 'other', head: 'feature' }),
      {},
    ],
    [
      'changes nothing that the workspace is triggered by',
      ({ forge }) => forge.pull(1, branches),
      { 'trigger-prefixes': ['modules'] },
    ],
    [
      'is of a workspace without dry runs',
      ({ forge }) => forge.pull(1, branches),
      { 'dry-runs-enabled': false },
    ],
    ['is not there', () => {}, {}],
  ])('makes none when it %s', async (_what, prepare, repo) => {
    await using world = await startVcsWorld()
    const id = await withFeature(world, repo)
    prepare(world)
    await world.pullChanged(1)
    await caughtUp(world, id)
    expect(await dryRuns(world, id)).toEqual([])
  })

  it('makes a dry run of a draft where the VCS provider says so', async () => {
    await using world = await startVcsWorld({ provider: { 'draft-pr-runs-enabled': true } })
    const id = await withFeature(world)
    world.forge.pull(3, branches, { draft: true })
    await world.pullChanged(3)
    await eventually(async () => expect(await dryRuns(world, id)).toHaveLength(1))
  })
})

const branches = { base: 'main', head: 'feature' }
