import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import {
  formatMarker,
  LogPump,
  LogSpool,
  LogUploader,
  maskText,
  type LogSummary,
} from '../../src/logs/index.ts'
import { faultyLogServer, type Fault } from './support/faulty-log-server.ts'
import { httpLogSink } from './support/http-log-sink.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const nonce = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'
const secrets = ['canary-7d1f0c55', 'línea-segura-✓✓✓', 'second canary "quoted"']

/** Output that cuts characters, secrets and markers at every chunk boundary sooner or later. */
function outputOf(bytes: number): Buffer {
  const block = Array.from({ length: 500 }, (_, index) =>
    [
      `${index} Ünïcödé 🔑 ${'·'.repeat(index % 37)} password=${secrets[index % 3]}\n`,
      index % 50 === 0 ? formatMarker(nonce, { event: 'begin', stage: 'plan' }) : '',
      index % 7 === 0 ? `${Buffer.from(secrets[0] ?? '').toString('base64')}\n` : '',
      index % 11 === 0 ? `${JSON.stringify(secrets[2])}\u001E\n` : '',
    ].join(''),
  ).join('')
  const output = Buffer.alloc(bytes)
  output.fill(block)
  return output
}

/** The log that the output must give: the specification, done on the whole. */
function logOf(output: Buffer): Buffer {
  const [plain = '', unicode = '', quoted = ''] = secrets
  const epilogue = '[scalr-agent] The job is done.\n'
  const text = output
    .toString('latin1')
    .replaceAll(formatMarker(nonce, { event: 'begin', stage: 'plan' }), '')
  const forms = [
    plain,
    Buffer.from(plain).toString('base64').replace(/=+$/u, '').slice(0, 20),
    unicode,
    quoted,
    JSON.stringify(quoted).slice(1, -1),
  ]
  return Buffer.from(
    forms.reduce(
      (masked, form) => masked.replaceAll(Buffer.from(form).toString('latin1'), maskText),
      text,
    ) + epilogue,
    'latin1',
  )
}

/** Faults on about one call in ten, the same in every run. */
function oneInTen(): () => Fault {
  const kinds: Fault[] = ['503', 'cut-before', 'cut-after', 'cut-half', '503-after', 'hang']
  let seed = 20_241_122
  let faults = 0
  return () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return (seed >>> 16) % 10 === 0 ? (kinds[faults++ % kinds.length] ?? 'none') : 'none'
  }
}

function startPump(directory: string, url: string, pauseEveryBytes: number): ChildProcess {
  return spawn(
    process.execPath,
    [
      '--conditions=@scalr-agent/source',
      join(import.meta.dirname, 'support', 'pump-process.ts'),
      directory,
      url,
      nonce,
      String(pauseEveryBytes),
      ...secrets,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
}

describe('the log path', () => {
  it('I10, I7, I12: loses and doubles nothing over kill -9 and a failing control plane', async () => {
    await using directory = await temporaryDirectory()
    const output = outputOf(6_000_000)
    await writeFile(join(directory.path, 'output'), output)
    const nextFault = oneInTen()
    // Kills when the server took the next of these many calls: all over the log, also right at its start.
    const killAtCall = [1, 2, 3, 8, 14, 21]
    let calls = 0
    let kill: (() => void) | undefined
    await using server = await faultyLogServer(() => {
      calls++
      if (calls === killAtCall[0]) {
        killAtCall.shift()
        kill?.()
      }
      return nextFault()
    })

    let printed = ''
    let kills = 0
    for (;;) {
      const child = startPump(directory.path, server.url, 200_000)
      kill = () => {
        kills += child.kill('SIGKILL') ? 1 : 0
      }
      printed = ''
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        printed += text
      })
      const [code] = (await once(child, 'close')) as [number | null]
      if (code === 0) break
      expect(child.signalCode).toBe('SIGKILL')
    }
    expect(kills).toBe(6)
    expect(server.faults()).toBeGreaterThan(1)

    const expected = logOf(output)
    const summary = JSON.parse(printed) as LogSummary
    expect(server.content().equals(expected)).toBe(true)
    expect(summary).toEqual({ bytes: expected.length, digest: server.digest(), missingBytes: 0 })
    const checkpoint = await readFile(join(directory.path, 'checkpoint.json'), 'utf8')
    for (const secret of secrets) {
      expect(server.content().includes(secret)).toBe(false)
      const { digestState } = JSON.parse(checkpoint) as { digestState: string }
      expect(Buffer.from(digestState, 'base64').includes(secret)).toBe(false)
    }
  })

  it('I10: carries 50 MB to a control plane that fails one call in ten', async () => {
    await using directory = await temporaryDirectory()
    await using server = await faultyLogServer(oneInTen())
    const output = outputOf(50_000_000)
    const markers: string[] = []
    await using spool = await LogSpool.open({
      directory: directory.path,
      segmentBytes: 1024 * 1024,
    })
    const uploader = new LogUploader({
      spool,
      sink: httpLogSink(server.url),
      attemptTimeoutMs: 500,
      random: () => 0,
    })
    uploader.start()
    using pump = await LogPump.open({
      spool,
      nonce,
      secrets,
      onMarker: ({ marker }) => void markers.push(marker.event),
    })
    await pump.run({
      async *output(fromByte) {
        for (let at = fromByte; at < output.length; at += 65_521) {
          yield output.subarray(at, at + 65_521)
        }
      },
    })
    await pump.appendEpilogue('[scalr-agent] The job is done.\n')
    const summary = await pump.end()
    await uploader.drain()
    const expected = logOf(output)
    expect(server.content().equals(expected)).toBe(true)
    expect(summary).toEqual({ bytes: expected.length, digest: server.digest(), missingBytes: 0 })
    expect(server.faults()).toBeGreaterThan(1)
    expect(markers.length).toBeGreaterThan(1000)
  })

  it('I10: output beyond the quota during an outage becomes a gap that the control plane can count', async () => {
    await using directory = await temporaryDirectory()
    let outage = true
    await using server = await faultyLogServer(() => (outage ? '503' : 'none'))
    await using spool = await LogSpool.open({
      directory: directory.path,
      quotaBytes: 300_000,
      segmentBytes: 65_536,
    })
    const uploader = new LogUploader({ spool, sink: httpLogSink(server.url), random: () => 0.01 })
    uploader.start()
    using pump = await LogPump.open({ spool, nonce, secrets })
    await pump.run({
      async *output() {
        yield* [Buffer.alloc(200_000, 'a\n'), Buffer.alloc(200_000, 'b\n')]
        outage = false
        await uploader.drain()
        yield* [Buffer.from('first line behind\n'), Buffer.from('second line behind\n')]
      },
    })
    const summary = await pump.end()
    await uploader.drain()
    const log = server.content().toString()
    const record =
      '\n[scalr-agent] 100018 bytes of output are missing here: the log spool reached its limit of 300000 bytes.\n'
    expect(log).toBe(`${'a\n'.repeat(100_000)}${'b\n'.repeat(50_000)}${record}second line behind\n`)
    expect(summary).toEqual({ bytes: log.length, digest: server.digest(), missingBytes: 100_018 })
  })
})
