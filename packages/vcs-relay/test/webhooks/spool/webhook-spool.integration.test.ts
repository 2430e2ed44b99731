import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { WebhookSpool, type WebhookSpoolOptions } from '../../../src/webhooks/index.ts'
import { WebhookRefusedError } from '../../../src/webhook-refused-error.ts'
import { MemorySink } from '../support/memory-sink.ts'
import { newWebhook } from '../support/spool-entry.ts'

let directory: string
let sink: MemorySink
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'webhook-spool-'))
  sink = new MemorySink()
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const open = (options: Partial<WebhookSpoolOptions> = {}): Promise<WebhookSpool> =>
  WebhookSpool.open({ directory, sink, retry: { minMs: 1, maxMs: 5 }, ...options })

const down = (): void => {
  throw new Error('The control plane is not reachable')
}

describe('what is kept', () => {
  it('arrives as it came: bytes, header lines, repeated ones too', async () => {
    await using spool = await open()
    const webhook = newWebhook('d-1', { body: Buffer.from([0, 255, 10, 13, 0xc3]) })
    const { id, isNew } = await spool.add(webhook)
    expect(isNew).toBe(true)
    await spool.untilEmpty()
    const { project: _, ...expected } = webhook
    expect(sink.taken).toEqual([{ ...expected, id }])
  })

  it('is for its user alone, and leaves nothing behind', async () => {
    sink.before = down
    const spool = await open()
    await spool.add(newWebhook('d-1'))
    const [name = ''] = await readdir(join(directory, 'waiting'))
    expect((await stat(join(directory, 'waiting', name))).mode & 0o777).toBe(0o600)
    expect((await stat(join(directory, 'waiting'))).mode & 0o777).toBe(0o700)
    sink.before = () => {}
    await spool.untilEmpty()
    expect(await readdir(join(directory, 'waiting'))).toEqual([])
    expect(spool.status().bytes).toBe(0)
    await spool.close()
  })

  it('outlives the process, under the same id and in its order', async () => {
    sink.before = down
    const first = await open()
    const ids: string[] = []
    for (const each of ['d-1', 'd-2', 'd-3']) ids.push((await first.add(newWebhook(each))).id)
    await first.close()
    sink.before = () => {}
    await using second = await open()
    ids.push((await second.add(newWebhook('d-4'))).id)
    await second.untilEmpty()
    expect(sink.taken.map(({ id }) => id)).toEqual(ids)
  })

  it('is of one process at a time', async () => {
    await using spool = await open()
    await expect(open()).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })
    expect(spool.status().waiting).toBe(0)
  })

  it('a directory that cannot be made is said to be at fault', async () => {
    await writeFile(join(directory, 'file'), '')
    const wrong = WebhookSpool.open({ directory: join(directory, 'file', 'spool'), sink })
    await expect(wrong).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' })
  })
})

