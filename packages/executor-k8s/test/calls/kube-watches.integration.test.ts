import type { ServerResponse } from 'node:http'

import { silentLogger, systemClock, type Clock } from '@scalr-agent/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { KubeWatch } from '../../src/calls/kube-client.ts'
import { createKubeWatches } from '../../src/calls/kube-watches.ts'
import { answer, failure, type KubeServer, type Seen } from '../support/kube-server.ts'
import { startScene } from '../support/scene.ts'

const { signal } = new AbortController()
const hourMs = 3_600_000

/** Pods and watches as the API server has them; kubeJobs are always the same none. */
class Board {
  readonly watches: { readonly response: ServerResponse; readonly request: Seen }[] = []
  lists = 0
  pods: object[] = []
  version = 10
  /** What is answered instead, to requests about pods. */
  instead: ((request: Seen, response: ServerResponse) => boolean) | undefined

  constructor(server: KubeServer) {
    server.handler = (request, response) => {
      const isPods = request.path.endsWith('/pods')
      if (isPods && this.instead?.(request, response) === true) return
      if (request.query.get('watch') === 'true') {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.flushHeaders()
        if (isPods) this.watches.push({ response, request })
        return
      }
      if (isPods) this.lists += 1
      const items = isPods ? this.pods : []
      answer(response, { metadata: { resourceVersion: String(this.version) }, items })
    }
  }

  /** Sends an event to whoever watches. */
  send(type: string, object: object): void {
    this.last.response.write(`${JSON.stringify({ type, object })}\n`)
  }

  get last(): { readonly response: ServerResponse; readonly request: Seen } {
    const last = this.watches.at(-1)
    if (last === undefined) throw new Error('nobody watches')
    return last
  }

  async watched(count: number): Promise<void> {
    await vi.waitFor(() => expect(this.watches.length).toBeGreaterThanOrEqual(count), {
      timeout: 30_000,
      interval: 10,
    })
  }
}

const pod = (name: string, version: number, phase = 'Running'): object => ({
  metadata: { name, resourceVersion: String(version), managedFields: [{ manager: 'kubelet' }] },
  status: { phase },
})
const phases = (watch: KubeWatch): object =>
  Object.fromEntries([...(watch.pods ?? [])].map(([name, { status }]) => [name, status?.phase]))

/** Waits as long as it takes until the watch shows that. */
async function until(watch: KubeWatch, wanted: object): Promise<void> {
  const limit = AbortSignal.timeout(30_000)
  while (JSON.stringify(phases(watch)) !== JSON.stringify(wanted)) await watch.next(hourMs, limit)
}

async function startWatching(clock: Clock = systemClock) {
  const scene = await startScene()
  const board = new Board(scene.server)
  const watches = createKubeWatches(scene.cluster, clock, silentLogger)
  return Object.assign(scene, { board, watches })
}

it('shows the first list, then every change', async () => {
  await using scene = await startWatching()
  const { board } = scene
  board.pods = [pod('a', 5, 'Pending')]
  using watch = scene.watches.watch('agent=1')
  expect(watch.pods).toBeUndefined()
  await until(watch, { a: 'Pending' })
  await board.watched(1)
  board.send('MODIFIED', pod('a', 11))
  board.send('ADDED', pod('b', 12, 'Pending'))
  await until(watch, { a: 'Running', b: 'Pending' })
  board.send('DELETED', pod('a', 13))
  await until(watch, { b: 'Pending' })
  expect(watch.pods?.get('b')?.metadata?.managedFields).toBeUndefined()
  const { query } = board.last.request
  expect(query.get('labelSelector')).toBe('agent=1')
  expect(query.get('resourceVersion')).toBe('10')
  expect(query.get('allowWatchBookmarks')).toBe('true')
})

