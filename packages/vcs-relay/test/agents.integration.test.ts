import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'

import { ConfigurationError } from '@scalr-agent/core'
import { describe, expect, it } from 'vitest'

import { RelayAgent, type RelayRequest } from '../src/index.ts'
import { BreakCounter } from './support/break-counter.ts'
import { RelayWorld, poolId, poolToken } from './support/relay-world.ts'
import { handler, request, text } from './support/requests.ts'

/** A handler whose requests wait until they are let go. */
function gate(name: string) {
  const waiting: RelayRequest[] = []
  const arrived = new PassThrough({ objectMode: true })
  const open = Promise.withResolvers<void>()
  return {
    waiting,
    open: () => open.resolve(),
    /** Resolves when so many have come. */
    async has(count: number) {
      while (waiting.length < count) await once(arrived, 'data')
    },
    handler: handler(async (message) => {
      waiting.push(message)
      arrived.push(message)
      await open.promise
      return { body: Readable.from([Buffer.from(name)]) }
    }),
  }
}

describe('agents of a pool', () => {
  it('share the requests: whoever has the least to do gets the next', async () => {
    await using world = await RelayWorld.start()
    const [one, two] = [gate('one'), gate('two')]
    await world.agent({ handlers: { ghe: one.handler }, slots: { api: 4 } })
    await world.agent({ handlers: { ghe: two.handler }, slots: { api: 4 }, channel: 'long-poll' })
    const answers = Array.from({ length: 8 }, () => world.gateway.request(poolId, request()))
    await Promise.all([one.has(4), two.has(4)])
    one.open()
    two.open()
    const names = await Promise.all(answers.map(async (answer) => text((await answer).body)))
    expect(names.toSorted()).toEqual([...Array(4).fill('one'), ...Array(4).fill('two')])
  })

  it('serve several VCSs, each agent its own', async () => {
    await using world = await RelayWorld.start()
    const says = (name: string) =>
      handler(async () => ({ body: Readable.from([Buffer.from(name)]) }))
    await world.agent({ handlers: { ghe: says('ghe'), gitlab: says('gitlab 1') } })
    await world.agent({ handlers: { gitea: says('gitea') } })
    expect(world.gateway.served(poolId)).toEqual(['ghe', 'gitea', 'gitlab'])
    for (const vcs of ['ghe', 'gitea']) {
      const { body } = await world.gateway.request(poolId, request({ vcs }))
      expect(await text(body)).toBe(vcs)
    }
  })

  it('keep slots of their own for bulk transfers, so that they hold up nothing else', async () => {
    await using world = await RelayWorld.start({ gateway: { timing: { queueMs: 100 } } })
    const bulk = gate('bulk')
    const ghe = handler(async (message, signal) =>
      message.lane === 'bulk' ? bulk.handler.handle(message, { signal }) : {},
    )
    await world.agent({ handlers: { ghe }, slots: { bulk: 2, api: 1 } })
    const running = [1, 2].map(() => world.gateway.request(poolId, request({ lane: 'bulk' })))
    await bulk.has(2)
    expect(await world.gateway.request(poolId, request())).toMatchObject({ status: 200 })
    const third = world.gateway.request(poolId, request({ lane: 'bulk' }))
    await expect(third).rejects.toMatchObject({ code: 'BUSY', fate: 'never-ran' })
    bulk.open()
    for (const answer of running) expect(await text((await answer).body)).toBe('bulk')
    // Its slots are free again.
    const { body } = await world.gateway.request(poolId, request({ lane: 'bulk' }))
    expect(await text(body)).toBe('bulk')
  })

  it('make a bulk body take breaks while a small call is under way, on both sides and no longer', async () => {
    const [atGateway, atAgent] = [new BreakCounter(), new BreakCounter()]
    await using world = await RelayWorld.start({ gateway: { clock: atGateway } })
    const small = gate('small')
    const ghe = handler(async (message, signal) => {
      if (message.lane === 'api') return await small.handler.handle(message, { signal })
      return { body: Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(64 * 1024))) }
    })
    await world.agent({ handlers: { ghe } }, { clock: atAgent })
    const bulk = async (): Promise<void> => {
      const { body } = await world.gateway.request(poolId, request({ lane: 'bulk' }))
      await text(body)
    }
    await bulk()
    expect([atGateway.breaks, atAgent.breaks]).toEqual([0, 0])
    const running = world.gateway.request(poolId, request())
    await small.has(1)
    await bulk()
    const breaks = Math.min(atGateway.breaks, atAgent.breaks)
    small.open()
    await text((await running).body)
    expect(breaks).toBeGreaterThanOrEqual(15)
  })

  it('a request that waits for a slot gets it, or goes when its caller goes', async () => {
    await using world = await RelayWorld.start()
    const one = gate('one')
    await world.agent({ handlers: { ghe: one.handler }, slots: { api: 1 } })
    const first = world.gateway.request(poolId, request())
    await one.has(1)
    const caller = new AbortController()
    const given = world.gateway.request(poolId, request(), { signal: caller.signal })
    const waits = world.gateway.request(poolId, request())
    caller.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    one.open()
    expect(await text((await first).body)).toBe('one')
    expect(await text((await waits).body)).toBe('one')
    expect(one.waiting).toHaveLength(2)
  })
})

