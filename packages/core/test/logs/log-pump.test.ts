import { createHash } from 'node:crypto'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  formatMarker,
  LogPump,
  LogSpool,
  maskText,
  type LogCheckpoint,
  type LoggedMarker,
  type LogPumpOptions,
  type LogSource,
} from '../../src/logs/index.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const nonce = '0123456789abcdef0123456789abcdef'
const secrets = ['hunter2-hunter2', 'aabaab', 'multi\nline-secret\nvalue']
const begin = formatMarker(nonce, { event: 'begin', stage: 'plan' })
const end = formatMarker(nonce, { event: 'end', stage: 'plan', exitCode: 0 })

/** Byte-addressable, as a workload's output is. */
function sourceOf(output: Uint8Array, chunkBytes = 7): LogSource {
  return {
    async *output(fromByte) {
      for (let at = fromByte; at < output.length; at += chunkBytes) {
        yield output.subarray(at, at + chunkBytes)
      }
    },
  }
}

function sha256(bytes: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`
}

async function contentOf(spool: LogSpool): Promise<Buffer> {
  return Buffer.from(await spool.readAt(0, spool.published))
}

interface Run {
  readonly log: Buffer
  readonly digest: string
  readonly missingBytes: number
  readonly checkpoints: readonly LogCheckpoint[]
  readonly markers: readonly LoggedMarker[]
}

async function pumpWhole(
  output: Uint8Array,
  options?: Partial<LogPumpOptions> & { readonly chunkBytes?: number },
): Promise<Run> {
  await using directory = await temporaryDirectory()
  await using spool = await LogSpool.open({ directory: directory.path })
  const checkpoints: LogCheckpoint[] = []
  const markers: LoggedMarker[] = []
  using pump = await LogPump.open({
    spool,
    nonce,
    secrets,
    checkpointBytes: 1,
    onCheckpoint: (checkpoint) => void checkpoints.push(checkpoint),
    onMarker: (marker) => void markers.push(marker),
    ...options,
  })
  await pump.run(sourceOf(output, options?.chunkBytes))
  await pump.appendEpilogue('[scalr-agent] done with hunter2-hunter2\n')
  const { digest, missingBytes } = await pump.end()
  return { log: await contentOf(spool), digest, missingBytes, checkpoints, markers }
}

const sample = Buffer.from(
  [
    begin,
    'Ünïcödé ✓ 🔑 output\n',
    'password=hunter2-hunter2 aabaabaab aabaa aabaab',
    end,
    'hunter2-',
    formatMarker(nonce, { event: 'begin', stage: 'post-plan' }),
    'hunter2\n  multi\n  line-secret\n  value\n\u001Enot a marker\n',
    Buffer.from('hunter2-hunter2').toString('base64'),
    '\ntail hunter2-hun',
  ].join(''),
)

async function someCheckpoint(): Promise<LogCheckpoint> {
  const found = (await pumpWhole(sample)).checkpoints[2]
  if (found === undefined) throw new Error('No checkpoint')
  return found
}

describe('LogPump', () => {
  it('filters, masks, spools, counts and digests', async () => {
    const { log, digest, markers, missingBytes } = await pumpWhole(sample)
    expect(log.toString()).toBe(
      [
        'Ünïcödé ✓ 🔑 output\n',
        `password=${maskText} ${maskText} aabaa `,
        // Two secrets that touch, since the markers between them are no output.
        `${maskText}\n  multi\n  ${maskText}\n  value\n\u001Enot a marker\n`,
        `${maskText}\ntail hunter2-hun`,
        `[scalr-agent] done with ${maskText}\n`,
      ].join(''),
    )
    expect(digest).toBe(sha256(log))
    expect(missingBytes).toBe(0)
    expect(markers.map(({ marker }) => marker.event)).toEqual(['begin', 'end', 'begin'])
    expect(markers[0]?.rawOffset).toBe(0)
    expect(markers[1]?.rawOffset).toBe(sample.indexOf(end))
  })

  it('I10: every checkpoint leads to the same bytes and digest', async () => {
    const whole = await pumpWhole(sample)
    for (const chunkBytes of [1, 2, 5, 64, 4096]) {
      const cut = await pumpWhole(sample, { chunkBytes })
      expect(cut.log.equals(whole.log)).toBe(true)
      for (const from of cut.checkpoints) {
        await using directory = await temporaryDirectory()
        await using spool = await LogSpool.open({ directory: directory.path, segmentBytes: 16 })
        // What the crashed agent left: everything up to somewhere behind the checkpoint.
        await spool.append(whole.log.subarray(0, from.maskedBytes + 9))
        const markers: LoggedMarker[] = []
        using pump = await LogPump.open({
          spool,
          nonce,
          secrets,
          from,
          onMarker: (marker) => void markers.push(marker),
        })
        await pump.run(sourceOf(sample, 11))
        await pump.appendEpilogue('[scalr-agent] done with hunter2-hunter2\n')
        expect((await pump.end()).digest).toBe(whole.digest)
        expect((await contentOf(spool)).equals(whole.log)).toBe(true)
        expect(markers).toEqual(whole.markers.filter(({ rawOffset }) => rawOffset >= from.rawBytes))
      }
    }
  })

  it('I10: crashes at any byte, any number of times, change nothing', async () => {
    const piece = fc.constantFrom(
      'hunter2-hunter2',
      'hunter2-',
      'aabaab',
      'aab',
      begin,
      begin.slice(0, 20),
      'multi\nline-secret\n',
      'x',
      '\n',
      'é🔑',
    )
    const input = fc.record({
      output: fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.from(pieces.join(''))),
      crashes: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 4 }),
      chunkBytes: fc.integer({ min: 1, max: 40 }),
    })
    await fc.assert(
      fc.asyncProperty(input, async ({ output, crashes, chunkBytes }) => {
        const whole = await pumpWhole(output)
        await using directory = await temporaryDirectory()
        let from: LogCheckpoint | undefined
        let seen = Buffer.alloc(0)
        for (const survivedChunks of [...crashes, Infinity]) {
          await using spool = await LogSpool.open({ directory: directory.path, segmentBytes: 16 })
          using pump = await LogPump.open({
            spool,
            nonce,
            secrets,
            from,
            checkpointBytes: 20,
            onCheckpoint: (checkpoint) => {
              from = checkpoint
            },
          })
          const source = sourceOf(output, chunkBytes)
          const crash = pump.run({
            async *output(fromByte) {
              let chunks = 0
              for await (const chunk of source.output(fromByte)) {
                if (chunks++ >= survivedChunks) throw new Error('crash')
                yield chunk
              }
            },
          })
          const crashed = await crash.then(
            () => false,
            () => true,
          )
          // The server saw what was published, and acknowledged it.
          const published = await spool.readAt(seen.length, 1_000_000)
          if (spool.published > seen.length) seen = Buffer.concat([seen, published])
          await spool.acknowledge(seen.length)
          if (crashed) continue
          await pump.appendEpilogue('[scalr-agent] done with hunter2-hunter2\n')
          expect((await pump.end()).digest).toBe(whole.digest)
          seen = Buffer.concat([seen, await spool.readAt(seen.length, 1_000_000)])
          break
        }
        expect(seen.toString()).toBe(whole.log.toString())
      }),
      { numRuns: 60 },
    )
  })

  it('goes on behind the last byte when the output failed for a while', async () => {
    await using directory = await temporaryDirectory()
    await using spool = await LogSpool.open({ directory: directory.path })
    using pump = await LogPump.open({ spool, nonce, secrets })
    const source = sourceOf(sample)
    let failures = 0
    const flaky: LogSource = {
      async *output(fromByte) {
        yield* fromByte === 0 ? [sample.subarray(0, 60)] : []
        if (failures++ < 2) throw new Error('engine restarts')
        yield* source.output(Math.max(60, fromByte))
      },
    }
    await expect(pump.run(flaky)).rejects.toThrow('engine restarts')
    await expect(pump.run(flaky)).rejects.toThrow('engine restarts')
    await pump.run(flaky)
    await pump.appendEpilogue('[scalr-agent] done with hunter2-hunter2\n')
    expect((await pump.end()).digest).toBe((await pumpWhole(sample)).digest)
  })

  it('completes the log though the output is lost, with what was held back', async () => {
    await using directory = await temporaryDirectory()
    await using spool = await LogSpool.open({ directory: directory.path })
    using pump = await LogPump.open({ spool, nonce, secrets })
    await expect(
      pump.run({
        async *output() {
          yield Buffer.from('text hunter2-hun')
          throw new Error('OUTPUT_LOST')
        },
      }),
    ).rejects.toThrow('OUTPUT_LOST')
    expect((await contentOf(spool)).toString()).toBe('text ')
    await pump.end()
    expect((await contentOf(spool)).toString()).toBe('text hunter2-hun')
  })

  it('checkpoints after 250 ms of silence, and not before', async () => {
    await using directory = await temporaryDirectory()
    await using spool = await LogSpool.open({ directory: directory.path })
    const clock = new ManualClock()
    const checkpointed = Promise.withResolvers<LogCheckpoint>()
    const silence = Promise.withResolvers<void>()
    using pump = await LogPump.open({
      spool,
      nonce,
      secrets,
      clock,
      onCheckpoint: (checkpoint) => checkpointed.resolve(checkpoint),
    })
    const run = pump.run({
      async *output() {
        yield Buffer.from('first line\n')
        await silence.promise
      },
    })
    await clock.untilSleeping(250)
    await clock.advance(250)
    expect(await checkpointed.promise).toMatchObject({ rawBytes: 11, maskedBytes: 11 })
    silence.resolve()
    await run
  })

  it('tells markers before any checkpoint behind them', async () => {
    const events: string[] = []
    await pumpWhole(sample, {
      onMarker: async ({ rawOffset }) => {
        await new Promise((resolve) => setImmediate(resolve))
        events.push(`marker ${rawOffset}`)
      },
      onCheckpoint: ({ rawBytes }) => void events.push(`checkpoint ${rawBytes}`),
    })
    const marker = events.indexOf(`marker ${sample.indexOf(end)}`)
    const later = events.findIndex((event) => {
      const [kind, offset] = event.split(' ')
      return kind === 'checkpoint' && Number(offset) > sample.indexOf(end)
    })
    expect(marker).toBeGreaterThan(-1)
    expect(later).toBeGreaterThan(marker)
  })

  it('fails, and stays failed, when a checkpoint or a marker cannot be kept', async () => {
    for (const options of [
      { onCheckpoint: () => Promise.reject(new Error('journal is broken')) },
      { onMarker: () => Promise.reject(new Error('journal is broken')) },
    ]) {
      await using directory = await temporaryDirectory()
      await using spool = await LogSpool.open({ directory: directory.path })
      using pump = await LogPump.open({ spool, nonce, secrets, checkpointBytes: 1, ...options })
      await expect(pump.run(sourceOf(sample))).rejects.toThrow('journal is broken')
      await expect(pump.run(sourceOf(sample))).rejects.toMatchObject({ name: 'IllegalStateError' })
      await expect(pump.end()).rejects.toMatchObject({ name: 'IllegalStateError' })
      expect(spool.sealed).toBe(false)
    }
  })

  describe('where spool and checkpoint do not fit', () => {
    it('I10: makes the log anew from the output', async () => {
      const whole = await pumpWhole(sample)
      const from = await someCheckpoint()
      for (const broken of [from, { ...from, maskedBytes: 0, digestState: 'AAAA' }]) {
        await using directory = await temporaryDirectory()
        await using spool = await LogSpool.open({ directory: directory.path })
        using pump = await LogPump.open({ spool, nonce, secrets, from: broken })
        await pump.run(sourceOf(sample))
        await pump.appendEpilogue('[scalr-agent] done with hunter2-hunter2\n')
        expect((await pump.end()).digest).toBe(whole.digest)
      }
    })

    it('I10: refuses when the log has a gap, which cannot be made again', async () => {
      await using directory = await temporaryDirectory()
      await using spool = await LogSpool.open({ directory: directory.path })
      const from = { ...(await someCheckpoint()), missingBytes: 5 }
      await expect(LogPump.open({ spool, nonce, secrets, from })).rejects.toMatchObject({
        code: 'INVALID_RECORD',
      })
    })
  })
})

describe('LogPump beyond the quota', () => {
  const gap =
    /\n\[scalr-agent\] (\d+) bytes of output are missing here: the log spool reached its limit of 100 bytes\.\n/u

  it('I10: says how many bytes are missing, at the end', async () => {
    await using directory = await temporaryDirectory()
    await using spool = await LogSpool.open({ directory: directory.path, quotaBytes: 100 })
    using pump = await LogPump.open({ spool, nonce, secrets })
    await pump.run(sourceOf(Buffer.alloc(1000, 'x')))
    await pump.appendEpilogue('bye\n')
    const { bytes, digest, missingBytes } = await pump.end()
    const log = await contentOf(spool)
    expect(missingBytes).toBe(900)
    expect(log.toString()).toBe(
      `${'x'.repeat(100)}\n[scalr-agent] 900 bytes of output are missing here: the log spool reached its limit of 100 bytes.\nbye\n`,
    )
    expect([bytes, digest]).toEqual([log.length, sha256(log)])
  })

  it('I10: nothing behind a gap is published before its checkpoint is durable', async () => {
    await using directory = await temporaryDirectory()
    await using spool = await LogSpool.open({ directory: directory.path, quotaBytes: 100 })
    const reached = Promise.withResolvers<LogCheckpoint>()
    const durable = Promise.withResolvers<void>()
    using pump = await LogPump.open({
      spool,
      nonce,
      secrets,
      onCheckpoint: async (checkpoint) => {
        if (checkpoint.missingBytes === 0) return
        reached.resolve(checkpoint)
        await durable.promise
      },
    })
    const run = pump.run({
      async *output() {
        yield Buffer.alloc(150, 'x')
        await spool.acknowledge(100)
        // A secret's beginning: the gap may not end in the middle of it.
        yield Buffer.from('aaba')
        yield Buffer.from('-\n')
        await spool.acknowledge(spool.published)
        yield Buffer.from('after')
      },
    })
    const checkpoint = await reached.promise
    expect(checkpoint).toMatchObject({ rawBytes: 156, missingBytes: 56 })
    expect(spool.end).toBe(checkpoint.maskedBytes)
    expect(spool.published).toBe(100)
    durable.resolve()
    await run
    expect(spool.published).toBe(spool.end)
    const log = (await contentOf(spool)).toString()
    expect(log.replace(gap, '<$1>')).toBe(`${'x'.repeat(100)}<56>after`)
  })

  it('I10: crashes around gaps lose no byte that the server saw, and count every one that is missing', async () => {
    const input = fc.record({
      lines: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 25 }),
      acknowledge: fc.array(fc.nat(2), { minLength: 1, maxLength: 10 }),
      crashAfter: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(input, async ({ lines, acknowledge, crashAfter }) => {
        const output = Buffer.from(
          lines.map((length, index) => `${String(index % 10).repeat(length)}\n`).join(''),
        )
        await using directory = await temporaryDirectory()
        let from: LogCheckpoint | undefined
        let server = Buffer.alloc(0)
        let turn = 0
        const upload = async (spool: LogSpool) => {
          if (spool.published > server.length) {
            server = Buffer.concat([server, await spool.readAt(server.length, 1_000_000)])
          }
          await spool.acknowledge(server.length)
        }
        for (const survivedChunks of [...crashAfter, Infinity]) {
          await using spool = await LogSpool.open({
            directory: directory.path,
            quotaBytes: 100,
            segmentBytes: 32,
          })
          using pump = await LogPump.open({
            spool,
            nonce,
            secrets,
            from,
            checkpointBytes: 30,
            onCheckpoint: (checkpoint) => {
              from = checkpoint
            },
          })
          let chunks = 0
          const crashed = await pump
            .run({
              async *output(fromByte) {
                for await (const chunk of sourceOf(output, 25).output(fromByte)) {
                  if (chunks++ >= survivedChunks) throw new Error('crash')
                  yield chunk
                  if (acknowledge[turn++ % acknowledge.length] === 0) await upload(spool)
                }
              },
            })
            .then(
              () => false,
              () => true,
            )
          if (crashed) continue
          const { digest, bytes, missingBytes } = await pump.end()
          await upload(spool)
          expect([server.length, sha256(server)]).toEqual([bytes, digest])
          let missing = 0
          const rest = server
            .toString()
            .replaceAll(new RegExp(gap, 'gu'), (_record, count: string) => {
              missing += Number(count)
              return ''
            })
          expect(missing).toBe(missingBytes)
          expect(rest.length + missing).toBe(output.length)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('I10: a full disk is a gap, and the log goes on when the disk has room', async () => {
    await using directory = await temporaryDirectory()
    await using spool = await LogSpool.open({ directory: directory.path })
    let full = true
    const append = spool.append.bind(spool)
    spool.append = async (...given) => (full ? 0 : append(...given))
    Object.defineProperty(spool, 'diskFull', { get: () => full })
    const clock = new ManualClock()
    using pump = await LogPump.open({ spool, nonce, secrets, clock })
    const run = pump.run(sourceOf(Buffer.from('dropped\n')))
    // The end of the output waits until the disk takes the record.
    await clock.untilSleeping(250)
    expect(spool.published).toBe(0)
    full = false
    await clock.advance(250)
    await run
    const { digest, missingBytes } = await pump.end()
    const log = await contentOf(spool)
    expect(log.toString()).toBe(
      "\n[scalr-agent] 8 bytes of output are missing here: the disk of the agent's log spool was full.\n",
    )
    expect([digest, missingBytes]).toEqual([sha256(log), 8])
  })

  it.runIf(process.platform === 'linux')(
    'ends the wait for a full disk by its signal',
    async () => {
      await using directory = await temporaryDirectory()
      await symlink('/dev/full', join(directory.path, '0000000000000000.log'))
      await using spool = await LogSpool.open({ directory: directory.path })
      const clock = new ManualClock()
      using pump = await LogPump.open({ spool, nonce, secrets, clock })
      const abort = new AbortController()
      const run = pump.run(sourceOf(Buffer.from('dropped\n')), { signal: abort.signal })
      await clock.untilSleeping(250)
      abort.abort(new Error('no time'))
      await expect(run).rejects.toThrow('no time')
      expect(pump.summary).toMatchObject({ bytes: 0, missingBytes: 8 })
    },
  )
})
