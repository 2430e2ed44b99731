import { describe, expect, it } from 'vitest'

import { beginRun } from '../support/begin-run.ts'
import { Exposition } from '../support/exposition.ts'
import { makeWorkspace, startWorld, type World } from '../support/world.ts'

const own = 'scalr_control_plane_'

describe('GET /metrics', () => {
  it('follows a run from the queue to its end', async () => {
    await using world = await startWorld()
    const { agent } = await beginRun(world)
    const waiting = await Exposition.of(world)
    expect(waiting.value(`${own}runs`, { status: 'plan_queued' })).toBe(1)
    expect(waiting.value('scalr_runs_queue_size')).toBe(1)
    expect(waiting.value('scalr_runs_concurrency')).toBe(0)
    expect(waiting.value(`${own}jobs`, { pool: 'pool', state: 'queued' })).toBe(1)
    expect(waiting.value(`${own}runs_oldest_waiting_seconds`)).toBeGreaterThan(0)
    expect(waiting.value(`${own}jobs_oldest_queued_seconds`, { pool: 'pool' })).toBeGreaterThan(0)
    expect(waiting.value(`${own}agents`, { pool: 'pool', status: 'idle' })).toBe(1)
    const slots = waiting.value(`${own}slots`, { pool: 'pool' }) ?? 0
    expect(waiting.value(`${own}slots_free`, { pool: 'pool' })).toBe(slots)
    expect(waiting.value(`${own}runs_ended_total`, { status: 'applied' })).toBe(0)

    const plan = await agent.take()
    await agent.print(plan, 'twelve bytes')
    const working = await Exposition.of(world)
    expect(working.value(`${own}runs`, { status: 'plan_queued' })).toBe(0)
    expect(working.value(`${own}runs`, { status: 'planning' })).toBe(1)
    expect(working.value('scalr_runs_queue_size')).toBe(0)
    expect(working.value('scalr_runs_concurrency')).toBe(1)
    expect(working.value(`${own}runs_oldest_waiting_seconds`)).toBe(0)
    expect(working.value(`${own}agents`, { pool: 'pool', status: 'busy' })).toBe(1)
    expect(working.value(`${own}slots_free`, { pool: 'pool' })).toBe(slots - 1)
    expect(working.value(`${own}log_received_bytes_total`)).toBe(12)

    await agent.finishPlan(plan)
    await agent.finish(await agent.take(), { result: 'failed' })
    const ended = await Exposition.of(world)
    expect(ended.value(`${own}runs_ended_total`, { status: 'errored' })).toBe(1)
    for (const [phase, result] of [
      ['plan', 'succeeded'],
      ['apply', 'failed'],
    ] as const) {
      expect(ended.value(`${own}jobs_ended_total`, { phase, result })).toBe(1)
      for (const name of ['job_wait_seconds', 'job_duration_seconds']) {
        expect(ended.line(`${own}${name}_count{phase="${phase}"}`)).toBe(1)
        expect(ended.line(`${own}${name}_sum{phase="${phase}"}`)).toBeGreaterThan(0)
      }
    }
    expect(ended.value('scalr_runs_concurrency')).toBe(0)
  })

  it('counts requests by their route, and never by what they were about', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    for (const id of [workspaceId, 'ws-none']) await world.api.get(`/workspaces/${id}?include=tags`)
    await fetch(`${world.controlPlane.url}/nowhere/ws-none`)
    await fetch(`${world.controlPlane.url}/api/iacp/v3/nowhere/ws-none`)
    const said = await Exposition.of(world)
    const route = '/api/iacp/v3/workspaces/:id'
    for (const status of ['200', '404']) {
      const labels = { method: 'GET', route, status }
      expect(said.value(`${own}http_requests_total`, labels)).toBe(1)
    }
    const unknown = { method: 'GET', route: '(none)', status: '404' }
    expect(said.value(`${own}http_requests_total`, unknown)).toBe(1)
    const labels = [...said.families.values()].flatMap(({ metrics }) =>
      metrics.flatMap((sample) => Object.values(sample.labels)),
    )
    expect(labels).toContain('pool')
    expect(labels.filter((label) => /\bnone\b(?!\))|[a-z]+-v?[a-z0-9]{12,}/u.test(label))).toEqual(
      [],
    )
  })

  it('says what each figure is, and how the process is', async () => {
    await using world = await startWorld()
    const said = await Exposition.of(world)
    for (const { name, help, type } of said.families.values()) {
      expect(name).toMatch(/^(?:scalr_control_plane|scalr_runs|process|nodejs)_[a-z_]+$/u)
      expect(help, name).not.toBe('')
      expect(name.endsWith('_total'), name).toBe(type === 'COUNTER')
    }
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes']) {
      expect(said.value(name)).toBeGreaterThan(0)
    }
    expect(said.value(`${own}database_bytes`, { file: 'main' })).toBeGreaterThan(0)
  })
})

describe('who reads the metrics', () => {
  const get = (world: World, token?: string): Promise<Response> =>
    fetch(
      `${world.controlPlane.url}/metrics`,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    )

  it('whoever has a token of a user or a service account', async () => {
    await using world = await startWorld()
    const { poolId } = await makeWorkspace(world.api)
    const good = await get(world, world.controlPlane.ownerToken())
    expect(good.status).toBe(200)
    expect(good.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const none = await get(world)
    expect(none.status).toBe(401)
    expect(none.headers.get('www-authenticate')).toBe('Bearer')
    expect(await none.text()).toContain('Authorization: Bearer')
    const pool = await world.api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens')
    expect((await get(world, pool.attributes.token)).status).toBe(403)
  })

  it("anyone, when they are 'open'; nobody, when there are none", async () => {
    await using open = await startWorld({ metrics: 'open' })
    expect((await get(open)).status).toBe(200)
    await using none = await startWorld({ metrics: false })
    expect((await get(none, none.controlPlane.ownerToken())).status).toBe(404)
  })
})
