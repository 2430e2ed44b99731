import { describe, expect, it } from 'vitest'

import { EngineFixture } from '../support/engine-fixture.ts'

describe('sessions', () => {
  it('a name that a live agent holds is refused to another instance', async () => {
    await using fixture = new EngineFixture()
    const held = fixture.register('one')
    const take = () => fixture.register('one', { instanceId: 'another-instance' })
    expect(take).toThrow("The name 'one' is held by a live agent")
    expect(fixture.beat(held)).toEqual({})
    fixture.fakeClock.advance(fixture.timing.offlineAfterMs + 1)
    const taken = take()
    expect(taken.agentId).not.toBe(held.agentId)
    expect(() => fixture.beat(held)).toThrow('Register again')
  })

  it('VCS agents join vcs-enabled pools alone, and run agents the others', async () => {
    await using fixture = new EngineFixture()
    expect(() => fixture.register('one', { kind: 'vcs' })).toThrow(
      expect.objectContaining({
        code: 'WRONG_POOL',
        message: expect.stringContaining("is not vcs-enabled, so the VCS agent 'one' cannot join"),
      }),
    )
    fixture.db.run('UPDATE agent_pools SET vcs_enabled = 1')
    expect(fixture.register('one', { kind: 'vcs' }).agentId).toMatch(/^agent-/u)
    expect(() => fixture.register('two')).toThrow("so the run agent 'two' cannot join it")
  })

  it('the same instance stays the same agent, and its old session ends', async () => {
    await using fixture = new EngineFixture()
    const old = fixture.register('one')
    const { signal } = new AbortController()
    const poll = fixture.engine.acquire(old, { max: 1, waitMs: 60_000, signal })
    const renewed = fixture.register('one')
    expect(renewed.agentId).toBe(old.agentId)
    await expect(poll).rejects.toMatchObject({ code: 'SESSION_GONE' })
    expect(() => fixture.beat(old)).toThrow('Register again')
    expect(fixture.beat(renewed)).toEqual({})
  })

  it('tells what to do with jobs that the agent found', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    fixture.createRun()
    const job = await fixture.take(session)
    fixture.fakeClock.advance(fixture.timing.leaseMs - 1)
    const found = [
      { jobId: job.jobId, fencingToken: job.fencingToken, state: 'running' as const },
      { jobId: 'job-unknown', fencingToken: 1, state: 'running' as const },
      { jobId: job.jobId, fencingToken: 9, state: 'running' as const },
    ]
    const again = fixture.register('one', { found })
    expect(again.found.map((one) => one.decision)).toEqual(['resume', 'abandon', 'abandon'])
    // Its lease began anew.
    fixture.fakeClock.advance(fixture.timing.leaseMs - 1)
    fixture.engine.reap()
    await fixture.finishPlan(job)
    const last = fixture.register('one', { found: found.slice(0, 1) })
    expect(last.found.map((one) => one.decision)).toEqual(['abandon'])
  })

  it("I5: does not give one agent's job to another that claims to have found it", async () => {
    await using fixture = new EngineFixture()
    fixture.createRun()
    const job = await fixture.take(fixture.register('one'))
    const found = [{ jobId: job.jobId, fencingToken: job.fencingToken, state: 'running' as const }]
    expect(fixture.register('two', { found }).found).toMatchObject([{ decision: 'abandon' }])
    const two = fixture.register('two')
    expect(fixture.beat(two, [job])).toEqual({ [job.jobId]: 'revoked' })
    await expect(fixture.engine.start(two, job)).rejects.toMatchObject({ code: 'LEASE_LOST' })
  })

  it('jobs of an answer that was lost go back when the agent registers again or leaves', async () => {
    await using fixture = new EngineFixture()
    fixture.createRun()
    const session = fixture.register('one')
    const [job] = await fixture.acquire(session)
    const again = fixture.register('one')
    expect(fixture.job(job?.jobId ?? '')?.state).toBe('queued')
    await fixture.acquire(again)
    fixture.engine.disconnect(again)
    expect(fixture.job(job?.jobId ?? '')?.state).toBe('queued')
  })

  it('a started job stays with an agent that leaves: it may come back and adopt it', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    fixture.createRun()
    const job = await fixture.take(session)
    fixture.engine.disconnect(session)
    expect(fixture.engine.agentStatus(session.agentId)).toBe('offline')
    const found = [{ jobId: job.jobId, fencingToken: job.fencingToken, state: 'running' as const }]
    expect(fixture.register('one', { found }).found).toMatchObject([{ decision: 'resume' }])
    await fixture.finishPlan(job)
  })

  it('an agent is idle, busy, errored or offline', async () => {
    await using fixture = new EngineFixture()
    const { engine } = fixture
    const session = fixture.register('one')
    const status = () => engine.agentStatus(session.agentId)
    expect(status()).toBe('idle')
    fixture.createRun()
    await fixture.take(session)
    expect(status()).toBe('busy')
    expect(engine.isPoolBusy(fixture.poolId)).toBe(true)
    engine.heartbeat(session, { slots: { total: 1, free: 0 }, status: 'errored', jobs: [] })
    expect(status()).toBe('errored')
    fixture.fakeClock.advance(fixture.timing.offlineAfterMs + 1)
    expect(status()).toBe('offline')
    expect(() => engine.agentStatus('agent-unknown')).toThrow('no agent agent-unknown')
  })

  it('the reaper forgets agents that were gone for long', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    fixture.fakeClock.advance(fixture.timing.removeAfterMs)
    fixture.engine.reap()
    expect(fixture.engine.agentStatus(session.agentId)).toBe('offline')
    fixture.fakeClock.advance(1)
    fixture.engine.reap()
    expect(() => fixture.engine.agentStatus(session.agentId)).toThrow('no agent')
    expect(() => fixture.beat(session)).toThrow('Register again')
  })

  it('passes a drain request on', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    fixture.db.run('UPDATE agents SET drain_requested = 1')
    const beat = { slots: { total: 1, free: 1 }, status: 'idle' as const, jobs: [] }
    expect(fixture.engine.heartbeat(session, beat).drain).toBe(true)
  })
})
