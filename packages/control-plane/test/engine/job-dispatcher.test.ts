import { describe, expect, it } from 'vitest'

import { report } from '../support/agent-messages.ts'
import { EngineFixture } from '../support/engine-fixture.ts'

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
    const setVcs = (on: number) => fixture.db.run('UPDATE agent_pools SET vcs_enabled = ?', on)
    setVcs(1)
    const vcs = fixture.register('vcs', { kind: 'vcs' })
    setVcs(0)
    expect(await fixture.acquire(vcs)).toEqual([])
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
