import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Readable } from 'node:stream'

import { describe, expect, it } from 'vitest'

import { RelayWorld, poolId } from './support/relay-world.ts'
import { handler, request, text } from './support/requests.ts'
import { ReverseProxy, type ProxyFaults } from './support/reverse-proxy.ts'
import { TestAuthority } from './support/test-authority.ts'
import { TunnelProxy } from './support/tunnel-proxy.ts'

const echo = handler(async ({ body }) => ({ body: body ?? Readable.from([Buffer.from('hello')]) }))
const noWebSocket = 'No WebSocket comes through; using long-polls'

async function behind(faults: ProxyFaults, world: RelayWorld): Promise<ReverseProxy> {
  return world.keep(await ReverseProxy.start(world.port, faults))
}

describe('proxies before the control plane', () => {
  it.each(['plain', 'hang'] as const)(
    'polls where a WebSocket does not come through (%s)',
    async (webSocket) => {
      await using world = await RelayWorld.start()
      const proxy = await behind({ webSocket }, world)
      const agent = await world.agent({
        handlers: { ghe: echo },
        url: proxy.url,
        timing: { probeMs: 300 },
      })
      expect(agent.status.channel).toBe('long-poll')
      expect(world.log.count(noWebSocket)).toBe(1)
      const { body } = await world.gateway.request(poolId, request())
      expect(await text(body)).toBe('hello')
    },
  )

  it('tries no WebSocket again for a while where none came through', async () => {
    await using world = await RelayWorld.start()
    const proxy = await behind({ webSocket: 'plain' }, world)
    const agent = await world.agent({ handlers: { ghe: echo }, url: proxy.url })
    world.gateway.drop('agent-1', 'a test')
    await world.log.heard('The VCS agent is connected', 2)
    expect(agent.status.channel).toBe('long-poll')
    expect(proxy.upgrades).toBe(1)
  })

  it('one that buffers whole bodies makes answers late, not broken', async () => {
    await using world = await RelayWorld.start({ gateway: { timing: { firstByteMs: 800 } } })
    const proxy = await behind({ buffers: true, webSocket: 'plain' }, world)
    const sent = randomBytes(3_000_000)
    // Slower than the time that the gateway gives an agent of which it hears nothing.
    const slowly = async function* (): AsyncGenerator<Buffer> {
      for (let at = 0; at < sent.length; at += 500_000) {
        await delay(150)
        yield sent.subarray(at, at + 500_000)
      }
    }
    const both = handler(async ({ body }) => ({ body: body ?? Readable.from(slowly()) }))
    await world.agent({ handlers: { ghe: both }, url: proxy.url, timing: { workingMs: 50 } })
    const down = await world.gateway.request(poolId, request())
    expect((await whole(down.body)).equals(sent)).toBe(true)
    const up = await world.gateway.request(
      poolId,
      request({ method: 'POST', body: Readable.from(slowly()) }),
    )
    expect((await whole(up.body)).equals(sent)).toBe(true)
  })

  it('one that cuts an answer makes it a failure at once, not when the time for it is over', async () => {
    await using world = await RelayWorld.start({ gateway: { timing: { firstByteMs: 600_000 } } })
    const proxy = await behind({ cutAnswers: 1 }, world)
    await world.agent({ handlers: { ghe: echo }, url: proxy.url })
    const failed = world.gateway.request(poolId, request({ method: 'POST' }))
    await expect(failed).rejects.toMatchObject({ code: 'AGENT_FAILED', fate: 'unknown' })
  })

  it('one that cuts idle connections finds none idle: not the channel, not a silent body', async () => {
    await using world = await RelayWorld.start({
      gateway: { timing: { pingMs: 100, keepAliveMs: 100 } },
    })
    const proxy = await behind({ idleMs: 500 }, world)
    const quiet = new Readable({ read: () => {} })
    const agent = await world.agent({
      handlers: { ghe: handler(async () => ({ body: quiet })) },
      url: proxy.url,
      timing: { keepAliveMs: 100 },
    })
    expect(agent.status.channel).toBe('websocket')
    quiet.push('one, ')
    const { body } = await world.gateway.request(poolId, request())
    await delay(1500)
    quiet.push('two')
    quiet.push(null)
    expect(await text(body)).toBe('one, two')
    expect(world.log.count('The VCS agent is connected')).toBe(1)
  })

  it('a poll that is cut for being idle is asked again, and nothing is lost', async () => {
    await using world = await RelayWorld.start({ gateway: { timing: { pollMs: 60_000 } } })
    const proxy = await behind({ idleMs: 200 }, world)
    await world.agent({ handlers: { ghe: echo }, url: proxy.url, channel: 'long-poll' })
    for (let i = 0; i < 4; i += 1) {
      const { body } = await world.gateway.request(poolId, request())
      expect(await text(body)).toBe('hello')
      const before = proxy.idleCuts
      await expect.poll(() => proxy.idleCuts).toBeGreaterThan(before)
    }
    expect(world.log.count('The VCS agent is connected')).toBe(1)
  })
})

describe('a proxy for CONNECT on the way out', () => {
  const authority = new TestAuthority()
  const identity = authority.issue(['DNS:control-plane.test'])

  it.each(['websocket', 'long-poll'] as const)('carries everything (%s)', async (channel) => {
    await using world = await RelayWorld.start({ tls: identity })
    // 50 ms there and back.
    const proxy = world.keep(await TunnelProxy.start({ port: world.port, delayMs: 25 }))
    await world.agent({
      handlers: { ghe: echo },
      channel,
      // No machine has this name, so nothing can go another way.
      url: `https://control-plane.test:${world.port}`,
      connection: { caCert: authority.caCert, proxy: { httpsProxy: proxy.url } },
    })
    const sent = randomBytes(10_000_000)
    const { body } = await world.gateway.request(
      poolId,
      request({ method: 'POST', body: Readable.from([sent]) }),
    )
    expect((await whole(body)).equals(sent)).toBe(true)
    expect(new Set(proxy.targets)).toEqual(new Set([`control-plane.test:${world.port}`]))
  })
})

async function whole(body: Readable | undefined): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of body ?? []) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
