import { once } from 'node:events'

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

import { ExecStreams } from '../../src/calls/exec-streams.ts'
import { isAway } from '../../src/kubernetes-error.ts'

/** Real sockets, but the time between two looks at the connection is told. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

async function connectProcess() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const client = new WebSocket(`ws://127.0.0.1:${port}`)
  client.once('open', () => client.pause())
  const [[far]] = await Promise.all([once(server, 'connection'), once(client, 'open')])
  if (!(far instanceof WebSocket)) throw new TypeError('no connection')
  const { signal } = new AbortController()
  const call = { verb: 'create', resource: 'pods/exec' }
  const process = new ExecStreams(client, { call, signal, stdin: undefined })
  return {
    client,
    far,
    process,
    [Symbol.asyncDispose]: async () => {
      await process[Symbol.asyncDispose]()
      far.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Resolves when the connection is told to take nothing more: nobody looks at it in between. */
function pauseOf(client: WebSocket): Promise<void> {
  const pause = client.pause.bind(client)
  return new Promise((resolve) => {
    vi.spyOn(client, 'pause').mockImplementation(() => {
      pause()
      resolve()
    })
  })
}

it('a silent process whose server answers goes on for hours', async () => {
  await using scene = await connectProcess()
  scene.process.stdout.resume()
  for (let minute = 0; minute < 30; minute += 1) {
    const answered = once(scene.client, 'pong')
    vi.advanceTimersByTime(20_000)
    await answered
  }
  expect(scene.process.stdout.destroyed).toBe(false)
})

it('a server that answers no more is away, after a minute and some', async () => {
  await using scene = await connectProcess()
  const failed = once(scene.process.stdout, 'error')
  scene.process.stdout.resume()
  // As a machine that lost its power: nothing comes, and nothing is closed.
  scene.far.pause()
  vi.advanceTimersByTime(60_000)
  expect(scene.process.stdout.destroyed).toBe(false)
  vi.advanceTimersByTime(40_000)
  const [error]: unknown[] = await failed.catch((problem: unknown) => [problem])
  expect(isAway(error)).toBe(true)
  expect(await scene.process.ended).toBeUndefined()
})

it('while nobody reads, a silent server is not taken for gone', async () => {
  await using scene = await connectProcess()
  const paused = pauseOf(scene.client)
  // More than is held: the connection is paused, and its answers are not heard.
  for (let n = 0; n < 32; n += 1) scene.far.send(Buffer.alloc(64 * 1024, 1))
  await paused
  expect(scene.client.isPaused).toBe(true)
  vi.advanceTimersByTime(3_600_000)
  expect(scene.process.stdout.destroyed).toBe(false)
  let bytes = 0
  for await (const part of scene.process.stdout) {
    bytes += Buffer.isBuffer(part) ? part.length : 0
    if (bytes === 32 * (64 * 1024 - 1)) break
  }
  expect(bytes).toBe(32 * (64 * 1024 - 1))
})
