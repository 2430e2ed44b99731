import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'

import { describe, expect, it } from 'vitest'

import { RelayError } from '../src/index.ts'
import { RelayWorld, poolId } from './support/relay-world.ts'
import { closed, handler, request, text } from './support/requests.ts'
import { TestAuthority } from './support/test-authority.ts'

const authority = new TestAuthority()
const identity = authority.issue(['DNS:localhost', 'IP:127.0.0.1'])

describe.each(['websocket', 'long-poll'] as const)('a relay over TLS by %s', (channel) => {
  async function start(ghe: Parameters<typeof handler>[0]): Promise<RelayWorld> {
    const world = await RelayWorld.start({ tls: identity })
    const connection = { caCert: authority.caCert }
    const agent = await world.agent({ handlers: { ghe: handler(ghe) }, channel, connection })
    expect(agent.status.channel).toBe(channel)
    return world
  }

  it('brings a request to the handler as it is, and its answer back as it is', async () => {
    const seen: unknown[] = []
    await using world = await start(async (message) => {
      const { id: _id, ...rest } = message
      seen.push(rest)
      return {
        status: 418,
        headers: [
          ['Set-Cookie', 'a=1'],
          ['set-cookie', 'b=2'],
          ['X-Relay-Origin', 'agent'],
          ['x-latin', 'gr\u00fc\u00df'],
        ],
        body: Readable.from([Buffer.from('I am '), Buffer.from('a teapot')]),
      }
    })
    const sent = request({
      method: 'GET',
      target: '/api/v4/projects/group%2Fproject?a=%2f&b=../x',
      headers: [
        ['Accept', 'a'],
        ['accept', 'b'],
      ],
    })
    const answer = await world.gateway.request(poolId, sent)
    expect(seen).toEqual([{ ...sent, body: undefined }])
    expect(answer).toMatchObject({ origin: 'vcs', status: 418 })
    expect(answer.headers).toEqual([
      ['Set-Cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['x-latin', 'gr\u00fc\u00df'],
    ])
    expect(await text(answer.body)).toBe('I am a teapot')
    expect(world.gateway.served(poolId)).toEqual(['ghe'])
    expect(world.gateway.served('apool-2')).toEqual([])
  })

  it('brings bodies both ways, whole', async () => {
    await using world = await start(async ({ body }) => {
      const hash = createHash('sha256')
      for await (const chunk of body ?? []) hash.update(chunk as Buffer)
      return { body: Readable.from([hash.digest()]) }
    })
    const sent = randomBytes(5_000_000)
    const { body } = await world.gateway.request(
      poolId,
      request({
        method: 'POST',
        body: Readable.from([sent.subarray(0, 1000), sent.subarray(1000)]),
      }),
    )
    const chunks: Buffer[] = []
    for await (const chunk of body ?? []) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks)).toEqual(createHash('sha256').update(sent).digest())
  })

  it('tells answers of the agent from those of the VCS, and answers without a body', async () => {
    await using world = await start(async () => ({ origin: 'agent', status: 403 }))
    expect(await world.gateway.request(poolId, request())).toEqual({
      origin: 'agent',
      status: 403,
      headers: [],
      body: undefined,
    })
  })

  it('tells in its own words when the handler fails', async () => {
    await using world = await start(async () => {
      throw new Error('hunter2')
    })
    const failed = world.gateway.request(poolId, request({ method: 'POST' }))
    await expect(failed).rejects.toMatchObject({ code: 'AGENT_FAILED', fate: 'unknown' })
    await expect(failed).rejects.toThrow('The agent failed; its log says why.')
    await expect(failed).rejects.not.toThrow('hunter2')
  })

  it('an answer that breaks off is never one that ended', async () => {
    await using world = await start(async () => ({
      body: Readable.from(
        (async function* () {
          yield Buffer.alloc(100_000)
          throw new Error('the VCS has died')
        })(),
      ),
    }))
    const { body } = await world.gateway.request(poolId, request())
    await expect(text(body)).rejects.toMatchObject({ code: 'BROKEN_OFF', fate: 'answered' })
  })

  it('gives up at the agent what nobody waits for any more', async () => {
    const begun = Promise.withResolvers<AbortSignal>()
    await using world = await start(async (_message, signal) => {
      begun.resolve(signal)
      await new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
      return {}
    })
    const caller = new AbortController()
    const waiting = world.gateway.request(poolId, request(), { signal: caller.signal })
    const signal = await begun.promise
    caller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    expect(signal.aborted).toBe(true)
  })

  it('ends a body at the agent that its consumer has given up', async () => {
    const source = new Readable({ read: () => {} })
    await using world = await start(async () => ({ body: source }))
    source.push(Buffer.alloc(1000))
    const { body } = await world.gateway.request(poolId, request())
    body?.destroy()
    await closed(source)
  })
})

describe('a gateway', () => {
  it('says at once when nobody serves a VCS', async () => {
    await using world = await RelayWorld.start()
    const nobody = await world.gateway.request(poolId, request()).catch((error: unknown) => error)
    expect(nobody).toBeInstanceOf(RelayError)
    expect(nobody).toMatchObject({ code: 'NO_AGENT', fate: 'never-ran', retryable: true })
    await world.agent({ handlers: { ghe: handler(async () => ({})) } })
    const other = world.gateway.request(poolId, request({ vcs: 'gitlab' }))
    await expect(other).rejects.toMatchObject({ code: 'NO_AGENT', fate: 'never-ran' })
    await expect(world.gateway.request('apool-2', request())).rejects.toThrow('no VCS agent')
  })
})
