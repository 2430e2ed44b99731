import { describe, expect, it } from 'vitest'

import { report } from '../support/agent-messages.ts'
import { EngineFixture } from '../support/engine-fixture.ts'

const soft = { force: false, by: 'user-1' }
const force = { force: true, by: 'user-1' }

describe('cancelling', () => {
  it('ends a run that waits for its turn, and lets the next one go', async () => {
    await using fixture = new EngineFixture()
    const [first, second, third] = [fixture.createRun(), fixture.createRun(), fixture.createRun()]
    expect(fixture.engine.cancel(second, soft)).toBe('canceled')
    expect(fixture.statusOf(second)).toBe('canceled')
    expect(fixture.phaseStatus(second, 'plan')).toBe('unreachable')
    fixture.engine.cancel(first, soft)
    expect(fixture.statusOf(third)).toBe('plan_queued')
  })

  it('needs no agent for a job that was not started', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const queued = fixture.createRun()
    expect(fixture.engine.cancel(queued, soft)).toBe('canceled')
    expect(await fixture.acquire(session)).toEqual([])

    const assigned = fixture.createRun()
    const [job] = await fixture.acquire(session)
    fixture.engine.cancel(assigned, soft)
    expect(fixture.statusOf(assigned)).toBe('canceled')
    await expect(
      fixture.engine.start(session, { jobId: job?.jobId ?? '', fencingToken: 1 }),
    ).rejects.toMatchObject({ code: 'LEASE_LOST' })
  })

  it('wakes the agent of a running job', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    const job = await fixture.take(session)
    const { signal } = new AbortController()
    const waiting = fixture.engine.signals(session, { after: 0, waitMs: 60_000, signal })
    expect(fixture.engine.cancel(runId, soft)).toBe('canceled')
    expect(await waiting).toEqual({
      cursor: 1,
      signals: [{ cursor: 1, jobId: job.jobId, fencingToken: 1, cancel: 'soft' }],
    })
    await fixture.engine.finish(job, report(job, { result: 'canceled', exitCode: 1 }))
    expect(fixture.statusOf(runId)).toBe('canceled')
  })

  it('tells a signal again to whoever asks with an older cursor, until the job ends', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    const job = await fixture.take(session)
    fixture.engine.cancel(runId, soft)
    const { signal } = new AbortController()
    const ask = (after: number) => fixture.engine.signals(session, { after, waitMs: 0, signal })
    expect((await ask(0)).signals).toHaveLength(1)
    expect((await ask(0)).signals).toHaveLength(1)
    expect(await ask(1)).toEqual({ cursor: 1, signals: [] })
    await fixture.engine.finish(job, report(job, { result: 'canceled', exitCode: null }))
    expect((await ask(0)).signals).toEqual([])
  })

  it('I8: a second plain cancel changes nothing; force climbs, once', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    await fixture.take(session)
    const { signal } = new AbortController()
    const ask = () => fixture.engine.signals(session, { after: 0, waitMs: 0, signal })
    expect(fixture.engine.cancel(runId, soft)).toBe('canceled')
    const first = await ask()
    expect(fixture.engine.cancel(runId, soft)).toBe('unchanged')
    expect(await ask()).toEqual(first)
    expect(fixture.engine.cancel(runId, force)).toBe('canceled')
    expect((await ask()).signals).toMatchObject([{ cursor: 2, cancel: 'force' }])
    expect(fixture.engine.cancel(runId, force)).toBe('unchanged')
    expect(fixture.engine.cancel(runId, soft)).toBe('unchanged')
    expect((await ask()).cursor).toBe(2)
  })

  it('refuses what cannot be cancelled, and a click too many is no error', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    await fixture.finishPlan(await fixture.take(session))
    expect(() => fixture.engine.cancel(runId, soft)).toThrow("is 'planned'")
    fixture.engine.discard(runId, null)
    expect(() => fixture.engine.cancel(runId, soft)).toThrow("is 'discarded'")
    const next = fixture.createRun()
    fixture.engine.cancel(next, soft)
    expect(fixture.engine.cancel(next, soft)).toBe('unchanged')
  })

  it('a plan that ends before the cancel reaches it is not applied', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun({ autoApply: true })
    const job = await fixture.take(session)
    fixture.engine.cancel(runId, soft)
    await fixture.finishPlan(job)
    expect(fixture.statusOf(runId)).toBe('canceled')
  })

  it('an apply that ends before the cancel reaches it is applied', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun({ autoApply: true })
    await fixture.finishPlan(await fixture.take(session))
    const job = await fixture.take(session)
    fixture.engine.cancel(runId, soft)
    await fixture.engine.finish(job, report(job))
    expect(fixture.statusOf(runId)).toBe('applied')
  })

  it('a cancelled plan whose agent is lost is canceled, not run again', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    await fixture.take(session)
    fixture.engine.cancel(runId, soft)
    fixture.fakeClock.advance(fixture.timing.leaseMs + 1)
    fixture.engine.reap()
    expect(fixture.statusOf(runId)).toBe('canceled')
  })
})