describe('a delivery that is sent again', () => {
  it('is not kept again while it waits', async () => {
    sink.before = down
    await using spool = await open()
    const first = await spool.add(newWebhook('d-1'))
    expect(await spool.add(newWebhook('d-1'))).toEqual({ id: first.id, isNew: false })
    expect(spool.status().waiting).toBe(1)
    sink.before = () => {}
    await spool.untilEmpty()
  })

  it('is not kept again when both come at the same moment', async () => {
    await using spool = await open()
    const added = await Promise.all(Array.from({ length: 20 }, () => spool.add(newWebhook('d-1'))))
    expect(added.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(new Set(added.map(({ id }) => id)).size).toBe(1)
    await spool.untilEmpty()
    expect(sink.taken).toHaveLength(1)
  })

  it('is not kept again after it was delivered, also by the next process', async () => {
    const first = await open()
    const { id } = await first.add(newWebhook('d-1'))
    await first.untilEmpty()
    expect(await first.add(newWebhook('d-1'))).toEqual({ id, isNew: false })
    await first.close()
    await using second = await open()
    expect(await second.add(newWebhook('d-1'))).toEqual({ id, isNew: false })
    expect(sink.taken).toHaveLength(1)
  })

  it('is a new one a day later, and from another VCS', async () => {
    let now = new Date('2026-11-22T12:00:00Z')
    const clock = { now: () => now, monotonicMs: () => 0, sleep: () => Promise.resolve() }
    await using spool = await open({ clock })
    await spool.add(newWebhook('d-1'))
    await spool.untilEmpty()
    expect((await spool.add(newWebhook('d-1', { vcs: 'other' }))).isNew).toBe(true)
    now = new Date('2026-11-23T11:59:59Z')
    expect((await spool.add(newWebhook('d-1'))).isNew).toBe(false)
    now = new Date('2026-11-23T12:00:01Z')
    expect((await spool.add(newWebhook('d-1'))).isNew).toBe(true)
    await spool.untilEmpty()
  })

  it('is kept each time where the forge gives no id', async () => {
    await using spool = await open()
    await spool.add(newWebhook(undefined))
    await spool.add(newWebhook(undefined))
    await spool.untilEmpty()
    expect(sink.taken).toHaveLength(2)
  })

  it('a torn last line of what was delivered costs nothing but a second delivery', async () => {
    const first = await open()
    await first.add(newWebhook('d-1'))
    await first.add(newWebhook('d-2'))
    await first.untilEmpty()
    await first.close()
    const log = join(directory, 'delivered.log')
    await truncate(log, (await stat(log)).size - 5)
    await using second = await open()
    expect((await second.add(newWebhook('d-1'))).isNew).toBe(false)
    expect((await second.add(newWebhook('d-2'))).isNew).toBe(true)
    await second.untilEmpty()
    expect((await readFile(log, 'utf8')).trimEnd().split('\n')).toHaveLength(2)
  })
})

describe('order', () => {
  it('is kept within a project, across failures; other projects do not wait for it', async () => {
    let failures = 0
    let release: (() => void) | undefined
    const other = new Promise<void>((resolve) => (release = resolve))
    sink.before = async ({ deliveryId }) => {
      if (deliveryId === 'b-1') release?.()
      if (deliveryId !== 'a-1' || failures >= 5) return
      failures += 1
      // Only once the other project's has gone through does this one stop failing.
      if (failures === 5) await other
      throw new Error('not now')
    }
    await using spool = await open()
    for (const id of ['a-1', 'a-2', 'a-3']) await spool.add(newWebhook(id, { project: 'a/a' }))
    await spool.add(newWebhook('b-1', { project: 'b/b' }))
    await spool.untilEmpty()
    expect(sink.deliveryIds().filter((id) => id?.startsWith('a'))).toEqual(['a-1', 'a-2', 'a-3'])
    expect(sink.deliveryIds()[0]).toBe('b-1')
  })

  it('never has two of a project, nor more than are allowed, at once', async () => {
    sink.before = () => new Promise((resolve) => setImmediate(resolve))
    await using spool = await open({ concurrency: 3 })
    await Promise.all(
      Array.from({ length: 60 }, (_, at) =>
        spool.add(newWebhook(`d-${at}`, { project: `p/${at % 10}` })),
      ),
    )
    await spool.untilEmpty()
    expect(sink.taken).toHaveLength(60)
    expect(sink.mostAtOnce).toBeLessThanOrEqual(3)
  })
})

describe('what cannot be delivered', () => {
  it('waits through an outage, however long', async () => {
    let failures = 0
    sink.before = () => {
      failures += 1
      if (failures <= 100) down()
    }
    await using spool = await open({ attempts: 3 })
    await spool.add(newWebhook('d-1'))
    await spool.add(newWebhook('d-2'))
    await spool.untilEmpty()
    expect(sink.deliveryIds()).toEqual(['d-1', 'd-2'])
    expect(spool.status().parked).toBe(0)
  })

  it('is tried at once when the control plane is back', async () => {
    sink.before = down
    await using spool = await open({ retry: { minMs: 3_600_000, maxMs: 3_600_000 } })
    const tried = new Promise<void>((resolve) => {
      sink.before = () => {
        resolve()
        down()
      }
    })
    await spool.add(newWebhook('d-1'))
    await tried
    sink.before = () => {}
    // The failed attempt has to end before there is anybody to wake.
    const again = setInterval(() => spool.wake(), 1)
    await spool.untilEmpty()
    clearInterval(again)
    expect(sink.deliveryIds()).toEqual(['d-1'])
  })

  it('is parked with the reason when the control plane refuses it, and may be tried again', async () => {
    sink.before = ({ deliveryId }) => {
      if (deliveryId === 'd-1') throw new WebhookRefusedError('no such VCS provider')
    }
    const first = await open()
    const { id } = await first.add(newWebhook('d-1'))
    await first.add(newWebhook('d-2'))
    await first.untilEmpty()
    expect(sink.deliveryIds()).toEqual(['d-2'])
    await first.close()

    await using second = await open()
    expect(await second.parked()).toMatchObject([
      {
        id,
        vcs: 'ghes',
        deliveryId: 'd-1',
        reason: expect.stringContaining('no such VCS provider'),
      },
    ])
    sink.before = () => {}
    expect(await second.retryParked(id)).toBe(true)
    expect(await second.retryParked(id)).toBe(false)
    await second.untilEmpty()
    expect(sink.deliveryIds()).toEqual(['d-2', 'd-1'])
    expect(await readdir(join(directory, 'parked'))).toEqual([])
  })

  it('is parked when it alone fails, also where others of its project are behind it', async () => {
    sink.before = ({ deliveryId }) => {
      if (deliveryId === 'poison') throw new Error('500 of the control plane')
    }
    await using spool = await open({ attempts: 4 })
    const { id } = await spool.add(newWebhook('poison'))
    await spool.add(newWebhook('d-2'))
    await spool.add(newWebhook('d-3'))
    await spool.untilEmpty()
    expect(sink.deliveryIds()).toEqual(['d-2', 'd-3'])
    expect((await spool.parked())[0]?.reason).toContain('500 of the control plane')
    expect(await spool.discardParked(id)).toBe(true)
    expect(spool.status()).toMatchObject({ parked: 0, bytes: 0 })
  })

  it('is parked when its file was damaged', async () => {
    sink.before = down
    const first = await open()
    await first.add(newWebhook('d-1'))
    await first.close()
    const [name = ''] = await readdir(join(directory, 'waiting'))
    await truncate(join(directory, 'waiting', name), 50)
    await using second = await open()
    expect(await second.parked()).toMatchObject([
      { vcs: undefined, reason: expect.stringContaining('cannot be read') },
    ])
  })

  it('a delivery that takes too long is given up and tried again', async () => {
    let hung = 0
    sink.before = async (_, signal) => {
      if (hung > 0) return
      hung += 1
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')))
      })
    }
    await using spool = await open({ deliveryMs: 20 })
    await spool.add(newWebhook('d-1'))
    await spool.untilEmpty()
    expect(sink.attempts).toEqual(['d-1', 'd-1'])
  })
})

describe('the quota', () => {
  it('refuses what has no room, and takes it when there is room again', async () => {
    sink.before = down
    await using spool = await open({ maxBytes: 40_000 })
    const body = Buffer.alloc(20_000, 'x')
    await spool.add(newWebhook('d-1', { body }))
    await expect(spool.add(newWebhook('d-2', { body }))).rejects.toMatchObject({
      code: 'SPOOL_FULL',
      retryable: true,
    })
    // What was refused is not known: the forge may send it again.
    sink.before = () => {}
    await spool.untilEmpty()
    expect((await spool.add(newWebhook('d-2', { body }))).isNew).toBe(true)
    await spool.untilEmpty()
  })

  it('counts what comes at the same moment', async () => {
    sink.before = down
    await using spool = await open({ maxBytes: 100_000 })
    const added = await Promise.allSettled(
      Array.from({ length: 20 }, (_, at) =>
        spool.add(newWebhook(`d-${at}`, { body: Buffer.alloc(20_000) })),
      ),
    )
    expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect(spool.status().bytes).toBeLessThanOrEqual(100_000)
    sink.before = () => {}
    await spool.untilEmpty()
  })
})
