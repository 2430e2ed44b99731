import { describe, expect, it } from 'vitest'

import { EngineFixture } from '../support/engine-fixture.ts'

describe('the queue of a workspace', () => {
  it('I6: runs go one after the other, in order', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const [first, second, third] = [fixture.createRun(), fixture.createRun(), fixture.createRun()]
    expect(fixture.statusOf(second)).toBe('pending')
    expect(fixture.engine.positionInQueue(first)).toBeNull()
    expect(fixture.engine.positionInQueue(second)).toBe(1)
    expect(fixture.engine.positionInQueue(third)).toBe(2)
    expect(fixture.engine.waitingReason(second)).toContain(first)

    await fixture.finishPlan(await fixture.take(session))
    // It waits for a person, and still is at work.
    expect(fixture.statusOf(second)).toBe('pending')
    expect(await fixture.acquire(session)).toEqual([])
    fixture.engine.discard(first, null)
    expect(fixture.statusOf(second)).toBe('plan_queued')
    expect(fixture.statusOf(third)).toBe('pending')
  })

  it('dry runs go beside everything', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    fixture.createRun()
    fixture.createRun({ isDry: true })
    fixture.createRun({ isDry: true })
    expect(await fixture.acquire(session)).toHaveLength(3)
  })

  it('a saved plan lets others pass, and waits for them when it is confirmed', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const saved = fixture.createRun({ savePlan: true })
    await fixture.finishPlan(await fixture.take(session))
    const other = fixture.createRun()
    expect(fixture.statusOf(other)).toBe('plan_queued')
    expect(() => fixture.engine.confirm(saved, null)).toThrow(other)
    fixture.engine.cancel(other, { force: false, by: null })
    fixture.engine.confirm(saved, null)
    expect(fixture.statusOf(saved)).toBe('apply_queued')
  })

  it.each([
    {
      name: "a person's lock",
      lock: "UPDATE workspaces SET locked = 1, lock_reason = 'moving house'",
      unlock: 'UPDATE workspaces SET locked = 0',
      reason: 'moving house',
    },
    {
      name: 'the lock of the environment',
      lock: "UPDATE environments SET locked = 1, lock_reason = 'frozen'",
      unlock: 'UPDATE environments SET locked = 0',
      reason: 'frozen',
    },
    {
      name: 'a lock on the state that no live run holds',
      lock: "INSERT INTO state_locks VALUES ('ws-1', 'lock-1', '{}', NULL, '')",
      unlock: 'DELETE FROM state_locks',
      reason: 'force-unlock lock-1',
    },
    {
      name: 'the lack of a pool',
      lock: 'UPDATE agent_pools SET is_default = 0',
      unlock: 'UPDATE agent_pools SET is_default = 1',
      reason: 'No agent pool',
    },
  ])('$name holds it, visibly', async ({ lock, unlock, reason }) => {
    await using fixture = new EngineFixture()
    fixture.register('one')
    fixture.db.run(lock)
    const runId = fixture.createRun()
    expect(fixture.statusOf(runId)).toBe('pending')
    expect(fixture.engine.waitingReason(runId)).toContain(reason)
    fixture.db.run(unlock)
    fixture.engine.workspaceChanged(fixture.workspaceId)
    expect(fixture.statusOf(runId)).toBe('plan_queued')
  })

  it('says when no agent is there, or all are busy', async () => {
    await using fixture = new EngineFixture()
    const runId = fixture.createRun()
    expect(fixture.engine.waitingReason(runId)).toContain('online')
    fixture.register('one', { slots: 0 })
    expect(fixture.engine.waitingReason(runId)).toContain('busy')
    fixture.fakeClock.advance(fixture.timing.offlineAfterMs + 1)
    expect(fixture.engine.waitingReason(runId)).toContain('online')
  })

  it("takes the workspace's pool, else the environment's, else the account's", async () => {
    await using fixture = new EngineFixture()
    const { db, engine } = fixture
    const runId = fixture.createRun()
    const poolOf = (): string | undefined =>
      db.get<{ pool_id: string }>('SELECT pool_id FROM jobs WHERE run_id = ?', runId)?.pool_id
    expect(poolOf()).toBe('apool-1')
    for (const id of ['apool-2', 'apool-3']) {
      db.run(
        "INSERT INTO agent_pools (id, account_id, name, created_at) VALUES (?, 'acc-1', ?, '')",
        id,
        id,
      )
    }
    db.run("UPDATE environments SET default_agent_pool_id = 'apool-2'")
    engine.workspaceChanged(fixture.workspaceId)
    expect(poolOf()).toBe('apool-2')
    db.run("UPDATE workspaces SET agent_pool_id = 'apool-3'")
    engine.workspaceChanged(fixture.workspaceId)
    expect(poolOf()).toBe('apool-3')
  })

  it('the reaper moves on a queue that nobody woke', async () => {
    await using fixture = new EngineFixture()
    fixture.db.run('UPDATE agent_pools SET is_default = 0')
    const runId = fixture.createRun()
    fixture.db.run('UPDATE agent_pools SET is_default = 1')
    fixture.engine.reap()
    expect(fixture.statusOf(runId)).toBe('plan_queued')
  })
})
