import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startWebhookServer, WebhookListener, WebhookSpool } from '../../src/webhooks/index.ts'

import { hook, send, signedPush } from './support/hook.ts'
import { HttpSink } from './support/http-sink.ts'
import { Receiver } from './support/receiver.ts'
import { SpoolChild } from './support/spool-child.ts'

const deliveries = ['delivery-1']

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'webhook-edges-'))
})
afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

/** Sends each that has no 2xx, as a forge or a person does that saw it fail. */
async function sendAll(url: string, acknowledged: Set<string>): Promise<void> {
  for (const id of deliveries) {
    if (acknowledged.has(id)) continue
    const answer = await send(url, signedPush(id)).catch(() => undefined)
    if (answer === undefined) return
    expect([200, 202]).toContain(answer.status)
    acknowledged.add(id)
  }
}

/**
 * A process that is killed, and then another that finds what it left: what was acknowledged or sent again
 * arrives exactly once.
 *
 * @returns whether it came to that edge
 */
async function survives(killAt: number): Promise<boolean> {
  await using receiver = await Receiver.start()
  const directory = join(root, String(killAt))
  const acknowledged = new Set<string>()
  const child = new SpoolChild({ directory, sinkUrl: receiver.url, killAt })
  const childUrl = await child.url
  if (childUrl !== undefined) await sendAll(childUrl, acknowledged)
  // Edges of a delivery, and of the end.
  if (acknowledged.size === deliveries.length) {
    await Promise.race([receiver.untilKept(deliveries.length), child.ended()])
    child.stop()
  }
  await child.ended()

  await using spool = await WebhookSpool.open({ directory, sink: new HttpSink(receiver.url) })
  const listener = new WebhookListener({ hooks: [hook] }, { spool })
  await using server = await startWebhookServer({ listener, port: 0 })
  await sendAll(server.url, acknowledged)
  await spool.untilEmpty()
  expect(receiver.deliveryIds(), `killed at edge ${killAt}`).toEqual(deliveries)
  expect(spool.status()).toMatchObject({ waiting: 0, parked: 0, bytes: 0 })
  return child.wasKilled
}

describe('a webhook listener that is killed at any change of its files', () => {
  it('has each webhook arrive exactly once', async () => {
    await using receiver = await Receiver.start()
    const whole = new SpoolChild({ directory: join(root, 'whole'), sinkUrl: receiver.url })
    const url = (await whole.url) ?? ''
    await sendAll(url, new Set())
    await receiver.untilKept(deliveries.length)
    await whole[Symbol.asyncDispose]()
    const edges = (await whole.edges) ?? 0
    expect(edges).toBeGreaterThan(20)
    let kills = 0
    const next = Array.from({ length: edges }, (_, index) => index + 1)
    const worker = async (): Promise<void> => {
      for (let at = next.shift(); at !== undefined; at = next.shift()) {
        if (await survives(at)) kills += 1
      }
    }
    await Promise.all([worker(), worker(), worker(), worker()])
    // How often a change of a file is done anew depends on timing, so the last edges may not be reached.
    expect(kills).toBeGreaterThanOrEqual(edges - 3)
  })
})
