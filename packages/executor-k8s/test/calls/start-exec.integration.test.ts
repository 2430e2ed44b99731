import { Readable } from 'node:stream'

import { describe, expect, it, vi } from 'vitest'
import type { RawData, WebSocket } from 'ws'

import { createKubeClient } from '../../src/calls/create-kube-client.ts'
import { KubeAnswerError } from '../../src/calls/kube-answer-error.ts'
import type { ExecOptions, ExecProcess } from '../../src/calls/kube-client.ts'
import { isAway, isForbidden } from '../../src/kubernetes-error.ts'
import { startScene } from '../support/scene.ts'

const { signal } = new AbortController()
const mebibyte = 1024 ** 2
const success = { kind: 'Status', status: 'Success' }
const exit = (code: number): object => ({
  kind: 'Status',
  status: 'Failure',
  reason: 'NonZeroExitCode',
  message: `command terminated with exit code ${code}`,
  details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
})

/** Sends on a channel; resolves when the operating system took it. */
async function send(socket: WebSocket, channel: number, bytes: string | Buffer): Promise<void> {
  const message = Buffer.concat([Buffer.of(channel), Buffer.from(bytes)])
  await new Promise<void>((resolve, reject) => {
    socket.send(message, (error) => (error ? reject(error) : resolve()))
  })
}
async function end(socket: WebSocket, status: object): Promise<void> {
  await send(socket, 3, JSON.stringify(status))
  socket.close()
}

async function startProcess(
  play: (socket: WebSocket) => unknown,
  options: Partial<ExecOptions> & { readonly protocol?: string; readonly abort?: AbortSignal } = {},
) {
  const scene = await startScene()
  const { abort = signal, protocol, ...rest } = options
  if (protocol !== undefined) scene.server.protocol = protocol
  scene.server.exec = (socket) => {
    socket.on('error', () => {})
    Promise.resolve(play(socket)).catch(() => socket.terminate())
  }
  const process: ExecProcess = await createKubeClient(scene.cluster).pods.exec(
    { pod: 'pod-1', container: 'keeper', command: ['sh', '-c', 'a b&c'], ...rest },
    abort,
  )
  return Object.assign(scene, { process })
}

async function textOf(stream: Readable): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of stream) if (Buffer.isBuffer(part)) parts.push(part)
  return Buffer.concat(parts).toString()
}
async function errorOf(working: Promise<unknown>): Promise<unknown> {
  return await working.then(
    () => new Error('it worked'),
    (error: unknown) => error,
  )
}

it('gives output, complaint and exit code, also when all came before anybody read', async () => {
  await using scene = await startProcess(async (socket) => {
    for (const channel of [1, 2]) await send(socket, channel, '')
    await send(socket, 1, 'one ')
    await send(socket, 2, 'oh')
    await send(socket, 1, 'two')
    await end(socket, exit(7))
  })
  const { process } = scene
  expect(await textOf(process.stdout)).toBe('one two')
  expect(await process.ended).toBe(7)
  expect(process.stderr()).toBe('oh')
  const { headers, path, query } = scene.server.requests[0] ?? {}
  expect(path).toBe('/api/v1/namespaces/jobs/pods/pod-1/exec')
  expect(query?.getAll('command')).toEqual(['sh', '-c', 'a b&c'])
  expect([query?.get('stdin'), query?.get('tty')]).toEqual(['false', 'false'])
  expect(headers?.authorization).toBe('Bearer canary-token')
})

it('keeps 64 KiB of what is complained about, and no more', async () => {
  await using scene = await startProcess(async (socket) => {
    for (let n = 0; n < 5; n += 1) await send(socket, 2, Buffer.alloc(30_000, String(n)))
    await end(socket, success)
  })
  scene.process.stdout.resume()
  expect(await scene.process.ended).toBe(0)
  expect(scene.process.stderr()).toHaveLength(64 * 1024)
})

describe('back-pressure', () => {
  it('what is not read is not taken from the server', async () => {
    let sentBytes = 0
    await using scene = await startProcess(async (socket) => {
      const piece = Buffer.alloc(64 * 1024, 'x')
      for (let n = 0; n < 1024; n += 1) {
        await send(socket, 1, piece)
        sentBytes += piece.length
      }
      await end(socket, success)
    })
    const { stdout } = scene.process
    let beforeBytes = -1
    // Until the way is full: as many bytes as systems and streams hold on it.
    await vi.waitUntil(
      () => {
        const isStill = sentBytes === beforeBytes
        beforeBytes = sentBytes
        return isStill
      },
      { timeout: 20_000, interval: 200 },
    )
    expect(sentBytes).toBeLessThan(24 * mebibyte)
    expect(stdout.readableLength).toBeLessThan(mebibyte)
    let readBytes = 0
    for await (const part of stdout) if (Buffer.isBuffer(part)) readBytes += part.length
    expect(readBytes).toBe(64 * mebibyte)
    expect(await scene.process.ended).toBe(0)
  })

  it('standard input goes at the speed of its reader, in small pieces', async () => {
    let producedBytes = 0
    const stdin = Readable.from(
      (function* produce() {
        for (let n = 0; n < 64; n += 1) {
          producedBytes += mebibyte
          yield Buffer.alloc(mebibyte, n)
        }
      })(),
    )
    const pieces: number[] = []
    const go = Promise.withResolvers<void>()
    let receivedBytes = 0
    await using scene = await startProcess(
      async (socket) => {
        socket.pause()
        await go.promise
        socket.on('message', (data: RawData) => {
          if (!Buffer.isBuffer(data)) return
          pieces.push(data.length - 1)
          receivedBytes += data.length - 1
          // As `head -c` does, which knows how much will come.
          if (receivedBytes === 64 * mebibyte) end(socket, success).catch(() => {})
        })
        socket.resume()
      },
      { stdin },
    )
    let beforeBytes = -1
    await vi.waitUntil(
      () => {
        const isStill = producedBytes === beforeBytes
        beforeBytes = producedBytes
        return isStill
      },
      { timeout: 20_000, interval: 200 },
    )
    expect(producedBytes).toBeLessThan(24 * mebibyte)
    go.resolve()
    scene.process.stdout.resume()
    expect(await scene.process.ended).toBe(0)
    expect(receivedBytes).toBe(64 * mebibyte)
    expect(Math.max(...pieces)).toBeLessThanOrEqual(64 * 1024)
  })
})

