import { Readable } from 'node:stream'

import { afterEach, describe, expect, it } from 'vitest'

import { WebhookRefusedError, type RelayWebhook } from '../../src/index.ts'
import { relayPath } from '../../src/protocol/index.ts'
import { frameTypes, makeFrame, makeJsonFrame } from '../../src/protocol/frame.ts'
import { RelayWorld, poolId } from '../support/relay-world.ts'
import { handler, request, text } from '../support/requests.ts'

let world: RelayWorld
afterEach(() => world[Symbol.asyncDispose]())

describe('requests that cannot be relayed', () => {
  it.each([
    ['a line end in a header', { headers: [['x', 'a\r\nb: c']] as const }],
    ['a header name that is none', { headers: [['x y', 'a']] as const }],
    [
      'too large headers',
      { headers: Array.from({ length: 9 }, () => ['x', 'a'.repeat(8192)] as const) },
    ],
    ['too many headers', { headers: Array.from({ length: 600 }, () => ['x', 'a'] as const) }],
    ['a target with a space', { target: '/a b' }],
    ['a target of another origin', { target: 'http://example.com/' }],
    ['a target that is too long', { target: `/${'a'.repeat(8192)}` }],
    ['a method that is none', { method: 'GET /x' }],
  ])('%s', async (_what, values) => {
    world = await RelayWorld.start()
    await world.agent({ handlers: { ghe: handler(async () => ({})) } })
    const body = new Readable({ read: () => {} })
    const refused = world.gateway.request(poolId, request({ ...values, body }))
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_REQUEST', fate: 'never-ran' })
    expect(body.destroyed).toBe(true)
  })

  it('answers with headers that are too large are told as such', async () => {
    world = await RelayWorld.start()
    const headers = Array.from({ length: 9 }, () => ['x', 'a'.repeat(8192)] as const)
    await world.agent({ handlers: { ghe: handler(async () => ({ headers })) } })
    const failed = world.gateway.request(poolId, request())
    await expect(failed).rejects.toThrow("What 'ghe' answered cannot be relayed")
  })

  it('as much as fits goes through', async () => {
    world = await RelayWorld.start()
    const ghe = handler(async ({ headers, target }) => ({
      headers,
      body: Readable.from([Buffer.from(String(target.length))]),
    }))
    await world.agent({ handlers: { ghe } })
    const headers = Array.from({ length: 8 }, () => ['x', '\u00fc'.repeat(8000)] as const)
    const answer = await world.gateway.request(
      poolId,
      request({ headers, target: `/${'a'.repeat(8191)}` }),
    )
    expect(answer.headers).toEqual(headers)
    expect(await text(answer.body)).toBe('8192')
  })
})

