import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { ExecutorError } from '../../src/errors/index.ts'
import type { WorkloadSpec } from '../../src/executor/index.ts'
import { ServerlessLauncher } from '../../src/serverless/index.ts'
import type { FakeProgram } from '../../src/testing/index.ts'
import { LauncherScene, secret, token } from './support/launcher-scene.ts'

const done: FakeProgram = async (process) => {
  process.write(`an agent with the token ${token} took its task\n`)
  return 0
}

async function ended(scene: LauncherScene, count = 1): Promise<void> {
  const tasks = () => scene.launcher.tasks().filter(({ state }) => state === 'ended')
  await expect.poll(tasks).toHaveLength(count)
}

describe('a task', () => {
  it('starts one agent in single mode; outcome and log are kept, the workload is removed', async () => {
    const specs: WorkloadSpec[] = []
    await using scene = await LauncherScene.start((spec) => {
      specs.push(spec)
      return done
    })
    expect(await scene.post('task-1')).toMatchObject({ status: 202 })
    await ended(scene)
    expect(scene.launcher.tasks()[0]).toMatchObject({
      key: 'task-1',
      state: 'ended',
      outcome: { kind: 'exited', exitCode: 0 },
    })
    expect(specs[0]).toMatchObject({
      env: { SCALR_URL: 'https://acme.scalr.io', SCALR_AGENT_SINGLE: 'true', SCALR_SINGLE: 'true' },
      secretEnv: { SCALR_AGENT_TOKEN: token, SCALR_TOKEN: token },
      labels: { 'scalr.io/task-id': 'task-1', 'scalr.io/run-id': 'run-1' },
    })
    // I12: nothing that is kept holds the token.
    const log = await readFile(scene.launcher.logPath('task-1') ?? '', 'utf8')
    expect(log).toMatch(/an agent with the token \*+ took its task/u)
    for (const name of await readdir(join(scene.dataDir, 'tasks'))) {
      expect(await readFile(join(scene.dataDir, 'tasks', name), 'utf8')).not.toContain('c4n4ry')
    }
    await expect.poll(() => scene.engine.size).toBe(0)
  })

  it('with a known key starts nothing again, also after its end and a restart', async () => {
    let starts = 0
    await using scene = await LauncherScene.start(() => {
      starts += 1
      return done
    })
    const answers = await Promise.all([1, 2, 3].map(async () => await scene.post('task-1')))
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '200', '202'])
    await ended(scene)
    expect(await scene.post('task-1')).toMatchObject({
      status: 200,
      text: expect.stringContaining('ended'),
    })
    await scene.closeAll()
    await scene.open()
    expect(await scene.post('task-1')).toMatchObject({ status: 200 })
    expect(starts).toBe(1)
  })

  it('takes image, environment and resources of its action', async () => {
    const specs: WorkloadSpec[] = []
    await using scene = await LauncherScene.start(
      (spec) => {
        specs.push(spec)
        return done
      },
      {
        launch: { image: 'one', env: { A: '1', B: '1' } },
        actions: { apply: { image: 'two', env: { B: '2' }, memoryBytes: 1024 } },
      },
    )
    const body = (action: string): string => JSON.stringify({ task_id: action, action })
    await scene.post('apply', { body: body('apply') })
    await scene.post('constructor', { body: body('constructor') })
    await ended(scene, 2)
    const by = new Map(specs.map((spec) => [spec.labels['scalr.io/task-id'], spec]))
    expect(by.get('apply')).toMatchObject({
      image: 'two',
      env: { A: '1', B: '2' },
      resources: { memoryBytes: 1024 },
    })
    expect(by.get('constructor')).toMatchObject({ image: 'one', env: { A: '1', B: '1' } })
  })

  it('has a name of its own in the pool; secrets of its action are masked as well (I12)', async () => {
    const specs: WorkloadSpec[] = []
    await using scene = await LauncherScene.start(
      (spec) => {
        specs.push(spec)
        return async (process) => {
          process.write(`it says ${spec.secretEnv['KEY']}\n`)
          return 0
        }
      },
      { actions: { plan: { secretEnv: { KEY: 'c4n4ry-of-the-action' } } } },
    )
    await scene.post('task-1')
    await scene.post('task-2')
    await ended(scene, 2)
    expect(new Set(specs.map(({ env }) => env['SCALR_AGENT_NAME'])).size).toBe(2)
    const log = await readFile(scene.launcher.logPath('task-1') ?? '', 'utf8')
    expect(log).toMatch(/^it says \*+$/mu)
  })

  it('is tried again when nothing was started, and ends with the reason when that lasts', async () => {
    let starts = 0
    await using scene = await LauncherScene.start(
      (): FakeProgram | { kind: 'not-started'; cause: 'image-pull'; evidence: string } => {
        starts += 1
        return starts < 3
          ? { kind: 'not-started', cause: 'image-pull', evidence: 'no such image' }
          : done
      },
    )
    await scene.post('task-1')
    await ended(scene)
    expect(scene.launcher.tasks()[0]).toMatchObject({ attempts: 3, outcome: { kind: 'exited' } })
    const away = new ExecutorError('Cannot launch: no daemon.', {
      code: 'UNAVAILABLE',
      executor: 'fake',
      phase: 'launch',
    })
    let refused = 0
    scene.executor.onCall = async ({ method }) => {
      if (method !== 'launch') return
      refused += 1
      throw refused < 3
        ? away
        : new ExecutorError('Cannot launch: its image is bad.', {
            code: 'INVALID_SPEC',
            executor: 'fake',
            phase: 'launch',
          })
    }
    await scene.post('task-2')
    await ended(scene, 2)
    expect(refused).toBe(3)
    expect(scene.launcher.tasks()[1]).toMatchObject({
      state: 'ended',
      failure: expect.stringContaining('image is bad'),
    })
  })

  it('whose agent failed is not tried again: it may have taken its task', async () => {
    let starts = 0
    await using scene = await LauncherScene.start(() => async () => {
      starts += 1
      return 1
    })
    await scene.post('task-1')
    await ended(scene)
    expect(scene.launcher.tasks()[0]).toMatchObject({ outcome: { kind: 'exited', exitCode: 1 } })
    expect(starts).toBe(1)
  })
})

