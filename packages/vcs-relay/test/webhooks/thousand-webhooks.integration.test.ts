import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { startWebhookServer, WebhookListener, WebhookSpool } from '../../src/webhooks/index.ts'

import { hook, send, signedPush } from './support/hook.ts'
import { HttpSink } from './support/http-sink.ts'
import { Receiver } from './support/receiver.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'webhooks-1000-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
})

it('of 1,000 webhooks, half of them in an outage, each arrives once and in its order', async () => {
  await using receiver = await Receiver.start()
  const sink = new HttpSink(receiver.url)
  await using spool = await WebhookSpool.open({ directory, sink, retry: { minMs: 5, maxMs: 200 } })
  const listener = new WebhookListener({ hooks: [hook] }, { spool })
  await using server = await startWebhookServer({ listener, port: 0 })

  const projects = Array.from({ length: 20 }, (_, at) => `octo-org/project-${at}`)
  const sendOf = async (project: string, from: number, to: number): Promise<void> => {
    for (let at = from; at < to; at += 1) {
      const push = signedPush(`${project} ${at}`, project)
      expect((await send(server.url, push)).status).toBe(202)
      // Forges and people send again what was received well.
      if (at % 10 === 0) expect((await send(server.url, push)).status).toBe(200)
    }
  }
  await Promise.all(projects.map((project) => sendOf(project, 0, 25)))
  receiver.isDown = true
  await Promise.all(projects.map((project) => sendOf(project, 25, 50)))
  expect(spool.status().waiting).toBeGreaterThanOrEqual(500)
  receiver.isDown = false
  await spool.untilEmpty()

  expect(receiver.kept.size).toBe(1000)
  expect(receiver.repeated).toBe(0)
  for (const project of projects) {
    const expected = Array.from({ length: 50 }, (_, at) => `${project} ${at}`)
    expect(receiver.deliveryIds().filter((id) => id?.startsWith(`${project} `))).toEqual(expected)
  }
})
