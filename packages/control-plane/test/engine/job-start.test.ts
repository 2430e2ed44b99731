import { describe, expect, it } from 'vitest'

import { report } from '../support/agent-messages.ts'
import { EngineFixture } from '../support/engine-fixture.ts'

function addVariable({ db }: EngineFixture, value: string): void {
  db.run(
    `INSERT INTO variables (id, account_id, workspace_id, key, value, category, sensitive, updated_at)
     VALUES ('var-1', 'acc-1', 'ws-1', 'password', ?, 'shell', 1, '')`,
    value,
  )
}

const keptSpecs = ({ db }: EngineFixture): unknown[] => db.all('SELECT * FROM job_specs')

describe('a job that is started again, by the agent that adopted it', () => {
  it('I12: is told the run token and the variables that its workload knows', async () => {
    await using fixture = new EngineFixture()
    const { db, engine } = fixture
    addVariable(fixture, 'old-password')
    const session = fixture.register('one')
    fixture.createRun()
    const [assigned] = await fixture.acquire(session)
    const ref = { jobId: assigned?.jobId ?? '', fencingToken: assigned?.fencingToken ?? 0 }
    const first = await engine.start(session, ref)

    fixture.fakeClock.advance(1_500)
    db.run("UPDATE variables SET value = 'new-password'")
    db.run('UPDATE workspaces SET run_operation_timeout_minutes = 7')
    const { jobToken: _, jobTokenExpiresAt: __, ...again } = await engine.start(session, ref)

    expect(first.variables).toMatchObject([{ key: 'password', value: 'old-password' }])
    expect(first).toMatchObject(again)
    expect(again.runToken).toBe(first.runToken)
  })

  it('I12: what was told is forgotten when the job ends or goes to another agent', async () => {
    await using fixture = new EngineFixture()
    addVariable(fixture, 'old-password')
    const session = fixture.register('one')
    fixture.createRun()
    const ref = await fixture.take(session)
    expect(keptSpecs(fixture)).toHaveLength(1)

    fixture.fakeClock.advance(fixture.timing.leaseMs * 2)
    fixture.engine.reap()
    expect(keptSpecs(fixture)).toEqual([])
    const other = fixture.register('two')
    fixture.db.run("UPDATE variables SET value = 'new-password'")
    const [assigned] = await fixture.acquire(other)
    const next = { jobId: ref.jobId, fencingToken: assigned?.fencingToken ?? 0 }
    const spec = await fixture.engine.start(other, next)
    expect(spec.variables).toMatchObject([{ value: 'new-password' }])

    await fixture.engine.finish(next, report(next))
    expect(keptSpecs(fixture)).toEqual([])
  })
})

describe('the Terraform variables of a plan', () => {
  const kept = ({ db }: EngineFixture): unknown[] => db.all('SELECT * FROM plan_variables')

  it('I12: are kept for its apply, and forgotten when the run has ended', async () => {
    await using fixture = new EngineFixture()
    addVariable(fixture, 'of-the-shell')
    fixture.db.run("UPDATE variables SET category = 'terraform'")
    const session = fixture.register('one')
    const runId = fixture.createRun()
    const plan = await fixture.take(session)
    fixture.db.run("UPDATE variables SET value = 'changed'")
    expect(JSON.stringify(kept(fixture))).toContain('of-the-shell')
    await fixture.finishPlan(plan)
    expect(kept(fixture)).toHaveLength(1)

    fixture.engine.confirm(runId, fixture.userId)
    const [assigned] = await fixture.acquire(session)
    const apply = { jobId: assigned?.jobId ?? '', fencingToken: assigned?.fencingToken ?? 0 }
    const spec = await fixture.engine.start(session, apply)
    expect(spec.variables).toMatchObject([{ key: 'password', value: 'of-the-shell' }])
    await fixture.engine.finish(apply, report(apply))
    expect(kept(fixture)).toEqual([])
  })
})
