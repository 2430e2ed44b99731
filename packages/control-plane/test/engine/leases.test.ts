import { describe, expect, it } from 'vitest'

import { digestOf } from '../support/digest.ts'
import { report, streamOf } from '../support/agent-messages.ts'
import { EngineFixture } from '../support/engine-fixture.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('leases', () => {
  it('live as long as heartbeats name the job', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    const job = await fixture.take(session)
    for (let beats = 0; beats < 10; beats += 1) {
      fixture.fakeClock.advance(fixture.timing.leaseMs - 1)
      expect(fixture.beat(session, [job])).toEqual({ [job.jobId]: 'renewed' })
      fixture.engine.reap()
    }
    expect(fixture.statusOf(runId)).toBe('planning')
  })

  it('begin anew with each start', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    fixture.createRun()
    const job = await fixture.take(session)
    fixture.fakeClock.advance(fixture.timing.leaseMs - 1)
    await fixture.engine.start(session, job)
    fixture.fakeClock.advance(fixture.timing.leaseMs - 1)
    fixture.engine.reap()
    expect(fixture.job(job.jobId)).toMatchObject({ state: 'started', attempts: 1 })
  })

  it('an assigned job that nobody starts goes back to the queue', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    fixture.createRun()
    const [job] = await fixture.acquire(session)
    fixture.fakeClock.advance(fixture.timing.acceptMs + 1)
    fixture.engine.reap()
    expect(fixture.job(job?.jobId ?? '')).toMatchObject({ state: 'queued', agent_id: null })
    await expect(
      fixture.engine.start(session, { jobId: job?.jobId ?? '', fencingToken: 1 }),
    ).rejects.toMatchObject({ code: 'LEASE_LOST' })
  })

  it('I6: a plan whose lease ended runs on another agent, under the next fencing token', async () => {
    await using fixture = new EngineFixture()
    const [one, two] = [fixture.register('one'), fixture.register('two')]
    const runId = fixture.createRun()
    const first = await fixture.take(one)
    fixture.fakeClock.advance(fixture.timing.leaseMs + 1)
    fixture.engine.reap()
    expect(fixture.statusOf(runId)).toBe('plan_queued')
    const second = await fixture.take(two)
    expect(second).toEqual({ ...first, fencingToken: 2 })
    await fixture.finishPlan(second)
    expect(fixture.statusOf(runId)).toBe('planned')
  })

  it('I5: every late call of the first agent is refused and changes nothing', async () => {
    await using fixture = new EngineFixture()
    const { engine } = fixture
    const [one, two] = [fixture.register('one'), fixture.register('two')]
    const runId = fixture.createRun()
    const stale = await fixture.take(one)
    await engine.appendLog(stale, 0, bytes('first'))
    fixture.fakeClock.advance(fixture.timing.leaseMs + 1)
    engine.reap()
    const present = await fixture.take(two)
    const before = fixture.job(stale.jobId)
    const logBefore = await fixture.log(runId, 'plan')

    const lost = { code: 'LEASE_LOST' }
    const upload = { content: streamOf(bytes('x')), bytes: 1, digest: digestOf('x') }
    await expect(engine.appendLog(stale, 5, bytes('late'))).rejects.toMatchObject(lost)
    await expect(engine.logOffset(stale)).rejects.toMatchObject(lost)
    await expect(engine.openFile(stale, 'configuration.tar.gz')).rejects.toMatchObject(lost)
    await expect(engine.storeFile(stale, 'plan.bin', upload)).rejects.toMatchObject(lost)
    await expect(engine.finish(stale, report(stale))).rejects.toMatchObject(lost)
    await expect(engine.start(one, stale)).rejects.toMatchObject(lost)
    expect(() => engine.checkJob(stale)).toThrow('is not held')
    expect(fixture.beat(one, [stale])).toEqual({ [stale.jobId]: 'revoked' })

    expect(fixture.job(stale.jobId)).toEqual(before)
    expect(await fixture.log(runId, 'plan')).toBe(logBefore)
    expect(fixture.beat(two, [present])).toEqual({ [present.jobId]: 'renewed' })
  })

  it('I5: an upload that outlives its lease does not touch what the next agent uploads', async () => {
    await using fixture = new EngineFixture()
    const { engine } = fixture
    const [one, two] = [fixture.register('one'), fixture.register('two')]
    const runId = fixture.createRun({ autoApply: true })
    const stale = await fixture.take(one)
    const hold = Promise.withResolvers<void>()
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield bytes('stale ')
      await hold.promise
      yield bytes('plan')
    }
    const digest = digestOf('stale plan')
    const late = engine.storeFile(stale, 'plan.bin', { content: slow(), bytes: 10, digest })
    fixture.fakeClock.advance(fixture.timing.leaseMs + 1)
    engine.reap()
    await fixture.finishPlan(await fixture.take(two))
    hold.resolve()
    await expect(late).rejects.toMatchObject({ code: 'LEASE_LOST' })

    const apply = await fixture.take(two)
    const { content } = await engine.openFile(apply, 'plan.bin')
    expect(Buffer.concat(await content.toArray()).toString()).toBe('a plan')
    expect(fixture.statusOf(runId)).toBe('applying')
  })

  it('I5: an append that waited for its turn is refused when the lease ended meanwhile', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    const stale = await fixture.take(session)
    await fixture.engine.appendLog(stale, 0, bytes('in time'))
    const late = fixture.engine.appendLog(stale, 7, bytes(' late'))
    fixture.fakeClock.advance(fixture.timing.leaseMs + 1)
    fixture.engine.reap()
    await expect(late).rejects.toMatchObject({ code: 'LEASE_LOST' })
    expect(await fixture.log(runId, 'plan')).toBe('in time')
  })

  it("I10: each attempt's log is its own, and the reader sees both", async () => {
    await using fixture = new EngineFixture()
    const { engine } = fixture
    const [one, two] = [fixture.register('one'), fixture.register('two')]
    const runId = fixture.createRun()
    await engine.appendLog(await fixture.take(one), 0, bytes('half a pl'))
    fixture.fakeClock.advance(fixture.timing.leaseMs + 1)
    engine.reap()
    const second = await fixture.take(two)
    expect(await engine.logOffset(second)).toBe(0)
    expect(await engine.appendLog(second, 3, bytes('x'))).toEqual({ appended: false, offset: 0 })
    expect(await engine.appendLog(second, 0, bytes('a plan'))).toEqual({
      appended: true,
      offset: 6,
    })
    const log = { bytes: 6, digest: digestOf('a plan'), missingBytes: 0 }
    await fixture.finishPlan(second, { log })
    expect(await fixture.log(runId, 'plan')).toMatch(/^half a pl\n\n.*was lost.*\n\na plan$/u)
  })

  it('a plan that loses every agent ends the run', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const [runId, next] = [fixture.createRun(), fixture.createRun()]
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await fixture.take(session)
      fixture.fakeClock.advance(fixture.timing.leaseMs + 1)
      fixture.engine.reap()
    }
    expect(fixture.statusOf(runId)).toBe('errored')
    expect(fixture.errorOf(runId)).toContain('started 3 times')
    expect(fixture.statusOf(next)).toBe('plan_queued')
  })

  it('a plan whose agent gave it up runs elsewhere', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    const job = await fixture.take(session)
    fixture.db.run("INSERT INTO state_locks VALUES ('ws-1', 'lock-1', '{}', ?, '')", runId)
    const failure = { cause: 'lease-lost', message: 'No heartbeat.' } as const
    await fixture.engine.finish(job, report(job, { result: 'lost', exitCode: null, failure }))
    expect(fixture.statusOf(runId)).toBe('plan_queued')
    // The lock that the stopped plan left would hold up the next attempt for ever.
    expect(fixture.db.get('SELECT 1 AS held FROM state_locks')).toBeUndefined()
    expect((await fixture.take(session)).fencingToken).toBe(2)
  })
})
