import { createHmac } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { hookSecret, RelayScene, type VcsDaemon } from './support/relay-scene.ts'

describe('webhooks of a private VCS', () => {
  let scene: RelayScene
  let agent: VcsDaemon

  beforeAll(async () => {
    scene = await RelayScene.start()
    await scene.provider('github_enterprise')
    // Nothing is asked of it.
    agent = await scene.agent({
      name: 'private',
      kind: 'github-enterprise',
      url: 'http://127.0.0.1:9',
    })
  })
  afterAll(async () => {
    await scene[Symbol.asyncDispose]()
  })

  async function send(deliveryId: string, project: string): Promise<number> {
    const body = JSON.stringify({ ref: 'refs/heads/main', repository: { full_name: project } })
    const signature = createHmac('sha256', hookSecret).update(body).digest('hex')
    const answer = await fetch(agent.hookUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': deliveryId,
        'x-hub-signature-256': `sha256=${signature}`,
      },
      body,
    })
    await answer.text()
    return answer.status
  }

  const projects = Array.from({ length: 20 }, (_, at) => `octo-org/project-${at}`)

  /** Of each project one after the other, as a forge does. */
  async function sendAll(from: number, to: number): Promise<void> {
    await Promise.all(
      projects.map(async (project) => {
        for (let at = from; at < to; at += 1)
          expect(await send(`${project} ${at}`, project)).toBe(202)
      }),
    )
  }

  it('1,000 of them, the control plane away for half: each arrives once and in its order', async () => {
    await sendAll(0, 25)
    await scene.platform.stop()
    await sendAll(25, 50)
    await scene.platform.restart()
    await vi.waitFor(
      () => {
        const ids = new Set(scene.webhooks.map(({ id }) => id))
        if (ids.size < 1000) throw new Error(`${ids.size} have arrived`)
      },
      { timeout: 60_000, interval: 50 },
    )
    // A lost answer has the same one told again, under the same id, which the control plane takes once.
    const once = [...new Map(scene.webhooks.map((webhook) => [webhook.id, webhook])).values()]
    expect(once).toHaveLength(1000)
    for (const project of projects) {
      const expected = Array.from({ length: 50 }, (_, at) => `${project} ${at}`)
      const ids = once.map(({ deliveryId }) => deliveryId)
      expect(ids.filter((id) => id?.startsWith(`${project} `))).toEqual(expected)
    }
    expect(once.every(({ signature }) => signature === 'verified')).toBe(true)
  })
})
