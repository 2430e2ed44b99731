import { createServer } from 'node:http'
import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import {
  createStatusHandler,
  launcherMetrics,
  toFetchHandler,
  toNodeHandler,
} from '../../src/serverless/index.ts'
import type { FakeProgram } from '../../src/testing/index.ts'
import { listen } from '../http/support/test-server.ts'
import { LauncherScene } from './support/launcher-scene.ts'

const done: FakeProgram = async () => 0

async function ended(scene: LauncherScene, count: number): Promise<void> {
  const tasks = () => scene.launcher.tasks().filter(({ state }) => state === 'ended')
  await expect.poll(tasks).toHaveLength(count)
}

describe('the status', () => {
  it('tells slots, counts, and of each task how it ended and where its log lies; no secret (I12)', async () => {
    await using scene = await LauncherScene.start(() => done)
    await scene.post('task-1')
    await ended(scene, 1)
    const handle = toFetchHandler(createStatusHandler({ launcher: scene.launcher }))
    const status = await handle(new Request('http://localhost/status'))
    const text = await status.text()
    expect(JSON.parse(text)).toMatchObject({
      state: 'running',
      slots: { total: 5 },
      counts: { accepted: 1, launched: 1, ended: { exited: 1 } },
      tasks: [{ key: 'task-1', state: 'ended', log: scene.launcher.logPath('task-1') }],
    })
    expect(text + inspect(scene.launcher, { depth: 8 })).not.toContain('c4n4ry')
  })

  it('with a token of its own is told to who has it alone; health is told to all', async () => {
    await using scene = await LauncherScene.start(() => done)
    const { launcher } = scene
    const token = 'a-token-of-the-status'
    const handler = createStatusHandler({ launcher, token, metrics: launcherMetrics(launcher) })
    const { port, close } = await listen(createServer(toNodeHandler(handler)))
    const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      (await fetch(`http://127.0.0.1:${port}${path}`, { method, headers })).status
    expect(await get('/healthz')).toBe(200)
    for (const path of ['/status', '/metrics']) {
      expect(await get(path)).toBe(401)
      expect(await get(path, { authorization: `Bearer ${token}x` })).toBe(401)
      expect(await get(path, { authorization: `Bearer ${token}` })).toBe(200)
    }
    expect(await get('/else')).toBe(404)
    expect(await get('/status', {}, 'POST')).toBe(405)
    await close()
    expect(() => createStatusHandler({ launcher, token: 'short' })).toThrow(/16 characters/u)
  })
})

describe('the metrics', () => {
  it('count what came and how it ended, and measure what waits', async () => {
    const gate = Promise.withResolvers<void>()
    await using scene = await LauncherScene.start(
      (spec) =>
        spec.labels['scalr.io/action'] === 'broken'
          ? { kind: 'not-started', cause: 'rejected', evidence: 'no such program' }
          : async () => {
              await gate.promise
              return spec.labels['scalr.io/action'] === 'bad' ? 1 : 0
            },
      { concurrency: 2, maxQueued: 1 },
    )
    const metrics = launcherMetrics(scene.launcher)
    const post = async (id: string, action: string) =>
      await scene.post(id, { body: JSON.stringify({ task_id: id, action }) })
    await post('task-1', 'plan')
    await expect.poll(() => scene.launcher.status().running).toBe(1)
    await post('task-2', 'bad')
    await expect.poll(() => scene.launcher.status().running).toBe(2)
    await post('task-3', 'broken')
    await post('task-3', 'broken')
    await post('task-4', 'plan')
    const during = await metrics.text()
    expect(during).toContain('scalr_agent_launcher_tasks_queued 1')
    expect(during).toContain('scalr_agent_launcher_tasks_running 2')
    expect(during).toContain('scalr_agent_launcher_slots_free 0')
    gate.resolve()
    await ended(scene, 3)
    const lines = (await metrics.text()).split('\n')
    for (const line of [
      'tasks_accepted_total 3',
      'tasks_duplicate_total 1',
      'tasks_refused_total 1',
      'tasks_launched_total 3',
      'tasks_ended_total{outcome="exited",success="true"} 1',
      'tasks_ended_total{outcome="exited",success="false"} 1',
      'tasks_ended_total{outcome="not-started",success="false"} 1',
      'queue_wait_seconds_count 3',
      'launch_seconds_count 3',
      'run_seconds_count 3',
      'tasks_queued 0',
    ]) {
      expect(lines).toContain(`scalr_agent_launcher_${line}`)
    }
  })
})
