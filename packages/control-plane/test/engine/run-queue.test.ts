import { describe, expect, it } from 'vitest'

import { EngineFixture, report } from '../support/engine-fixture.ts'

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

describe('giving jobs out', () => {
  it('wakes a waiting agent the moment a job is queued', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const { signal } = new AbortController()
    const waiting = fixture.engine.acquire(session, { max: 5, waitMs: 60_000, signal })
    const runId = fixture.createRun()
    // The clock stands still: only the job can have woken it.
    expect(await waiting).toMatchObject([{ runId, phase: 'plan', fencingToken: 1 }])
  })

  it('ends with nothing when the time is over, the client has gone or the engine closes', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const wait = (signal: AbortSignal) =>
      fixture.engine.acquire(session, { max: 5, waitMs: 60_000, signal })
    const inTime = wait(new AbortController().signal)
    fixture.fakeClock.advance(60_000)
    expect(await inTime).toEqual([])
    const gone = new AbortController()
    const left = wait(gone.signal)
    gone.abort()
    const closing = wait(new AbortController().signal)
    await fixture.engine.close()
    expect(await left).toEqual([])
    expect(await closing).toEqual([])
  })

  it('gives nothing to a client that has gone', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const gone = new AbortController()
    void fixture.engine.acquire(session, { max: 5, waitMs: 60_000, signal: gone.signal })
    gone.abort()
    fixture.createRun()
    expect(await fixture.acquire(session)).toHaveLength(1)
  })

  it('is oldest first and never more than was asked for, or than the agent has slots', async () => {
    await using fixture = new EngineFixture()
    const ids = ['ws-a', 'ws-b', 'ws-c', 'ws-d'].map((id) => fixture.addWorkspace(id))
    const runs = ids.map((workspaceId) => fixture.createRun({ workspaceId }))
    const session = fixture.register('one', { slots: 3 })
    const first = await fixture.acquire(session, 2)
    expect(first.map((job) => job.runId)).toEqual(runs.slice(0, 2))
    const second = await fixture.acquire(session, 2)
    expect(second.map((job) => job.runId)).toEqual(runs.slice(2, 3))
    expect(await fixture.acquire(session, 2)).toEqual([])
  })

  it('spreads jobs over the agents that wait', async () => {
    await using fixture = new EngineFixture()
    const [one, two] = [fixture.register('one'), fixture.register('two')]
    const { signal } = new AbortController()
    const polls = [one, two].map((session) =>
      fixture.engine.acquire(session, { max: 5, waitMs: 60_000, signal }),
    )
    for (const id of ['ws-a', 'ws-b']) fixture.createRun({ workspaceId: fixture.addWorkspace(id) })
    const given = await Promise.all(polls)
    expect(given.map((jobs) => jobs.length)).toEqual([1, 1])
  })

  it('gives none to VCS agents, draining agents and other pools', async () => {
    await using fixture = new EngineFixture()
    fixture.createRun()
    expect(await fixture.acquire(fixture.register('vcs', { kind: 'vcs' }))).toEqual([])
    const draining = fixture.register('draining')
    fixture.db.run('UPDATE agents SET drain_requested = 1 WHERE id = ?', draining.agentId)
    expect(await fixture.acquire(draining)).toEqual([])
    fixture.db.run(
      "INSERT INTO agent_pools (id, account_id, name, created_at) VALUES ('apool-2', 'acc-1', 'b', '')",
    )
    fixture.db.run("UPDATE agents SET pool_id = 'apool-2', drain_requested = 0")
    expect(await fixture.acquire(draining)).toEqual([])
  })

  it('I5: each time with the next fencing token', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    fixture.createRun()
    const [first] = await fixture.acquire(session)
    fixture.fakeClock.advance(fixture.timing.acceptMs + 1)
    fixture.engine.reap()
    const [second] = await fixture.acquire(session)
    expect(second?.jobId).toBe(first?.jobId)
    expect(second?.fencingToken).toBe((first?.fencingToken ?? 0) + 1)
  })
})

describe('the job that start tells', () => {
  it('holds variables, files and tokens', async () => {
    await using fixture = new EngineFixture()
    const { db, engine } = fixture
    const add = (key: string, value: string, scope: string, final = 0): void => {
      db.run(
        `INSERT INTO variables (id, account_id, environment_id, workspace_id, key, value, category, final, updated_at)
         VALUES (?, 'acc-1', ?, ?, ?, ?, 'shell', ?, '')`,
        `var-${key}-${scope}`,
        scope === 'environment' ? 'env-1' : null,
        scope === 'workspace' ? 'ws-1' : null,
        key,
        value,
        final,
      )
    }
    add('narrow', 'account', 'account')
    add('narrow', 'workspace', 'workspace')
    add('final', 'account', 'account', 1)
    add('final', 'workspace', 'workspace')
    const session = fixture.register('one')
    fixture.createRun({
      variables: [
        { key: 'narrow', value: 'run', category: 'env', hcl: false, sensitive: true },
        { key: 'narrow', value: 'input', category: 'terraform', hcl: true, sensitive: false },
        { key: 'final', value: 'run', category: 'shell', hcl: false, sensitive: false },
      ],
    })
    const [job] = await fixture.acquire(session)
    const ref = { jobId: job?.jobId ?? '', fencingToken: job?.fencingToken ?? 0 }
    const spec = await engine.start(session, ref)
    expect(spec.variables).toEqual([
      { key: 'narrow', value: 'run', category: 'shell', hcl: false, sensitive: true },
      { key: 'final', value: 'account', category: 'shell', hcl: false, sensitive: false },
      { key: 'narrow', value: 'input', category: 'terraform', hcl: true, sensitive: false },
    ])
    expect(spec.files.map((file) => file.name)).toEqual(['configuration.tar.gz'])
    expect(await fixture.tokens.verify(spec.jobToken)).toMatchObject({ kind: 'job', ...ref })
    expect(await fixture.tokens.verify(spec.runToken)).toMatchObject({ kind: 'run', ...ref })
  })

  it('hands the plan to the apply', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun({ autoApply: true })
    await fixture.finishPlan(await fixture.take(session))
    const apply = await fixture.take(session)
    const spec = await fixture.engine.start(session, apply)
    expect(spec.files.map((file) => file.name)).toEqual(['configuration.tar.gz', 'plan.bin'])
    expect(spec.applyGraceMs).toBe(fixture.timing.applyGraceMs)
    const plan = await fixture.engine.openFile(apply, 'plan.bin')
    expect(Buffer.concat(await plan.content.toArray()).toString()).toBe('a plan')
    await fixture.engine.finish(apply, report(apply))
    expect(fixture.statusOf(runId)).toBe('applied')
  })
})
