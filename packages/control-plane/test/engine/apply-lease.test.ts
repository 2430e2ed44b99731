import { setImmediate } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { report } from '../support/agent-messages.ts'
import { EngineFixture } from '../support/engine-fixture.ts'

describe('the lease of an apply', () => {
  async function applying(fixture: EngineFixture) {
    const session = fixture.register('one')
    const runId = fixture.createRun({ autoApply: true })
    await fixture.finishPlan(await fixture.take(session))
    const job = await fixture.take(session)
    return { session, runId, job }
  }

  it('I6: is kept through lease and grace, and the workspace waits', async () => {
    await using fixture = new EngineFixture()
    const { session, runId, job } = await applying(fixture)
    const next = fixture.createRun()
    fixture.fakeClock.advance(fixture.timing.leaseMs + fixture.timing.applyGraceMs - 1)
    fixture.engine.reap()
    expect(fixture.statusOf(runId)).toBe('applying')
    expect(fixture.statusOf(next)).toBe('pending')
    expect(await fixture.acquire(fixture.register('two'))).toEqual([])
    // It was away, and is back: the apply is still its own.
    expect(fixture.beat(session, [job])).toEqual({ [job.jobId]: 'renewed' })
    await fixture.engine.finish(job, report(job))
    expect(fixture.statusOf(runId)).toBe('applied')
    expect(fixture.statusOf(next)).toBe('plan_queued')
  })

  it('I6: past the grace the run ends errored, never to run again', async () => {
    await using fixture = new EngineFixture()
    const { session, runId, job } = await applying(fixture)
    const { runToken } = await fixture.engine.start(session, job)
    fixture.db.run("INSERT INTO state_locks VALUES ('ws-1', 'lock-1', '{}', ?, '')", runId)
    fixture.fakeClock.advance(fixture.timing.leaseMs + fixture.timing.applyGraceMs + 1)
    fixture.engine.reap()
    expect(fixture.statusOf(runId)).toBe('errored')
    expect(fixture.errorOf(runId)).toContain('not run again')
    expect(fixture.errorOf(runId)).toContain('terraform force-unlock lock-1')
    expect(await fixture.acquire(fixture.register('two'))).toEqual([])
    expect(fixture.beat(session, [job])).toEqual({ [job.jobId]: 'revoked' })
    await expect(fixture.tokens.verify(runToken)).rejects.toMatchObject({ reason: 'ended' })
    await expect(fixture.engine.finish(job, report(job))).rejects.toMatchObject({
      code: 'LEASE_LOST',
    })
  })
})

describe('a restart of the control plane', () => {
  it('gives every started job a fresh lease, and sessions stay good', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    const job = await fixture.take(session)
    const directory = await fixture.shutDown()

    fixture.fakeClock.advance(90_000)
    await using again = new EngineFixture({ directory, clock: fixture.clock })
    again.engine.open()
    expect(again.statusOf(runId)).toBe('planning')
    expect(again.beat(session, [job])).toEqual({ [job.jobId]: 'renewed' })
    await again.finishPlan(job)
    expect(again.statusOf(runId)).toBe('planned')
  })

  it('starts the reaper, which then works by itself', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    await fixture.take(session)
    fixture.engine.open()
    fixture.fakeClock.advance(fixture.timing.leaseMs + 1)
    await setImmediate()
    expect(fixture.statusOf(runId)).toBe('plan_queued')
  })

  it('counts the grace of an apply from then on', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun({ autoApply: true })
    await fixture.finishPlan(await fixture.take(session))
    const job = await fixture.take(session)
    const directory = await fixture.shutDown()

    fixture.fakeClock.advance(fixture.timing.applyGraceMs * 2)
    await using again = new EngineFixture({ directory, clock: fixture.clock })
    again.engine.open()
    again.fakeClock.advance(again.timing.applyGraceMs)
    again.engine.reap()
    expect(again.statusOf(runId)).toBe('applying')
    again.fakeClock.advance(again.timing.leaseMs + 1)
    again.engine.reap()
    expect(again.statusOf(runId)).toBe('errored')
    expect(again.job(job.jobId)?.state).toBe('finished')
  })
})
