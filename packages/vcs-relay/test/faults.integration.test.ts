import { once } from 'node:events'
import { Readable } from 'node:stream'

import { describe, expect, it } from 'vitest'

import type { RelayHandler } from '../src/index.ts'
import { RelayWorld, poolId } from './support/relay-world.ts'
import { closed, handler, request, text } from './support/requests.ts'

// Far above what a test may take: nothing here is noticed by waiting for a time to be over.
const noTimeouts = { pingMs: 600_000, firstByteMs: 600_000, bodyIdleMs: 600_000 }

const hello = (name: string): RelayHandler =>
  handler(async () => ({ body: Readable.from([Buffer.from(name)]) }))

describe.each(['websocket', 'long-poll'] as const)('an agent that is killed (%s)', (channel) => {
  it('breaks the bodies that it was sending, and another agent takes what comes next', async () => {
    await using world = await RelayWorld.start({ gateway: { timing: noTimeouts } })
    const victim = await world.agentProcess(channel)
    const { body } = await world.gateway.request(poolId, request({ target: '/endless' }))
    await once(body ?? new Readable(), 'data')
    await world.agent({ handlers: { ghe: hello('another') }, channel })
    victim.kill('SIGKILL')
    await expect(text(body)).rejects.toMatchObject({ code: 'BROKEN_OFF', fate: 'answered' })
    const again = await world.gateway.request(poolId, request())
    expect(await text(again.body)).toBe('another')
  })

  it('leaves unknown what became of a write, and nobody repeats it', async () => {
    await using world = await RelayWorld.start({ gateway: { timing: noTimeouts } })
    const victim = await world.agentProcess(channel)
    const waiting = world.gateway.request(poolId, request({ method: 'POST', target: '/silent' }))
    await once(victim.stdout ?? victim, 'data')
    let asked = 0
    const another = handler(async () => {
      asked += 1
      return {}
    })
    await world.agent({ handlers: { ghe: another }, channel })
    victim.kill('SIGKILL')
    await expect(waiting).rejects.toMatchObject({ code: 'AGENT_LOST', fate: 'unknown' })
    expect(asked).toBe(0)
  })

  it('has its reads repeated by another', async () => {
    await using world = await RelayWorld.start({ gateway: { timing: noTimeouts } })
    const victim = await world.agentProcess(channel)
    const waiting = world.gateway.request(poolId, request({ target: '/silent' }))
    await once(victim.stdout ?? victim, 'data')
    await world.agent({ handlers: { ghe: hello('another') }, channel })
    victim.kill('SIGKILL')
    expect(await text((await waiting).body)).toBe('another')
  })
})

describe('a gateway that is restarted', () => {
  it.each(['websocket', 'long-poll'] as const)('finds its agents again (%s)', async (channel) => {
    const first = await RelayWorld.start({ gateway: { timing: noTimeouts } })
    const quiet = new Readable({ read: () => {} })
    const answers = [quiet, Readable.from([Buffer.from('back again')])]
    const ghe = handler(async () => ({ body: answers.shift() }))
    await first.agent({ handlers: { ghe }, channel })
    quiet.push('x')
    const { body } = await first.gateway.request(poolId, request())
    const { port } = first
    await first.crash()
    await expect(text(body)).rejects.toMatchObject({ fate: 'answered' })
    await closed(quiet)
    await using second = await RelayWorld.start({ port })
    await second.log.heard('A VCS agent is connected')
    const again = await second.gateway.request(poolId, request())
    expect(await text(again.body)).toBe('back again')
    await first[Symbol.asyncDispose]()
  })
})

describe('times that are over', () => {
  it('an answer that does not begin', async () => {
    const stopped = Promise.withResolvers<void>()
    await using world = await RelayWorld.start({ gateway: { timing: { firstByteMs: 100 } } })
    const ghe = handler(async (_message, signal) => {
      await once(signal, 'abort')
      stopped.resolve()
      throw new Error('stopped')
    })
    await world.agent({ handlers: { ghe } })
    const failed = world.gateway.request(poolId, request())
    await expect(failed).rejects.toMatchObject({ code: 'TIMED_OUT', fate: 'unknown' })
    await stopped.promise
  })

  it('a body that stands still at the VCS', async () => {
    const source = new Readable({ read: () => {} })
    await using world = await RelayWorld.start()
    const ghe = handler(async () => ({ body: source }))
    await world.agent({ handlers: { ghe }, timing: { bodyIdleMs: 200, keepAliveMs: 50 } })
    source.push('x')
    const { body } = await world.gateway.request(poolId, request())
    await expect(text(body)).rejects.toMatchObject({ code: 'BROKEN_OFF', fate: 'answered' })
    expect(source.destroyed).toBe(true)
  })

  it('a body that nobody reads', async () => {
    const source = new Readable({ read: () => {} })
    await using world = await RelayWorld.start({
      gateway: { timing: { stalledMs: 200, bodyIdleMs: 100 } },
    })
    await world.agent({ handlers: { ghe: handler(async () => ({ body: source })) } })
    source.push('x')
    const { body } = await world.gateway.request(poolId, request())
    const [error] = await once(body ?? new Readable(), 'error')
    expect(error).toMatchObject({ code: 'TIMED_OUT', fate: 'answered' })
    await closed(source)
  })

  it('an agent that is silent', async () => {
    await using world = await RelayWorld.start({ gateway: { timing: { pingMs: 400 } } })
    const deaf = await world.agentProcess('websocket')
    const waiting = world.gateway.request(poolId, request({ method: 'POST', target: '/silent' }))
    const failed = expect(waiting).rejects.toThrow('silent for too long')
    await once(deaf.stdout ?? deaf, 'data')
    deaf.kill('SIGSTOP')
    await failed
    await expect.poll(() => world.gateway.served(poolId)).toEqual([])
  })

  it('a gateway that is silent', async () => {
    await using world = await RelayWorld.start({ gateway: { timing: { pingMs: 50 } } })
    const agent = await world.agent({ handlers: { ghe: hello('x') } })
    // What it says arrives no more, and nothing is cut.
    const ended = 'The control channel ended; opening another'
    const before = world.log.count(ended)
    for (const socket of world.sockets) socket.pause()
    await world.log.heard(ended, before + 1)
    expect(agent.status.channel).toBeUndefined()
    for (const socket of world.sockets) socket.resume()
    await world.log.heard('The VCS agent is connected', before + 2)
  })
})

describe('sessions', () => {
  it('one that the control plane has forgotten is opened anew', async () => {
    await using world = await RelayWorld.start()
    await world.agent({ handlers: { ghe: hello('x') } })
    world.forgetSessions()
    await world.log.heard('The VCS agent is registered', 2)
    world.gateway.drop('agent-1', 'its session ended')
    await world.log.heard('The VCS agent is connected', 2)
    const { body } = await world.gateway.request(poolId, request())
    expect(await text(body)).toBe('x')
  })

  it('what an agent was sending fails at once when it is dropped', async () => {
    const source = new Readable({ read: () => {} })
    await using world = await RelayWorld.start()
    await world.agent({ handlers: { ghe: handler(async () => ({ body: source })) } })
    source.push('x')
    const { body } = await world.gateway.request(poolId, request())
    world.gateway.drop('agent-1', 'its token was revoked')
    await expect(text(body)).rejects.toThrow('its token was revoked')
    await closed(source)
  })
})