describe('slots and queue', () => {
  it('the queue holds what has no slot, in order; a full queue answers 503 with Retry-After', async () => {
    const order: (string | undefined)[] = []
    const gate = Promise.withResolvers<void>()
    await using scene = await LauncherScene.start(
      (spec) => async () => {
        order.push(spec.labels['scalr.io/task-id'])
        await gate.promise
        return 0
      },
      { concurrency: 1, maxQueued: 2 },
    )
    await scene.post('task-0')
    await expect.poll(() => order).toHaveLength(1)
    for (const id of ['task-1', 'task-2']) expect((await scene.post(id)).status).toBe(202)
    const full = await scene.post('task-3')
    expect(full.status).toBe(503)
    expect(full.headers.get('retry-after')).toBe('30')
    expect(scene.launcher.status()).toMatchObject({
      queued: 2,
      running: 1,
      slots: { total: 1, free: 0 },
    })
    gate.resolve()
    await ended(scene, 3)
    expect(order).toEqual(['task-0', 'task-1', 'task-2'])
  })

  it('drain lets what runs end, and keeps what waits for the next process', async () => {
    const gate = Promise.withResolvers<void>()
    await using scene = await LauncherScene.start(
      () => async () => {
        await gate.promise
        return 0
      },
      { concurrency: 1 },
    )
    await scene.post('task-1')
    await expect.poll(() => scene.launcher.status().running).toBe(1)
    await scene.post('task-2')
    const draining = scene.launcher.drain()
    expect((await scene.post('task-3')).status).toBe(503)
    gate.resolve()
    await draining
    expect(scene.launcher.tasks().map(({ key, state }) => [key, state])).toEqual([
      ['task-1', 'ended'],
      ['task-2', 'queued'],
    ])
    await scene.closeAll()
    await scene.open()
    await ended(scene, 2)
  })

  it('a new process takes over what runs, with all of its log, and starts it no second time', async () => {
    const gate = Promise.withResolvers<void>()
    let starts = 0
    await using scene = await LauncherScene.start(() => async (process) => {
      starts += 1
      process.write('first\n')
      await gate.promise
      process.write('second\n')
      return 0
    })
    await scene.post('task-1')
    await expect.poll(() => scene.launcher.tasks()[0]?.state).toBe('running')
    await scene.closeAll()
    await scene.open()
    gate.resolve()
    await ended(scene)
    expect(starts).toBe(1)
    expect(await readFile(scene.launcher.logPath('task-1') ?? '', 'utf8')).toBe('first\nsecond\n')
  })

  it('an agent that is gone when a new process looks has failed, and is not started again (I2)', async () => {
    let starts = 0
    await using scene = await LauncherScene.start(() => async () => {
      starts += 1
      await new Promise(() => {})
      return 0
    })
    await scene.post('task-1')
    await expect.poll(() => scene.launcher.tasks()[0]?.state).toBe('running')
    await scene.closeAll()
    scene.engine.runs.clear()
    await scene.open()
    await ended(scene)
    expect(scene.launcher.tasks()[0]?.failure).toMatch(/is gone; nobody saw its end/u)
    expect(starts).toBe(1)
  })

  it('a record that cannot be read is set aside, and the others go on', async () => {
    await using scene = await LauncherScene.start(() => done)
    await scene.closeAll()
    await writeFile(join(scene.dataDir, 'tasks', 'broken.json'), '{"version":')
    await scene.open()
    await scene.post('task-1')
    await ended(scene)
    expect(await readdir(join(scene.dataDir, 'tasks'))).toContain('broken.json.unreadable')
  })

  it('two launchers never share a directory', async () => {
    await using scene = await LauncherScene.start(() => done)
    const { executor, dataDir } = scene
    await expect(
      ServerlessLauncher.open({ executor, dataDir, url: 'https://acme.scalr.io', token }),
    ).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })
  })
})

