import { describe, expect, it } from 'vitest'

import { ApiError, NetworkError } from '../../src/errors/index.ts'
import { LogSpool, LogUploader, type LogUploaderOptions } from '../../src/logs/index.ts'
import type { Clock } from '../../src/runtime/index.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { SkippingClock } from './support/skipping-clock.ts'
import { MemorySink } from './support/memory-sink.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

async function setUp(clock: Clock, options?: Partial<LogUploaderOptions>) {
  const directory = await temporaryDirectory()
  const spool = await LogSpool.open({ directory: directory.path, segmentBytes: 64 * 1024 })
  const sink = new MemorySink()
  const uploader = new LogUploader({ spool, sink, clock, random: () => 0.5, ...options })
  return {
    spool,
    sink,
    uploader,
    async write(bytes: Uint8Array | string): Promise<void> {
      await spool.append(Buffer.from(bytes))
      spool.publish(spool.end)
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await uploader.stop()
      await spool.close()
      await directory[Symbol.asyncDispose]()
    },
  }
}

const unavailable = () =>
  new ApiError('Unavailable', { method: 'PATCH', path: '/log', status: 503 })

describe('LogUploader', () => {
  it('waits 250 ms for more in the first minute, then 1 s', async () => {
    const clock = new ManualClock()
    await using log = await setUp(clock)
    log.uploader.start()
    await log.write('one ')
    await clock.untilSleeping(250)
    await log.write('two ')
    expect(log.sink.calls).toHaveLength(0)
    await clock.advance(250)
    await log.uploader.drain()
    expect(log.sink.calls).toEqual([{ offset: 0, bytes: 8 }])
    await clock.advance(60_000)
    await log.write('three')
    await clock.untilSleeping(1000)
    expect(log.sink.calls).toHaveLength(1)
    await clock.advance(1000)
    await log.uploader.drain()
    expect(log.sink.content.toString()).toBe('one two three')
  })

  it('sends 256 KiB at once, one call at a time, never more than 1 MiB a call', async () => {
    await using log = await setUp(new ManualClock())
    log.sink.fault = async () => {
      await new Promise((resolve) => setImmediate(resolve))
    }
    await log.write(Buffer.alloc(3_000_000, 'x'))
    log.uploader.start()
    await log.write(Buffer.alloc(100, 'y'))
    log.spool.seal()
    await log.uploader.done()
    expect(log.sink.content).toHaveLength(3_000_100)
    expect(Math.max(...log.sink.calls.map(({ bytes }) => bytes))).toBe(1024 * 1024)
    expect(log.sink.mostInFlight).toBe(1)
  })

  it('drains without waiting for more', async () => {
    await using log = await setUp(new ManualClock())
    log.uploader.start()
    await log.write('text')
    await log.uploader.drain()
    expect(log.sink.content.toString()).toBe('text')
    expect(log.spool.acknowledged).toBe(4)
  })

  it('I10: goes on from where the server is', async () => {
    await using log = await setUp(new SkippingClock())
    log.sink.content = Buffer.from('abc')
    await log.write('abcdef')
    log.uploader.start()
    await log.uploader.drain()
    expect(log.sink.calls).toEqual([{ offset: 3, bytes: 3 }])
    // The server lost what no segment was deleted for, then somebody else wrote ahead.
    log.sink.content = Buffer.from('ab')
    await log.write('gh')
    await log.uploader.drain()
    expect(log.sink.content.toString()).toBe('abcdefgh')
    log.sink.content = Buffer.from('abcdefghijkl')
    await log.write('ij')
    await log.uploader.drain()
    await log.write('klmn')
    log.spool.seal()
    await log.uploader.done()
    expect(log.sink.content.toString()).toBe('abcdefghijklmn')
  })

  it('I10: refuses a server that holds more than the whole log', async () => {
    await using log = await setUp(new SkippingClock())
    log.sink.content = Buffer.from('abcdef')
    await log.write('abc')
    log.uploader.start()
    log.spool.seal()
    await expect(log.uploader.drain()).rejects.toMatchObject({ name: 'ProtocolError' })
  })

  it('I10: refuses a server that lost what was deleted here', async () => {
    await using log = await setUp(new SkippingClock())
    await log.write(Buffer.alloc(200_000, 'x'))
    log.uploader.start()
    await log.uploader.drain()
    expect(log.spool.start).toBeGreaterThan(0)
    log.sink.content = Buffer.alloc(10)
    await log.write('more')
    await expect(log.uploader.drain()).rejects.toThrow(/lost/u)
  })

  it('I10: delivers every byte once through failures before and after the append', async () => {
    const clock = new SkippingClock()
    await using log = await setUp(clock)
    let call = 0
    log.sink.fault = async (when) => {
      call++
      if (call % 3 === 0) throw unavailable()
      if (call % 7 === 0) throw new NetworkError(`Cut ${when} the append`)
    }
    log.uploader.start()
    let expected = ''
    for (let piece = 0; piece < 60; piece++) {
      const text = `${piece};`.repeat(piece * 50)
      expected += text
      await log.write(text)
      await log.uploader.drain()
    }
    log.spool.seal()
    await log.uploader.done()
    expect(log.sink.content.toString()).toBe(expected)
  })

  it('retries with full jitter from 0.5 s up to 30 s, for more than an hour', async () => {
    const clock = new SkippingClock()
    await using log = await setUp(clock)
    log.sink.fault = () => Promise.reject(unavailable())
    log.uploader.start()
    await expect(log.uploader.done()).rejects.toMatchObject({ status: 503 })
    expect(clock.sleeps.slice(0, 8)).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000])
    expect(Math.max(...clock.sleeps)).toBe(15_000)
    expect(clock.monotonicMs()).toBeGreaterThan(3_600_000)
  })

  it('waits as long as the server asks', async () => {
    const clock = new SkippingClock()
    await using log = await setUp(clock)
    const error = { method: 'PATCH', path: '/log', status: 429, retryAfterMs: 45_000 }
    log.sink.fault = async () => {
      log.sink.fault = undefined
      throw new ApiError('Too many', error)
    }
    log.uploader.start()
    log.spool.seal()
    await log.uploader.done()
    expect(clock.sleeps).toEqual([45_000])
  })

  it('gives up an attempt without an answer and tries again', async () => {
    const clock = new ManualClock()
    await using log = await setUp(clock)
    log.sink.fault = (_when, signal) =>
      new Promise((_resolve, reject) => {
        log.sink.fault = undefined
        signal?.addEventListener('abort', () => reject(new Error('socket closed')))
      })
    log.uploader.start()
    await clock.untilSleeping(60_000)
    await clock.advance(60_000)
    await clock.untilSleeping(250)
    await clock.advance(250)
    log.spool.seal()
    await log.uploader.done()
  })

  it('I5: stops at once when the lease is lost', async () => {
    const clock = new SkippingClock()
    // Retryable by its status, so that it is `isFinal` alone that stops.
    const leaseLost = unavailable()
    await using log = await setUp(clock, { isFinal: (error) => error === leaseLost })
    log.uploader.start()
    await log.uploader.drain()
    log.sink.fault = () => Promise.reject(leaseLost)
    await log.write('late')
    await expect(log.uploader.drain()).rejects.toBe(leaseLost)
    expect(log.sink.calls).toHaveLength(1)
    expect(log.sink.content).toHaveLength(0)
  })

  it('does not spin against a server that takes nothing and reports no error', async () => {
    const clock = new SkippingClock()
    await using log = await setUp(clock)
    log.sink.appendLog = () => Promise.resolve(0)
    await log.write('text')
    log.uploader.start()
    await expect(log.uploader.drain()).rejects.toThrow(/does not take the log/u)
    expect(clock.monotonicMs()).toBeGreaterThan(3_600_000)
  })

  it('ends a drain at its time-out or signal, and goes on sending', async () => {
    const clock = new ManualClock()
    await using log = await setUp(clock)
    const release = Promise.withResolvers<void>()
    log.sink.fault = () => release.promise
    await log.write('text')
    log.uploader.start()
    const drained = log.uploader.drain({ timeoutMs: 5000 })
    const timedOut = expect(drained).rejects.toMatchObject({ code: 'TIMEOUT' })
    await clock.advance(5000)
    await timedOut
    const abort = new AbortController()
    const aborted = log.uploader.drain({ signal: abort.signal })
    abort.abort(new Error('no time'))
    await expect(aborted).rejects.toThrow('no time')
    release.resolve()
    await log.uploader.drain()
    expect(log.sink.content.toString()).toBe('text')
  })

  it('stops when told, and says so to who waits', async () => {
    await using log = await setUp(new ManualClock())
    log.uploader.start()
    expect(() => log.uploader.start()).toThrow(/already/u)
    await log.write('text')
    const done = log.uploader.done()
    await log.uploader.stop()
    await expect(done).rejects.toThrow(/stopped/u)
    expect(log.spool.acknowledged).toBe(0)
  })
})
