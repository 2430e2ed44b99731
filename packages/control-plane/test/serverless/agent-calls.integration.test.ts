import { setTimeout as delay } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { AgentClient } from '../support/agent-client.ts'
import type { ApiClient } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { registerAgent } from '../support/register-agent.ts'
import { RunningAgent } from '../support/running-agent.ts'
import {
  accept,
  startWebhookReceiver,
  status,
  type WebhookReceiver,
} from '../support/webhook-receiver.ts'
import { makeWorkspace, startWorld, uploadConfiguration, type World } from '../support/world.ts'

const timing = { reaperEveryMs: 20, webhookRetryMs: 20 }
const header = { name: 'X-Launch-Secret', value: 'launch-secret-4711', sensitive: true }

interface Scene extends AsyncDisposable {
  readonly world: World
  readonly receiver: WebhookReceiver
  readonly poolId: string
  readonly environmentId: string
  readonly workspaceId: string
  /** @returns the id of a run whose plan waits for an agent */
  readonly queueRun: () => Promise<string>
  readonly waitingReason: (runId: string) => Promise<string>
}

/** A workspace whose pool calls a webhook. */
async function startScene(
  times: Partial<typeof timing> & { webhookAgentMs?: number; webhookAnswerMs?: number } = {},
): Promise<Scene> {
  const stack = new AsyncDisposableStack()
  const receiver = stack.use(await startWebhookReceiver())
  const world = stack.use(await startWorld({ timing: { ...timing, ...times } }))
  const { api } = world
  const made = await makeWorkspace(api)
  await setPool(api, made.poolId, {
    'webhook-enabled': true,
    'webhook-url': receiver.url,
    'webhook-headers': [header, { name: 'x-team', value: 'platform' }],
  })
  await uploadConfiguration(api, made.workspaceId)
  return {
    ...made,
    world,
    receiver,
    queueRun: async () => {
      const run = await api.create(
        '/runs',
        'runs',
        { 'is-dry': true },
        { workspace: ['workspaces', made.workspaceId] },
      )
      return String(run.id)
    },
    waitingReason: async (runId) => {
      const { body } = await api.get(`/runs/${runId}`)
      return String(body.data.attributes['agent-waiting-reason'])
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function setPool(api: ApiClient, poolId: string, attributes: Record<string, unknown>) {
  const answer = await api.write('PATCH', `/agent-pools/${poolId}`, 'agent-pools', attributes)
  expect(answer.status).toBe(200)
}

async function untilReceived(receiver: WebhookReceiver, count: number): Promise<void> {
  await eventually(() => expect(receiver.received.length).toBeGreaterThanOrEqual(count))
}

/** Long enough for several passes. */
const aWhileMs = 200

describe('the webhook of a serverless pool', () => {
  it('is told of a task when a stage needs an agent, once', async () => {
    await using scene = await startScene()
    const { receiver } = scene
    const runId = await scene.queueRun()
    await untilReceived(receiver, 1)
    await delay(aWhileMs)
    expect(receiver.received).toHaveLength(1)
    const [task] = receiver.received
    expect(task?.body).toEqual({
      task_id: expect.stringMatching(/^atask-/u),
      action: 'plan',
      run_id: runId,
      workspace_id: scene.workspaceId,
      environment_id: scene.environmentId,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/u),
    })
    expect(task?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': task?.body['task_id'],
      'x-launch-secret': header.value,
      'x-team': 'platform',
    })
    expect(await scene.waitingReason(runId)).toContain(
      `accepted the task ${String(task?.body['task_id'])}`,
    )
  })

  it.each([503, 429, 500, 408])(
    'that answers %i is called again, under the same key',
    async (code) => {
      await using scene = await startScene()
      const { receiver } = scene
      receiver.answer = status(code)
      const runId = await scene.queueRun()
      await untilReceived(receiver, 3)
      expect(await scene.waitingReason(runId)).toMatch(
        new RegExp(
          `does not accept the task .*http://127\\.0\\.0\\.1:\\d+ answered ${code}.*again at`,
          'u',
        ),
      )
      receiver.answer = accept
      const before = receiver.received.length
      await untilReceived(receiver, before + 1)
      await eventually(async () => expect(await scene.waitingReason(runId)).toContain('accepted'))
      expect(new Set(receiver.received.map(({ body }) => body['task_id'])).size).toBe(1)
      expect(new Set(receiver.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(
        1,
      )
    },
  )

  it('is called again no sooner than it asked for', async () => {
    await using scene = await startScene()
    scene.receiver.answer = status(503, { 'retry-after': '600' })
    const runId = await scene.queueRun()
    await untilReceived(scene.receiver, 1)
    await delay(aWhileMs)
    expect(scene.receiver.received).toHaveLength(1)
    const reason = await scene.waitingReason(runId)
    const next = Date.parse(/again at (?<at>\S+)\.$/u.exec(reason)?.groups?.['at'] ?? '')
    expect(next - Date.now()).toBeGreaterThan(400_000)
  })

  it('that hangs up, or is not there, is called again', async () => {
    await using scene = await startScene()
    const { receiver, world, poolId } = scene
    receiver.answer = (response) => response.destroy()
    const runId = await scene.queueRun()
    await untilReceived(receiver, 2)
    await setPool(world.api, poolId, {
      'webhook-url': 'http://127.0.0.1:1/tasks?key=in-the-url',
      // Elsewhere their values are needed again.
      'webhook-headers': [header],
    })
    await eventually(async () =>
      expect(await scene.waitingReason(runId)).toContain('http://127.0.0.1:1 cannot be reached'),
    )
    expect(await scene.waitingReason(runId)).not.toContain('in-the-url')
    receiver.answer = accept
    await setPool(world.api, poolId, {
      'webhook-url': receiver.url,
      'webhook-headers': [header],
    })
    await eventually(async () => expect(await scene.waitingReason(runId)).toContain('accepted'))
  })

  it('that refuses is told of, redirects are not followed, and a change of the pool is tried at once', async () => {
    await using scene = await startScene({ webhookRetryMs: 600_000 })
    const { receiver, world, poolId } = scene
    receiver.answer = status(307, { location: receiver.url })
    const runId = await scene.queueRun()
    await eventually(async () => expect(await scene.waitingReason(runId)).toContain('answered 307'))
    await delay(aWhileMs)
    expect(receiver.received).toHaveLength(1)
    receiver.answer = status(401)
    await setPool(world.api, poolId, { 'webhook-headers': [{ ...header, value: 'another' }] })
    await eventually(async () => expect(await scene.waitingReason(runId)).toContain('answered 401'))
    expect(receiver.received.at(-1)?.headers['x-launch-secret']).toBe('another')
    expect(receiver.received.at(-1)?.headers['x-team']).toBeUndefined()
  })

  it('is told nothing of a job that was taken or canceled', async () => {
    await using scene = await startScene({ webhookRetryMs: 600_000 })
    const { receiver, world } = scene
    // An agent that is there takes the job before anyone is called.
    const agent = await RunningAgent.register(world, scene.poolId)
    const taking = agent.take()
    await delay(aWhileMs)
    await scene.queueRun()
    await taking
    await delay(aWhileMs)
    expect(receiver.received).toEqual([])

    receiver.answer = status(503)
    const canceled = await scene.queueRun()
    await untilReceived(receiver, 1)
    await world.api.post(`/runs/${canceled}/actions/cancel`, {})
    await setPool(world.api, scene.poolId, { 'webhook-headers': [] })
    await delay(aWhileMs)
    expect(receiver.received).toHaveLength(1)
  })

  it('is told of another task when no agent came for the first', async () => {
    await using scene = await startScene({ webhookAgentMs: 100 })
    await scene.queueRun()
    await untilReceived(scene.receiver, 3)
    const keys = scene.receiver.received.map(({ headers }) => headers['idempotency-key'])
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('is told of another task when the agent that came took another job', async () => {
    await using scene = await startScene({ webhookRetryMs: 600_000 })
    const { receiver, world, poolId } = scene
    receiver.answer = status(503)
    const first = await scene.queueRun()
    await eventually(async () => expect(await scene.waitingReason(first)).toContain('503'))
    receiver.answer = accept
    const second = await scene.queueRun()
    await eventually(async () => expect(await scene.waitingReason(second)).toContain('accepted'))
    // Called for the second, it takes the oldest.
    const agent = await RunningAgent.register(world, poolId)
    expect((await agent.take()).run.id).toBe(first)
    await untilReceived(receiver, 3)
    expect(receiver.received.map(({ body }) => body['run_id'])).toEqual([first, second, second])
    expect(new Set(receiver.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(3)
  })

  it('that never answers is called again under the same key, and the run says so', async () => {
    await using scene = await startScene({ webhookAnswerMs: 100 })
    const { receiver } = scene
    receiver.answer = () => {}
    const runId = await scene.queueRun()
    await untilReceived(receiver, 2)
    await eventually(async () =>
      expect(await scene.waitingReason(runId)).toContain('no answer within 0.1 s'),
    )
    receiver.answer = accept
    await eventually(async () => expect(await scene.waitingReason(runId)).toContain('accepted'))
    expect(new Set(receiver.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
  })

  it('of another pool is told of a job that moved there', async () => {
    await using scene = await startScene({ webhookRetryMs: 600_000 })
    const { world, receiver } = scene
    receiver.answer = status(503)
    const runId = await scene.queueRun()
    await eventually(async () => expect(await scene.waitingReason(runId)).toContain('503'))
    await using other = await startWebhookReceiver()
    const pool = await world.api.create('/agent-pools', 'agent-pools', {
      name: 'other',
      'webhook-enabled': true,
      'webhook-url': other.url,
    })
    const relation = { 'agent-pool': ['agent-pools', String(pool.id)] } as const
    const path = `/workspaces/${scene.workspaceId}`
    const moved = await world.api.write('PATCH', path, 'workspaces', {}, relation)
    expect(moved.status).toBe(200)
    await untilReceived(other, 1)
    expect(other.received[0]?.body['run_id']).toBe(runId)
    expect(other.received[0]?.headers['x-launch-secret']).toBeUndefined()
    expect(receiver.received).toHaveLength(1)
  })

  it('that is slow holds up no other', async () => {
    await using scene = await startScene()
    const { world, receiver } = scene
    const open: (() => void)[] = []
    receiver.answer = (response) => open.push(() => accept(response))
    for (let run = 0; run < 10; run += 1) await scene.queueRun()
    await untilReceived(receiver, 8)
    await using other = await startWebhookReceiver()
    const pool = await world.api.create('/agent-pools', 'agent-pools', {
      name: 'other',
      'webhook-enabled': true,
      'webhook-url': other.url,
    })
    const workspace = await world.api.create(
      '/workspaces',
      'workspaces',
      { name: 'other' },
      {
        environment: ['environments', scene.environmentId],
        'agent-pool': ['agent-pools', pool.id],
      },
    )
    await uploadConfiguration(world.api, workspace.id)
    await world.api.create('/runs', 'runs', {}, { workspace: ['workspaces', workspace.id] })
    await untilReceived(other, 1)
    expect(receiver.received).toHaveLength(8)
    receiver.answer = accept
    for (const go of open) go()
    await untilReceived(receiver, 10)
  })

  it('gets what was due when the control plane starts again, under the same key', async () => {
    await using receiver = await startWebhookReceiver()
    receiver.answer = status(503, { 'retry-after': '1' })
    let key: unknown
    await using first = await startWorld({ timing })
    const { poolId, workspaceId } = await makeWorkspace(first.api)
    await setPool(first.api, poolId, { 'webhook-enabled': true, 'webhook-url': receiver.url })
    await uploadConfiguration(first.api, workspaceId)
    await first.api.create('/runs', 'runs', {}, { workspace: ['workspaces', workspaceId] })
    await untilReceived(receiver, 1)
    key = receiver.received[0]?.headers['idempotency-key']
    await first.controlPlane.close()
    receiver.answer = accept
    await using _second = await startWorld({ timing, dataDir: first.dataDir })
    await untilReceived(receiver, 2)
    expect(receiver.received[1]?.headers['idempotency-key']).toBe(key)
  })

  it('an agent that came for a task is forgotten when it goes', async () => {
    await using scene = await startScene()
    const { world, poolId } = scene
    const { sessionToken } = await registerAgent(world, poolId, 'task-1')
    expect((await world.api.get('/agents')).body.data).toHaveLength(1)
    const client = new AgentClient(world.controlPlane.url)
    const gone = await client.call('DELETE', '/sessions/self', { token: String(sessionToken) })
    expect(gone.status).toBe(204)
    expect((await world.api.get('/agents')).body.data).toEqual([])
  })
})
