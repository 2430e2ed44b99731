import { gunzipSync } from 'node:zlib'

import { extract } from 'tar-stream'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { deferred } from '@scalr-agent/core/runtime'

import { ApiClient, type Json } from '../support/api-client.ts'
import { githubWebhook } from '../support/test-forge.ts'
import { startVcsWorld, type VcsWorld } from '../support/vcs-world.ts'

async function filesOf(world: VcsWorld, configurationId: string): Promise<string[]> {
  const answer = await fetch(
    `${world.controlPlane.url}/api/iacp/v3/configuration-versions/${configurationId}/download`,
    { headers: { authorization: `Bearer ${world.controlPlane.ownerToken()}` } },
  )
  const tar = extract()
  tar.end(gunzipSync(Buffer.from(await answer.arrayBuffer())))
  const names: string[] = []
  for await (const entry of tar) {
    names.push(entry.header.name)
    entry.resume()
  }
  return names
}

/** Waits until every configuration has come to something. */
async function settled(world: VcsWorld, workspaceId: string, count: number): Promise<Json[]> {
  return eventually(async () => {
    const all = await world.configurations(workspaceId)
    expect(all.map((one) => one.attributes.status)).not.toContain('pending')
    expect(all).toHaveLength(count)
    return all
  })
}

describe('a workspace with a repository', () => {
  it('takes the head of the default branch when it is made, and runs it', async () => {
    await using world = await startVcsWorld()
    const sha = world.forge.commit('main', { 'main.tf': 'one' }, { message: 'First' })
    const workspace = await world.bound()
    expect(workspace.attributes['vcs-repo']).toMatchObject({
      identifier: 'acme/infra',
      branch: null,
      'dry-runs-enabled': true,
    })
    const [configuration] = await settled(world, workspace.id, 1)
    expect(configuration.attributes).toMatchObject({ status: 'uploaded', source: 'vcs' })
    expect(await filesOf(world, configuration.id)).toEqual(['main.tf'])
    const revision = (
      await world.api.get(`/vcs-revisions/${configuration.relationships['vcs-revision'].data.id}`)
    ).body.data
    expect(revision.attributes).toMatchObject({
      branch: 'main',
      'commit-sha': sha,
      'commit-message': 'First',
      'repository-id': '7',
    })
    const [run] = await world.runs(workspace.id)
    expect(run.attributes).toMatchObject({ source: 'vcs', message: 'First', 'is-dry': false })
  })

  it('runs a push once, however often its webhook comes', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'main.tf': 'one' })
    const workspace = await world.bound()
    await settled(world, workspace.id, 1)
    const sha = world.forge.commit('main', { 'main.tf': 'two' })
    await world.pushed('main', { id: 'same' })
    await world.pushed('main', { id: 'same' })
    await world.pushed('main', { id: 'redelivered' })
    await settled(world, workspace.id, 2)
    world.forge.commit('main', { 'main.tf': 'three' })
    await world.pushed('main')
    await settled(world, workspace.id, 3)
    const runs = await world.runs(workspace.id)
    expect(runs).toHaveLength(3)
    const statuses = await eventually(() => {
      expect(world.forge.statuses.map((one) => one.sha)).toContain(sha)
      return world.forge.statuses
    })
    expect(statuses[0]).toMatchObject({ state: 'pending', context: 'scalr/env/ws' })
  })

  it('takes an event once that the forge tells several agents, and a forged one takes none away', async () => {
    const secret = 'a secret of webhooks'
    await using world = await startVcsWorld({ provider: { 'agent-webhook-secret': secret } })
    const { forge, gateway, vcsPoolId } = world
    forge.commit('main', { 'main.tf': 'one' })
    const workspace = await world.bound()
    await settled(world, workspace.id, 1)
    const tell = (signedWith: string): Promise<void> =>
      gateway.deliver(vcsPoolId, {
        ...githubWebhook(
          'push',
          { ref: 'refs/heads/main', repository: { full_name: forge.repository } },
          { secret: signedWith },
        ),
        signature: 'unchecked',
        deliveryId: 'the same',
      })
    forge.commit('main', { 'main.tf': 'two' })
    await expect(tell('another secret')).rejects.toThrow('is not signed with the webhook secret')
    await tell(secret)
    await settled(world, workspace.id, 2)
    // A second look would find this one.
    forge.commit('main', { 'main.tf': 'three' })
    await tell(secret)
    // Of the same repository, so whatever came before it was looked at before it.
    await world.pullChanged(99)
    await eventually(() => expect(forge.requests.join('\n')).toContain('/pulls/99'))
    expect(await settled(world, workspace.id, 2)).toHaveLength(2)
    await world.pushed('main', { deliveryId: 'another' })
    await settled(world, workspace.id, 3)
  })

  it('looks once for many webhooks that came before it could look', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'main.tf': '0' })
    const workspace = await world.bound()
    await settled(world, workspace.id, 1)
    world.gateway.isOnline = false
    for (let count = 1; count <= 20; count += 1) {
      world.forge.commit('main', { 'main.tf': `${count}` })
      await world.pushed('main')
      await world.pushed('other')
    }
    const asked = world.forge.requests.length
    world.gateway.isOnline = true
    await settled(world, workspace.id, 2)
    await eventually(() => expect(world.forge.statuses.length).toBeGreaterThan(1))
    const looks = world.forge.requests
      .slice(asked)
      .filter((one) => one.endsWith(`/repos/${world.forge.repository}`))
    expect(looks.length).toBeLessThanOrEqual(3)
  })

  it.each([
    ['asks where the repository is', /\/repos\/acme\/infra$/u],
    ['asks for the branch', /\/branches\/main$/u],
    ['asks what changed', /\/compare\//u],
    ['fetches the archive', /\/tarball\//u],
  ])('I7: goes on once after a stop while it %s', async (_what, call) => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'main.tf': '1' })
    const workspace = await world.bound()
    await settled(world, workspace.id, 1)
    const sha = world.forge.commit('main', { 'main.tf': '2' })
    const reached = deferred<void>()
    world.forge.intercept = async ({ target }) => {
      if (!call.test(target)) return undefined
      reached.resolve()
      return new Promise(() => {})
    }
    await world.pushed('main')
    await reached.promise
    await world.controlPlane.close()
    world.forge.intercept = undefined
    await using again = await world.restart()
    const api = new ApiClient(again)
    await eventually(async () => {
      const { data } = (await api.get(`/runs?filter[workspace]=${workspace.id}`)).body
      expect(data.map((run: Json) => run.attributes.message)).toEqual([
        'Change main.tf',
        'Change main.tf',
      ])
    })
    await eventually(() => expect(world.forge.statuses.at(-1)?.sha).toBe(sha))
  })

  it('leaves other branches, deleted branches and other repositories alone', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'main.tf': 'one' })
    const workspace = await world.bound()
    await settled(world, workspace.id, 1)
    world.forge.commit('feature', { 'main.tf': 'two' })
    await world.pushed('feature')
    await world.pushed('gone')
    world.forge.deleteBranch('main')
    await world.pushed('main')
    const last = world.forge.commit('main', { 'main.tf': 'three' })
    await world.pushed('main')
    const all = await settled(world, workspace.id, 2)
    const [newest] = all
    const revision = await world.api.get(
      `/vcs-revisions/${newest.relationships['vcs-revision'].data.id}`,
    )
    expect(revision.body.data.attributes['commit-sha']).toBe(last)
  })

  it('follows a rewritten branch, and a push that comes late changes nothing', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'main.tf': 'one', 'docs/a.md': 'a' })
    const workspace = await world.bound({ 'trigger-prefixes': ['modules'] })
    await settled(world, workspace.id, 1)
    // Only docs differ, but nobody can tell what else a rewrite took away.
    world.forge.commit('main', { 'main.tf': 'one', 'docs/a.md': 'b' }, { onto: null })
    await world.pushed('main')
    await settled(world, workspace.id, 2)
    await world.pushed('main')
    await world.pushed('main')
    expect(await settled(world, workspace.id, 2)).toHaveLength(2)
  })

  it('runs what its triggers name, also when a webhook before got lost', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'live/main.tf': '1', 'docs/a.md': '1' })
    const workspace = await world.bound({ 'trigger-prefixes': ['/live/'] })
    await settled(world, workspace.id, 1)
    world.forge.commit('main', { 'docs/a.md': '2' })
    await world.pushed('main')
    world.forge.commit('main', { 'lively.tf': '1' })
    await world.pushed('main')
    world.forge.commit('main', { 'live/main.tf': '2' })
    world.forge.commit('main', { 'docs/a.md': '3' })
    await world.pushed('main')
    const all = await settled(world, workspace.id, 2)
    expect(all).toHaveLength(2)
  })

  it('makes a folder of the repository the root of its configurations', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'a/main.tf': '1', 'b/main.tf': '1' })
    const workspace = await world.bound({ path: '/a/' })
    const [configuration] = await settled(world, workspace.id, 1)
    expect(await filesOf(world, configuration.id)).toEqual(['main.tf'])
    world.forge.commit('main', { 'b/main.tf': '2' })
    await world.pushed('main')
    world.forge.commit('main', { 'a/main.tf': '2' })
    await world.pushed('main')
    await settled(world, workspace.id, 2)
  })

  it('skips the first run unless it shall not, and never runs when it must not', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'main.tf': '1' })
    const skipping = await world.bound({}, { name: 'skip', 'auto-queue-runs': 'skip_first' })
    const never = await world.bound({}, { name: 'never', 'auto-queue-runs': 'never' })
    await settled(world, skipping.id, 1)
    await settled(world, never.id, 1)
    expect(await world.runs(skipping.id)).toEqual([])
    world.forge.commit('main', { 'main.tf': '2' })
    await world.pushed('main')
    await settled(world, skipping.id, 2)
    await settled(world, never.id, 2)
    expect(await world.runs(skipping.id)).toHaveLength(1)
    expect(await world.runs(never.id)).toEqual([])
  })

  it('waits for an agent, and goes on when one is there', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'main.tf': '1' })
    world.gateway.isOnline = false
    const workspace = await world.bound()
    const provider = `/vcs-providers/${world.providerId}`
    await eventually(async () => {
      const { attributes } = (await world.api.get(provider)).body.data
      expect(attributes['error-message']).toContain('No VCS agent of the pool is online')
    })
    const [pending] = await world.configurations(workspace.id)
    expect(pending.attributes.status).toBe('pending')
    world.gateway.isOnline = true
    await settled(world, workspace.id, 1)
    const { attributes } = (await world.api.get(provider)).body.data
    expect(attributes['error-message']).toBeNull()
  })

  it('says why a configuration did not come', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'docs/a.md': '1' })
    const noBranch = await world.bound({ branch: 'nope' }, { name: 'a' })
    const noFolder = await world.bound({ path: 'live' }, { name: 'b' })
    const noRepository = await world.bound({ identifier: 'acme/other' }, { name: 'c' })
    const errorOf = async (id: string): Promise<string> =>
      (await settled(world, id, 1))[0].attributes['error-message']
    expect(await errorOf(noBranch.id)).toBe(
      "The repository acme/infra has no branch 'nope'. Name another one in vcs-repo.branch, or push it and resync.",
    )
    expect(await errorOf(noFolder.id)).toContain("holds no file below 'live'")
    expect(await errorOf(noRepository.id)).toContain('GitHub Enterprise answered 404 (Not Found)')
  })

  it('is synced again on request, also without a change', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'main.tf': '1' })
    const workspace = await world.bound()
    await settled(world, workspace.id, 1)
    const answer = await world.api.post(`/workspaces/${workspace.id}/actions/resync`)
    expect(answer.status).toBe(201)
    expect(answer.body.data).toMatchObject({ type: 'configuration-versions' })
    await settled(world, workspace.id, 2)
    const other = await world.api.create(
      '/workspaces',
      'workspaces',
      { name: 'unbound' },
      { environment: ['environments', world.environmentId] },
    )
    const refused = await world.api.post(`/workspaces/${other.id}/actions/resync`)
    expect(refused.status).toBe(409)
    expect(refused.body.errors[0].detail).toBe('Workspace is not bound to any repository.')
  })
})
