import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { systemClock } from '@scalr-agent/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { FrameDecoder } from '../../src/protocol/frame-decoder.ts'
import { FrameEncoder } from '../../src/protocol/frame-encoder.ts'
import { frameTypes, makeFrame, makeJsonFrame } from '../../src/protocol/frame.ts'
import { RelayError } from '../../src/relay-error.ts'
import { BreakCounter } from '../support/break-counter.ts'

const minute = 60_000
const clock = systemClock
const headSchema = z.object({ status: z.int() })

async function encode(
  pieces: readonly Uint8Array[],
  head: unknown = { status: 200 },
): Promise<Buffer> {
  const encoder = new FrameEncoder({
    head,
    source: Readable.from(pieces.map((piece) => Buffer.from(piece))),
    what: 'the body',
    clock,
    keepAliveMs: minute,
    idleMs: minute,
    stalledMs: minute,
  })
  const frames: Buffer[] = []
  for await (const frame of encoder) frames.push(frame as Buffer)
  return Buffer.concat(frames)
}

/** The frames arrive in pieces of these sizes, over and over. */
async function decode(frames: Buffer, sizes: readonly number[] = [65_536]) {
  const pieces: Buffer[] = []
  for (let at = 0, i = 0; at < frames.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1
    pieces.push(frames.subarray(at, at + size))
    at += size
  }
  let head: unknown
  const decoder = new FrameDecoder({
    head: { schema: headSchema, onHead: (value) => (head = value) },
    what: 'the body',
    fate: () => 'answered',
    clock,
    idleMs: minute,
    stalledMs: minute,
  })
  const body: Buffer[] = []
  await pipeline(Readable.from(pieces), decoder, async (source: AsyncIterable<Buffer>) => {
    for await (const piece of source) body.push(piece)
  })
  return { head, body: Buffer.concat(body) }
}

const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 })
const sizes = fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 5 })

describe('frames', () => {
  it('give back what went in, however the connection cuts them', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, sizes, async (given, cuts) => {
        const { head, body } = await decode(await encode(given), cuts)
        expect(head).toEqual({ status: 200 })
        expect(body).toEqual(Buffer.concat(given))
      }),
    )
  })

  it('a body that was cut anywhere never ends well', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, fc.nat(), async (given, at) => {
        const frames = await encode(given)
        const cut = decode(frames.subarray(0, at % frames.length))
        await expect(cut).rejects.toMatchObject({ code: 'BROKEN_OFF', fate: 'answered' })
      }),
    )
  })

  it('a body with one changed byte never comes through as another one', async () => {
    await fc.assert(
      fc.asyncProperty(
        pieces,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (given, at, by) => {
          const frames = await encode(given)
          const headBytes = makeJsonFrame(frameTypes.head, { status: 200 }).length
          const place = headBytes + (at % (frames.length - headBytes))
          frames[place] = (frames[place] ?? 0) ^ by
          const got = await decode(frames).catch((error: unknown) => error)
          if (got instanceof RelayError) return
          // What is left: the JSON of the end says the same in other letters, or there is one empty frame.
          expect(got).toMatchObject({ body: Buffer.concat(given) })
        },
      ),
    )
  })

  it.each([
    [
      'that it broke off',
      [makeJsonFrame(frameTypes.abort, { reason: 'no more disk' })],
      'no more disk',
    ],
    [
      'another length',
      [makeJsonFrame(frameTypes.end, { bytes: 1, sha256: '0'.repeat(64) })],
      '0 of 1',
    ],
    [
      'another digest',
      [makeJsonFrame(frameTypes.end, { bytes: 0, sha256: '0'.repeat(64) })],
      'digest',
    ],
    ['another head', [makeJsonFrame(frameTypes.head, { status: 200 })], 'a head too many'],
    ['an unknown frame', [makeFrame(9, Buffer.from('x'))], 'not made of frames'],
    ['JSON that is none', [makeFrame(frameTypes.end, Buffer.from('{'))], 'is no JSON'],
    ['JSON of another shape', [makeJsonFrame(frameTypes.end, {})], 'does not fit the protocol'],
    ['a huge frame of JSON', [Buffer.from([frameTypes.end, 255, 255, 255, 255])], 'too large'],
  ])('says why when its sender tells %s', async (_what, frames, message) => {
    const head = makeJsonFrame(frameTypes.head, { status: 200 })
    await expect(decode(Buffer.concat([head, ...frames]))).rejects.toThrow(message)
  })

  it.each(['encoded', 'decoded'] as const)(
    'a long body that is %s makes room for others, though all of it is there at once',
    async (side) => {
      const long = Array.from({ length: 64 }, () => Buffer.alloc(64 * 1024))
      const frames = side === 'decoded' ? await encode(long) : Buffer.alloc(0)
      const over = new AbortController()
      let turns = 0
      const other = (): void => {
        turns += 1
        if (!over.signal.aborted) setImmediate(other)
      }
      setImmediate(other)
      await (side === 'encoded' ? encode(long) : decode(frames))
      over.abort()
      expect(turns).toBeGreaterThanOrEqual(30)
    },
  )

  it('a long body takes a break after each turn while small calls are under way, and no longer', async () => {
    const counter = new BreakCounter()
    const encoder = new FrameEncoder({
      source: Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(64 * 1024))),
      what: 'the body',
      clock: counter,
      keepAliveMs: minute,
      idleMs: minute,
      stalledMs: minute,
      othersWait: () => counter.breaks < 10,
    })
    for await (const _frame of encoder);
    expect(counter.breaks).toBe(10)
  })

  it('takes nothing before its head and nothing behind its end', async () => {
    const whole = await encode([Buffer.from('abc')])
    await expect(decode(Buffer.concat([whole, makeFrame(frameTypes.data)]))).rejects.toThrow(
      'after its end',
    )
    await expect(decode(makeFrame(frameTypes.data, Buffer.from('x')))).rejects.toThrow(
      'with a head',
    )
  })

  it('tells words of our errors to the other side, and none of others', async () => {
    const told = async (error: Error): Promise<unknown> => {
      const encoder = new FrameEncoder({
        head: { status: 200 },
        source: new Readable({ read: () => {} }).destroy(error),
        what: 'the answer',
        clock,
        keepAliveMs: minute,
        idleMs: minute,
        stalledMs: minute,
      })
      const frames: Buffer[] = []
      for await (const frame of encoder) frames.push(frame as Buffer)
      return decode(Buffer.concat(frames)).catch((failure: unknown) => String(failure))
    }
    const ours = new RelayError('The VCS was cut.', { code: 'BROKEN_OFF', fate: 'answered' })
    expect(await told(ours)).toContain('The VCS was cut.')
    expect(await told(new Error('token=hunter2'))).toMatch(/the answer broke off\.\.?$/u)
  })
})
