import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { RelayAgent } from '@scalr-agent/vcs-relay'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { AgentClient } from '../support/agent-client.ts'
import { registration } from '../support/agent-messages.ts'
import { ApiClient, type Json } from '../support/api-client.ts'
import { KilledPlane } from '../support/killed-plane.ts'
import { githubWebhook, TestForge } from '../support/test-forge.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { startWorld } from '../support/world.ts'

interface Bound {
  readonly forge: TestForge
  readonly agent: RelayAgent
  readonly poolId: string
  readonly poolToken: string
  readonly workspaceId: string
  /** As the spool does: the same webhook until it is taken. */
  push(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A workspace of a forge that only an agent reaches: a real one, over real sockets. */
async function bind(
  api: ApiClient,
  url: string,
  channel: 'websocket' | 'long-poll' = 'websocket',
): Promise<Bound> {
  const forge = new TestForge()
  forge.commit('main', { 'main.tf': '0' })
  const pool = await api.create('/agent-pools', 'agent-pools', { name: 'vcs', 'vcs-enabled': true })
  const token = await api.create(`/agent-pools/${pool.id}/access-tokens`, 'access-tokens')
  const environment = await api.create('/environments', 'environments', { name: 'env' })
  const provider = await api.create(
    '/vcs-providers',
    'vcs-providers',
    {
      name: 'Our GitHub',
      'vcs-type': 'github_enterprise',
      'auth-type': 'personal_token',
      url: 'https://ghe.example.com',
    },
    { 'agent-pool': ['agent-pools', pool.id] },
  )
  const dataDir = await mkdtemp(join(tmpdir(), 'vcs-agent-'))
  const agent = new RelayAgent({
    token: token.attributes.token,
    url,
    name: 'vcs-agent',
    dataDir,
    channel,
    timing: { reconnectSpreadMs: 50 },
    handlers: { ghe: { handle: (request) => forge.answer(request) } },
  })
  const ended = agent.run().catch(() => {})
  const workspace = await api.create(
    '/workspaces',
    'workspaces',
    {
      name: 'ws',
      'auto-queue-runs': 'always',
      'vcs-repo': { identifier: forge.repository },
    },
    {
      environment: ['environments', environment.id],
      'vcs-provider': ['vcs-providers', provider.id],
    },
  )
  let webhooks = 0
  return {
    forge,
    agent,
    poolId: pool.id,
    poolToken: token.attributes.token,
    workspaceId: workspace.id,
    push: async () => {
      webhooks += 1
      const webhook = {
        id: `webhook-${webhooks}`,
        vcs: 'ghe',
        deliveryId: undefined,
        receivedAt: new Date().toISOString(),
        target: '/ghe',
        signature: 'verified' as const,
        ...githubWebhook('push', {
          ref: 'refs/heads/main',
          repository: { full_name: forge.repository },
        }),
      }
      await eventually(() =>
        agent.webhookSink.deliver(webhook, { signal: AbortSignal.timeout(5000) }),
      )
    },
    [Symbol.asyncDispose]: async () => {
      agent.stop()
      await ended
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Commit of each configuration, oldest first. */
async function commitsOf(api: ApiClient, workspaceId: string): Promise<string[]> {
  const { body } = await api.get(
    `/configuration-versions?filter[workspace]=${workspaceId}&include=vcs-revision&page[size]=100`,
  )
  expect(body.data.map((one: Json) => one.attributes.status)).not.toContain('pending')
  return body.included.map((one: Json) => one.attributes['commit-sha']).toReversed()
}

describe('the relay, mounted in a control plane', () => {
  it.each(['websocket', 'long-poll'] as const)(
    'carries a push to a run and its status back, by %s',
    async (channel) => {
      // Nothing is tried again but when the agent has come.
      await using world = await startWorld({ timing: { vcsRetryMs: 3_600_000, reaperEveryMs: 20 } })
      await using bound = await bind(world.api, world.controlPlane.url, channel)
      const { forge, workspaceId } = bound
      await eventually(async () => expect(await commitsOf(world.api, workspaceId)).toHaveLength(1))
      const sha = forge.commit('main', { 'main.tf': '1' })
      await bound.push()
      await eventually(async () =>
        expect((await commitsOf(world.api, workspaceId)).at(-1)).toBe(sha),
      )
      await eventually(() =>
        expect(forge.statuses).toContainEqual(
          expect.objectContaining({ sha, state: 'pending', context: 'scalr/env/ws' }),
        ),
      )
    },
  )

  it('is closed to run agents, to other tokens and to sessions that have ended', async () => {
    await using world = await startWorld()
    await using bound = await bind(world.api, world.controlPlane.url)
    const runPool = await world.api.create('/agent-pools', 'agent-pools', { name: 'runs' })
    const runToken = await world.api.create(
      `/agent-pools/${runPool.id}/access-tokens`,
      'access-tokens',
    )
    const client = new AgentClient(world.controlPlane.url)
    const sessionOf = async (token: string, kind: 'run' | 'vcs'): Promise<string> => {
      const answer = await client.call('POST', '/sessions', {
        token,
        json: registration(`another-${kind}`, { kind }),
      })
      return String((answer.body as Json).sessionToken)
    }
    const runSession = await sessionOf(runToken.attributes.token, 'run')
    const vcsSession = await sessionOf(bound.poolToken, 'vcs')
    const statusFor = async (token: string | undefined): Promise<number> => {
      const response = await fetch(`${world.controlPlane.url}/api/agent/v1/relay/poll`, {
        method: 'POST',
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      })
      await response.body?.cancel()
      return response.status
    }
    expect(await statusFor(undefined)).toBe(401)
    expect(await statusFor('nonsense')).toBe(401)
    expect(await statusFor(world.controlPlane.ownerToken())).toBe(403)
    expect(await statusFor(bound.poolToken)).toBe(403)
    expect(await statusFor(runSession)).toBe(409)
    expect([401, 403, 409]).not.toContain(await statusFor(vcsSession))
    await client.call('DELETE', '/sessions/self', { token: vcsSession })
    expect(await statusFor(vcsSession)).toBe(409)
  })

  it('ends the channel of an agent whose token is revoked', async () => {
    await using world = await startWorld({ timing: { vcsRetryMs: 50, reaperEveryMs: 20 } })
    await using bound = await bind(world.api, world.controlPlane.url)
    await eventually(async () =>
      expect(await commitsOf(world.api, bound.workspaceId)).toHaveLength(1),
    )
    await eventually(() => expect(bound.forge.statuses).toHaveLength(1))
    const [token] = (await world.api.get(`/agent-pools/${bound.poolId}/access-tokens`)).body.data
    await world.api.delete(`/access-tokens/${token.id}`)
    const asked = bound.forge.requests.length
    await world.api.post(`/workspaces/${bound.workspaceId}/actions/resync`)
    await eventually(async () => {
      const [provider] = (await world.api.get('/vcs-providers')).body.data
      expect(provider.attributes['error-message']).toContain('could not be asked')
    })
    // Not even what the agent would have answered until its next heartbeat.
    expect(bound.forge.requests).toHaveLength(asked)
  })

  it('I7: a control plane that is killed again and again runs each head once, and tells the last', async () => {
    await using directory = await temporaryDirectory()
    await using plane = new KilledPlane(directory.path)
    const { url, ownerToken } = await plane.serving()
    const api = new ApiClient({ url, ownerToken: () => ownerToken })
    await using bound = await bind(api, url)
    const { forge, workspaceId } = bound
    const pushed: string[] = []
    const over = new AbortController()
    const pushing = (async () => {
      while (!over.signal.aborted) {
        pushed.push(forge.commit('main', { 'main.tf': `${pushed.length}` }))
        const asked = forge.requests.length
        await bound.push()
        await eventually(() =>
          expect(over.signal.aborted || forge.requests.length > asked).toBe(true),
        )
      }
    })()
    try {
      for (let life = 0; life < 3; life += 1) {
        const asked = forge.requests.length
        // Somewhere in the work that follows.
        await eventually(() => expect(forge.requests.length).toBeGreaterThan(asked + life))
        await plane.killAndRestart()
      }
    } finally {
      over.abort()
    }
    await pushing
    const commits = await eventually(async () => {
      const found = await commitsOf(api, workspaceId)
      expect(found.at(-1)).toBe(pushed.at(-1))
      return found
    })
    expect(new Set(commits).size).toBe(commits.length)
    const runs = (await api.get(`/runs?filter[workspace]=${workspaceId}&page[size]=100`)).body.data
    expect(runs).toHaveLength(commits.length)
    await eventually(() => expect(forge.statuses.map(({ sha }) => sha)).toContain(pushed.at(-1)))
  })
})