describe('an agent that drains', () => {
  it('answers what it has, takes no more, and ends', async () => {
    await using world = await RelayWorld.start()
    const old = gate('old')
    const agent = await world.agent({ handlers: { ghe: old.handler } })
    const running = world.gateway.request(poolId, request())
    await old.has(1)
    await world.agent({
      handlers: { ghe: handler(async () => ({ body: Readable.from([Buffer.from('new')]) })) },
    })
    agent.drain()
    // Sent at once, so the gateway may still take it for one that works: then it gives them back unread.
    const raced = Array.from({ length: 10 }, () => world.gateway.request(poolId, request()))
    for (const answer of raced) expect(await text((await answer).body)).toBe('new')
    expect(old.waiting).toHaveLength(1)
    old.open()
    expect(await text((await running).body)).toBe('old')
    await world.ended(agent)
    expect(agent.status).toEqual({ channel: undefined, requests: 0, draining: true })
  })

  it('cuts what does not end in time', async () => {
    await using world = await RelayWorld.start()
    const old = gate('old')
    const agent = await world.agent({ handlers: { ghe: old.handler }, drainTimeoutMs: 50 })
    const running = world.gateway.request(poolId, request({ method: 'POST' }))
    await old.has(1)
    const failed = expect(running).rejects.toMatchObject({ code: 'AGENT_LOST', fate: 'unknown' })
    agent.drain()
    await failed
    old.open()
    await world.ended(agent)
  })
})

describe('back-pressure', () => {
  it('a slow reader stops the source, and loses nothing', async () => {
    await using world = await RelayWorld.start()
    const total = 200 * 1024 * 1024
    const piece = Buffer.alloc(64 * 1024, 'x')
    let given = 0
    const source = () =>
      new Readable({
        read() {
          if (given >= total) this.push(null)
          else {
            given += piece.length
            this.push(piece)
          }
        },
      })
    // What arrived is what was sent: both sides digest it, and would break it off.
    let seen = 0
    const ghe = handler(async ({ body }) => {
      if (body === undefined) return { body: source() }
      await paused
      for await (const chunk of body) seen += (chunk as Buffer).length
      return {}
    })
    const { promise: paused, resolve: resume } = Promise.withResolvers<void>()
    await world.agent({ handlers: { ghe } })

    const { body } = await world.gateway.request(poolId, request({ lane: 'bulk' }))
    // What the kernel and both sides hold, not what the source has.
    expect(await settled(() => given)).toBeLessThan(24 * 1024 * 1024)
    let down = 0
    for await (const chunk of body ?? []) down += (chunk as Buffer).length
    expect(down).toBe(total)

    given = 0
    const up = world.gateway.request(
      poolId,
      request({ method: 'POST', lane: 'bulk', body: source() }),
    )
    expect(await settled(() => given)).toBeLessThan(24 * 1024 * 1024)
    resume()
    await up
    expect(seen).toBe(total)
  })

  it('the body of a request that the handler does not read is never sent', async () => {
    await using world = await RelayWorld.start()
    const refusing = handler(async () => ({ origin: 'agent', status: 403 }))
    await world.agent({ handlers: { ghe: refusing } })
    let asked = 0
    const body = new Readable({ read: () => void (asked += 1) })
    const answer = await world.gateway.request(poolId, request({ method: 'POST', body }))
    expect(answer).toMatchObject({ origin: 'agent', status: 403 })
    expect(asked).toBe(0)
    if (!body.closed) await once(body, 'close')
    expect(body.destroyed).toBe(true)
  })
})

describe('what a VCS agent needs', () => {
  it.each([
    [{ handlers: {} }, '`handlers` names no VCS'],
    [{ slots: { api: 0 } }, '`slots.api` is 0'],
    [{ token: 'secret' }, 'Cannot use the token'],
    [{ url: 'http://example.com' }, 'unencrypted'],
  ])('refuses %o', (options, message) => {
    const make = () =>
      new RelayAgent({
        token: poolToken,
        url: 'http://localhost:1',
        dataDir: '/nowhere',
        handlers: { ghe: handler(async () => ({})) },
        ...options,
      })
    expect(make).toThrow(ConfigurationError)
    expect(make).toThrow(message)
  })
})

/** The value when it has stopped changing. */
async function settled(value: () => number): Promise<number> {
  for (let last = -1; ;) {
    if (value() === last) return last
    last = value()
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