describe('the receiver', () => {
  it.each<[string, Parameters<LauncherScene['post']>[1], number]>([
    ['without the secret', { headers: { 'x-launch-secret': '' } }, 401],
    ['with a wrong secret', { headers: { 'x-launch-secret': `${secret}x` } }, 401],
    ['by GET', { method: 'GET' }, 405],
    ['elsewhere', { path: '/other' }, 404],
    ['of another type', { headers: { 'content-type': 'text/plain' } }, 415],
    ['that is no JSON', { body: '{"task_id": ' }, 400],
    ['without a task', { body: '{"action": "plan"}' }, 400],
    ['whose task is no text', { body: '{"task_id": 7}' }, 400],
    ['that is huge', { body: JSON.stringify({ task_id: 'x', padding: 'x'.repeat(70_000) }) }, 413],
    ['with a key that is too long', { headers: { 'idempotency-key': 'k'.repeat(256) } }, 400],
  ])('a webhook %s is refused and starts nothing', async (_, more, status) => {
    await using scene = await LauncherScene.start(() => done)
    const answer = await scene.post('task-1', more)
    expect(answer.status).toBe(status)
    expect(answer.text).not.toContain('c4n4ry')
    expect(scene.launcher.tasks()).toEqual([])
  })

  it.each([
    ['an unknown action', { body: JSON.stringify({ task_id: 'task-1', action: 'dance' }) }],
    [
      'no action and fields of next year',
      { body: JSON.stringify({ task_id: 'task-1', color: 1 }) },
    ],
    ['a clock far off', { body: JSON.stringify({ task_id: 'task-1', created_at: '1970-01-01' }) }],
    ['no Idempotency-Key', { headers: { 'idempotency-key': '' } }],
  ])('%s is taken', async (_, more) => {
    await using scene = await LauncherScene.start(() => done)
    const headers = 'headers' in more ? undefined : {}
    const answer =
      headers === undefined
        ? await fetch(scene.url, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'x-launch-secret': secret },
            body: '{"task_id":"task-1"}',
          })
        : await scene.post('task-1', more)
    expect(answer.status).toBe(202)
    await ended(scene)
  })

  it('takes addresses of its allow-list alone', async () => {
    await using other = await LauncherScene.start(() => done, {
      receiver: { allow: ['192.0.2.0/24'] },
    })
    expect((await other.post('task-1')).status).toBe(403)
    await using own = await LauncherScene.start(() => done, {
      receiver: { allow: ['127.0.0.0/8'] },
    })
    expect((await own.post('task-1')).status).toBe(202)
  })

  it.each([
    [{ allow: ['10.0.0.0/33'] }, /Cannot allow "10.0.0.0\/33"/u],
    [{ secret: { header: 'x', values: ['short'] } }, /16 characters or more/u],
  ])('%o is refused', async (receiver, message) => {
    await expect(LauncherScene.start(() => done, { receiver })).rejects.toThrow(message)
  })

  it('answers load balancers without a secret, and says when it takes no more', async () => {
    await using scene = await LauncherScene.start(() => done)
    const health = { method: 'GET', path: '/healthz', headers: { 'x-launch-secret': '' } }
    expect(await scene.post('', health)).toMatchObject({ status: 200 })
    await scene.launcher.drain()
    expect(await scene.post('', health)).toMatchObject({ status: 503 })
  })
})