it.each(['v5.channel.k8s.io', 'v4.channel.k8s.io'])(
  'the end of standard input is not told (%s): servers would drop what was not read yet',
  async (protocol) => {
    const messages: string[] = []
    const stdin = Readable.from([Buffer.from('12'), '345'])
    const closed = new Promise((resolve) => stdin.once('close', resolve))
    await using scene = await startProcess(
      async (socket) => {
        socket.on('message', (data: RawData) => {
          if (Buffer.isBuffer(data)) messages.push(data.toString())
        })
        await closed
        // What was sent before this answer has come before it.
        const answered = new Promise((resolve) => socket.once('pong', resolve))
        socket.ping()
        await answered
        await end(socket, exit(3))
      },
      { protocol, stdin },
    )
    scene.process.stdout.resume()
    expect(await scene.process.ended).toBe(3)
    expect(messages).toEqual(['\u000012', '\u0000345'])
  },
)

describe('a stream that is cut', () => {
  it('gives what came, then an error that says so, and no exit code', async () => {
    await using scene = await startProcess(async (socket) => {
      await send(socket, 1, 'half')
      socket.terminate()
    })
    const { process } = scene
    const parts: string[] = []
    const error = await errorOf(
      (async () => {
        for await (const part of process.stdout) parts.push(String(part))
      })(),
    )
    expect(parts.join('')).toBe('half')
    expect(isAway(error)).toBe(true)
    expect(await process.ended).toBeUndefined()
  })

  it('I2: a server that closes in good order without a status has not said that it worked', async () => {
    await using scene = await startProcess(async (socket) => {
      await send(socket, 1, 'all of it?')
      socket.close(1000)
    })
    expect(isAway(await errorOf(textOf(scene.process.stdout)))).toBe(true)
    expect(await scene.process.ended).toBeUndefined()
  })

  it('when the API server dies', async () => {
    await using scene = await startProcess(() => {})
    const reading = errorOf(textOf(scene.process.stdout))
    await scene.server.down()
    expect(isAway(await reading)).toBe(true)
  })
})

it('a process that could not start is told in the words of the server', async () => {
  await using scene = await startProcess(async (socket) => {
    await end(socket, {
      kind: 'Status',
      status: 'Failure',
      reason: 'InternalError',
      code: 500,
      message: 'OCI runtime exec failed: "tar": executable file not found in $PATH',
    })
  })
  const error = await errorOf(textOf(scene.process.stdout))
  expect(error).toBeInstanceOf(KubeAnswerError)
  expect(error).toMatchObject({ message: expect.stringContaining('"tar": executable file') })
  expect(isAway(error)).toBe(false)
  expect(await scene.process.ended).toBeUndefined()
})

it('a connection that is refused is an answer like any other, and its input is given up', async () => {
  await using scene = await startScene()
  const stdin = Readable.from([Buffer.alloc(10)])
  const { pods } = createKubeClient(scene.cluster)
  const options: ExecOptions = { pod: 'p', container: 'c', command: ['true'], stdin }
  const refused = await errorOf(pods.exec(options, signal))
  expect(isForbidden(refused)).toBe(true)
  expect(refused).toMatchObject({ call: { verb: 'create', resource: 'pods/exec' }, message: 'no' })
  expect(stdin.destroyed).toBe(true)
  await scene.server.down()
  expect(isAway(await errorOf(pods.exec({ ...options, stdin: undefined }, signal)))).toBe(true)
})

describe('leaving', () => {
  it('closes the connection and gives up standard input', async () => {
    const closed = Promise.withResolvers<void>()
    const stdin = new Readable({ read: () => {} })
    await using scene = await startProcess(
      (socket) => socket.once('close', () => closed.resolve()),
      { stdin },
    )
    await scene.process[Symbol.asyncDispose]()
    await closed.promise
    expect(stdin.destroyed).toBe(true)
    expect(await scene.process.ended).toBeUndefined()
  })

  it("by the signal ends what is read, with the signal's reason", async () => {
    const stop = new AbortController()
    const closed = Promise.withResolvers<void>()
    await using scene = await startProcess(
      (socket) => socket.once('close', () => closed.resolve()),
      { abort: stop.signal },
    )
    const reading = errorOf(textOf(scene.process.stdout))
    const reason = new Error('enough')
    stop.abort(reason)
    expect(await reading).toBe(reason)
    await closed.promise
  })
})

it('an input that breaks ends the process, and is the error that is told', async () => {
  const broken = new Error('the archive is broken')
  const stdin = new Readable({
    read() {
      this.destroy(broken)
    },
  })
  await using scene = await startProcess(() => {}, { stdin })
  expect(await errorOf(textOf(scene.process.stdout))).toBe(broken)
})