describe('calls', () => {
  async function session(name: string): Promise<string> {
    const answer = await fetch(`${world.url}/api/agent/v1/sessions`, {
      method: 'POST',
      body: JSON.stringify({ name }),
    })
    return ((await answer.json()) as { sessionToken: string }).sessionToken
  }

  async function call(
    token: string,
    method: string,
    path: string,
    body?: string,
  ): Promise<Response> {
    return fetch(`${world.url}${relayPath}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body }),
    })
  }

  it('an agent can neither read nor answer what another was sent', async () => {
    world = await RelayWorld.start({ gateway: { ids: (kind) => `${kind}-1` } })
    const asked = Promise.withResolvers<void>()
    const ghe = handler(async ({ body }) => {
      asked.resolve()
      return { body: Readable.from([Buffer.from(await text(body))]) }
    })
    await world.agent({ handlers: { ghe } })
    const source = new Readable({ read: () => {} })
    const answer = world.gateway.request(poolId, request({ method: 'POST', body: source }))
    await asked.promise
    const thief = await session('thief')
    expect((await call(thief, 'GET', '/requests/relay-1/body')).status).toBe(410)
    expect((await call(thief, 'POST', '/requests/relay-1/answer', 'x')).status).toBe(410)
    expect((await call(thief, 'POST', '/channels/channel-1/poll', '{"after":0}')).status).toBe(404)
    source.push('mine')
    source.push(null)
    expect(await text((await answer).body)).toBe('mine')
  })

  it.each([
    ['GET', '/nothing', undefined, 404],
    ['POST', '/channels', '{', 400],
    ['POST', '/channels', '{"type":"hello","vcs":[]}', 400],
    ['POST', '/channels', 'x'.repeat(600_000), 413],
    ['POST', '/channels/none/poll', '{"after":0}', 404],
    ['GET', '/requests/none/body', undefined, 410],
  ])('%s %s is refused in words of the protocol', async (method, path, body, status) => {
    world = await RelayWorld.start()
    const answer = await call(await session('one'), method, path, body)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({
      status,
      type: expect.stringMatching(/^urn:scalr/u),
    })
  })

  it('an agent of another version is told so', async () => {
    world = await RelayWorld.start()
    const lanes = { api: 1, bulk: 1 }
    const hello = { type: 'hello', protocolVersions: [99], vcs: ['ghe'], lanes }
    const answer = await call(await session('one'), 'POST', '/channels', JSON.stringify(hello))
    expect(answer.status).toBe(426)
    expect(await answer.text()).toContain('the agent offers 99. Update one of them.')
  })
})

describe('webhooks', () => {
  const webhook: RelayWebhook = {
    id: 'hook-1',
    vcs: 'ghe',
    deliveryId: undefined,
    receivedAt: '2026-01-01T00:00:00Z',
    target: '/webhooks/ghe?x=%2f',
    headers: [
      ['X-Hub-Signature-256', 'sha256=abc'],
      ['x-hub-signature-256', 'sha256=def'],
    ],
    body: Buffer.from([0, 1, 2, 255, 13, 10]),
    signature: 'verified',
  }
  const { signal } = new AbortController()

  it('arrive byte for byte, with the agent that they came from', async () => {
    const kept: unknown[] = []
    world = await RelayWorld.start({
      gateway: { onWebhook: async (...args) => void kept.push(args) },
    })
    const agent = await world.agent({ handlers: { ghe: handler(async () => ({})) } })
    await agent.webhookSink.deliver(webhook, { signal })
    await agent.webhookSink.deliver(
      { ...webhook, deliveryId: 'd', body: Buffer.alloc(0) },
      { signal },
    )
    const from = { agentId: 'agent-1', poolId }
    expect(kept).toEqual([
      [webhook, from],
      [{ ...webhook, deliveryId: 'd', body: Buffer.alloc(0) }, from],
    ])
  })

  it('that are never taken are told from those that may be later', async () => {
    const errors = [new WebhookRefusedError('No such VCS.'), new Error('disk full')]
    world = await RelayWorld.start({
      gateway: { onWebhook: async () => Promise.reject(errors.shift() ?? new Error('no more')) },
    })
    const agent = await world.agent({ handlers: { ghe: handler(async () => ({})) } })
    const refused = agent.webhookSink.deliver(webhook, { signal })
    await expect(refused).rejects.toBeInstanceOf(WebhookRefusedError)
    await expect(refused).rejects.toThrow('No such VCS.')
    const later = await agent.webhookSink
      .deliver(webhook, { signal })
      .catch((error: unknown) => error)
    expect(later).not.toBeInstanceOf(WebhookRefusedError)
    expect(later).toMatchObject({ status: 503 })
    expect(String(later)).not.toContain('disk full')
  })

  it('that are too large are refused for good', async () => {
    world = await RelayWorld.start()
    const agent = await world.agent({ handlers: { ghe: handler(async () => ({})) } })
    const large = { ...webhook, body: Buffer.alloc(25 * 1024 * 1024 + 1) }
    const refused = agent.webhookSink.deliver(large, { signal })
    await expect(refused).rejects.toBeInstanceOf(WebhookRefusedError)
  })

  it('that break off on the way are not kept', async () => {
    const kept: unknown[] = []
    world = await RelayWorld.start({ gateway: { onWebhook: async (hook) => void kept.push(hook) } })
    const agent = world.begin({ handlers: { ghe: handler(async () => ({})) } })
    await world.log.heard('The VCS agent is connected')
    expect(agent.status.channel).toBe('websocket')
    const { body, deliveryId: _none, ...head } = webhook
    const frames = [makeJsonFrame(frameTypes.head, head), makeFrame(frameTypes.data, body)]
    const answer = await fetch(`${world.url}/api/agent/v1/sessions`, {
      method: 'POST',
      body: JSON.stringify({ name: 'other' }),
    })
    const { sessionToken } = (await answer.json()) as { sessionToken: string }
    const post = (end: readonly Buffer[]): Promise<Response> =>
      fetch(`${world.url}${relayPath}/webhooks`, {
        method: 'POST',
        headers: { authorization: `Bearer ${sessionToken}` },
        body: Buffer.concat([...frames, ...end]),
      })
    expect((await post([])).status).toBe(400)
    const end = { bytes: body.length, sha256: '0'.repeat(64) }
    expect((await post([makeJsonFrame(frameTypes.end, end)])).status).toBe(400)
    expect(kept).toEqual([])
  })

  it('wait for a session, and go when their sender goes', async () => {
    world = await RelayWorld.start()
    const agent = world.begin({
      handlers: { ghe: handler(async () => ({})) },
      url: 'http://localhost:1',
    })
    const sender = new AbortController()
    const waiting = agent.webhookSink.deliver(webhook, { signal: sender.signal })
    sender.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    agent.stop()
  })
})