it('a change that came while nobody waited is not missed', async () => {
  await using scene = await startWatching()
  using watch = scene.watches.watch('agent=1')
  using second = scene.watches.watch('agent=1')
  await scene.board.watched(1)
  await expect.poll(() => watch.kubeJobs).toBeDefined()
  await second.next(0, signal)
  scene.board.send('ADDED', pod('a', 11))
  await until(watch, { a: 'Running' })
  // The event has come, and this one waits only now.
  await second.next(hourMs, signal)
})

it('gives up waiting after its time, and with its signal', async () => {
  await using scene = await startWatching()
  using watch = scene.watches.watch('agent=1')
  await scene.board.watched(1)
  await expect.poll(() => watch.kubeJobs).toBeDefined()
  await watch.next(0, signal)
  await watch.next(1, signal)
  const stop = new AbortController()
  const waiting = watch.next(hourMs, stop.signal)
  stop.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
})

it('is one watch for all who look at the same labels, and none once all have left', async () => {
  await using scene = await startWatching()
  const { board } = scene
  const many = Array.from({ length: 20 }, () => scene.watches.watch('agent=1'))
  await board.watched(1)
  const woken = Promise.all(many.map(async (watch) => await until(watch, { a: 'Running' })))
  board.send('ADDED', pod('a', 11))
  await woken
  expect([board.lists, board.watches.length]).toEqual([1, 1])
  const closed = new Promise((resolve) => board.last.response.once('close', resolve))
  for (const watch of many) watch[Symbol.dispose]()
  many[0]?.[Symbol.dispose]()
  await closed
  using again = scene.watches.watch('agent=1')
  expect(again.pods).toBeUndefined()
  await board.watched(2)
})

