import { afterEach, expect, it } from 'vitest'

import { startWebhookServer, WebhookListener, type WebhookSpool } from '../../src/webhooks/index.ts'
import { githubWebhooks } from '../support/github-webhooks.ts'
import { hook, hookSecret, send } from './support/hook.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each[Symbol.asyncDispose]()
})

it("takes every event of GitHub's own examples: verified, by its project, byte for byte", async () => {
  const kept: Parameters<WebhookSpool['add']>[0][] = []
  const spool = {
    add: (webhook: (typeof kept)[number]) => {
      kept.push(webhook)
      return Promise.resolve({ id: `whk-${kept.length}`, isNew: true })
    },
  }
  const server = await startWebhookServer({
    listener: new WebhookListener({ hooks: [hook] }, { spool }),
    port: 0,
  })
  open.push(server)

  const webhooks = githubWebhooks(hookSecret)
  expect(new Set(webhooks.map(({ event }) => event)).size).toBeGreaterThan(50)
  expect(webhooks.filter(({ project }) => project !== undefined).length).toBeGreaterThan(50)
  for (const webhook of webhooks) {
    expect(await send(server.url, webhook), webhook.event).toMatchObject({ status: 202 })
    const got = kept.at(-1)
    expect(Buffer.from(got?.body ?? []).equals(webhook.body), webhook.event).toBe(true)
    expect(got, webhook.event).toMatchObject({
      signature: 'verified',
      deliveryId: webhook.headers['x-github-delivery'],
      project: webhook.project,
    })
  }
  expect(kept).toHaveLength(webhooks.length)
})