describe('goes on', () => {
  it('where it was cut, in the middle of a line, without listing again', async () => {
    await using scene = await startWatching()
    const { board } = scene
    using watch = scene.watches.watch('agent=1')
    await board.watched(1)
    board.send('ADDED', pod('a', 11))
    await until(watch, { a: 'Running' })
    const line = JSON.stringify({ type: 'DELETED', object: pod('a', 12) })
    board.last.response.write(line.slice(0, 20))
    board.last.response.destroy()
    await board.watched(2)
    expect(board.last.request.query.get('resourceVersion')).toBe('11')
    expect(phases(watch)).toEqual({ a: 'Running' })
    board.send('DELETED', pod('a', 12))
    await until(watch, {})
    expect(board.lists).toBe(1)
  })

  it('where a bookmark said, when the server ends it in good order', async () => {
    await using scene = await startWatching()
    const { board } = scene
    using watch = scene.watches.watch('agent=1')
    await board.watched(1)
    board.send('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: '500' } })
    board.last.response.end()
    await board.watched(2)
    expect(board.last.request.query.get('resourceVersion')).toBe('500')
    expect(board.lists).toBe(1)
    expect(phases(watch)).toEqual({})
  })

  it.each([
    [
      'in the stream',
      (board: Board) => board.send('ERROR', failure(410, 'Expired', 'too old resource version')),
    ],
    [
      'as the answer',
      (board: Board) => {
        let isFirst = true
        board.instead = ({ query }, response) => {
          if (query.get('watch') !== 'true' || !isFirst) return false
          isFirst = false
          answer(response, failure(410, 'Gone', 'too old resource version'), 410)
          return true
        }
        board.last.response.end()
      },
    ],
  ])('with a new list, when its version is too old (410 %s)', async (_how, break_) => {
    await using scene = await startWatching()
    const { board } = scene
    board.pods = [pod('gone', 5), pod('stays', 6, 'Pending')]
    using watch = scene.watches.watch('agent=1')
    await until(watch, { gone: 'Running', stays: 'Pending' })
    await board.watched(1)
    board.pods = [pod('stays', 90), pod('new', 91, 'Pending')]
    board.version = 99
    break_(board)
    await until(watch, { stays: 'Running', new: 'Pending' })
    await board.watched(2)
    expect(board.last.request.query.get('resourceVersion')).toBe('99')
    expect(board.lists).toBe(2)
  })

  it('when the API server was killed and is back, and wakes those who wait', async () => {
    await using scene = await startWatching()
    const { board, server } = scene
    board.pods = [pod('a', 5)]
    using watch = scene.watches.watch('agent=1')
    await until(watch, { a: 'Running' })
    await board.watched(1)
    await server.down()
    board.pods = []
    const woken = watch.next(hourMs, AbortSignal.timeout(30_000))
    await server.up()
    await woken
    await board.watched(2)
    // Nothing was lost: the server sends what came after the version that we had.
    board.send('DELETED', pod('a', 11))
    await until(watch, {})
    expect(board.lists).toBe(1)
  })

  describe('within a bound, when the server falls silent', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it('before it has answered', async () => {
      await using scene = await startWatching()
      const { board } = scene
      let unanswered = 0
      board.instead = ({ query }) => {
        if (query.get('watch') !== 'true' || unanswered > 0) return false
        unanswered += 1
        return true
      }
      using watch = scene.watches.watch('agent=1')
      await expect.poll(() => unanswered).toBe(1)
      vi.advanceTimersByTime(20_000)
      await board.watched(1)
      board.send('ADDED', pod('a', 11))
      await until(watch, { a: 'Running' })
    })

    it('while it was watched: nothing is closed, and nothing is to tell', async () => {
      await using scene = await startWatching()
      const { board } = scene
      using watch = scene.watches.watch('agent=1')
      await board.watched(1)
      board.send('ADDED', pod('a', 11))
      await until(watch, { a: 'Running' })
      const seconds = Number(board.last.request.query.get('timeoutSeconds'))
      vi.advanceTimersByTime((seconds + 5) * 1000)
      expect(board.watches.length).toBe(1)
      vi.advanceTimersByTime(5000)
      await board.watched(2)
      expect(board.last.request.query.get('resourceVersion')).toBe('11')
      expect([seconds <= 60, board.lists]).toEqual([true, 1])
    })
  })

  it('after as long as a throttling server said', async () => {
    const slept: number[] = []
    const clock: Clock = {
      ...systemClock,
      sleep: async (ms, options) => {
        if (ms === hourMs) return await systemClock.sleep(ms, options)
        slept.push(ms)
        options?.signal?.throwIfAborted()
      },
    }
    await using scene = await startWatching(clock)
    const { board } = scene
    let refusals = 0
    board.instead = (_request, response) => {
      refusals += 1
      if (refusals > 2) return false
      response.setHeader('retry-after', '4')
      answer(response, failure(429, 'TooManyRequests', 'slow down'), 429)
      return true
    }
    board.pods = [pod('a', 5)]
    using watch = scene.watches.watch('agent=1')
    await until(watch, { a: 'Running' })
    expect(slept.slice(0, 2).map((ms) => ms >= 4000)).toEqual([true, true])
  })

  it('when rights come that were missing', async () => {
    await using scene = await startWatching()
    const { board } = scene
    let isAllowed = false
    board.instead = (_request, response) => {
      if (isAllowed) return false
      isAllowed = true
      answer(response, failure(403, 'Forbidden', 'cannot list resource "pods"'), 403)
      return true
    }
    board.pods = [pod('a', 5)]
    using watch = scene.watches.watch('agent=1')
    await until(watch, { a: 'Running' })
  })
})

it('takes no endless line into memory', async () => {
  await using scene = await startWatching()
  const { board } = scene
  using watch = scene.watches.watch('agent=1')
  await board.watched(1)
  const { response } = board.last
  const closed = new Promise((resolve) => response.once('close', resolve))
  const piece = Buffer.alloc(1024 * 1024, 'x')
  const pour = (): void => {
    while (!response.destroyed && response.write(piece));
    if (!response.destroyed) response.once('drain', pour)
  }
  pour()
  await closed
  // It began anew.
  await board.watched(2)
  expect(board.lists).toBe(2)
  expect(watch.pods?.size).toBe(0)
})
