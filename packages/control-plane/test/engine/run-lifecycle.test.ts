import { describe, expect, it } from 'vitest'

import { report } from '../support/agent-messages.ts'
import { EngineFixture } from '../support/engine-fixture.ts'

describe('the life of a run', () => {
  it('goes from pending over plan, confirmation and apply to applied', async () => {
    await using fixture = new EngineFixture()
    const { engine } = fixture
    const session = fixture.register('one')
    const runId = fixture.createRun()
    expect(fixture.statusOf(runId)).toBe('plan_queued')
    expect(fixture.phaseStatus(runId, 'plan')).toBe('queued')

    const plan = await fixture.take(session)
    expect(fixture.statusOf(runId)).toBe('planning')
    expect(fixture.phaseStatus(runId, 'plan')).toBe('running')
    await fixture.finishPlan(plan)
    expect(fixture.statusOf(runId)).toBe('planned')

    engine.confirm(runId, fixture.userId)
    expect(fixture.statusOf(runId)).toBe('apply_queued')
    const apply = await fixture.take(session)
    expect(apply.jobId).not.toBe(plan.jobId)
    await engine.finish(apply, report(apply))
    expect(fixture.statusOf(runId)).toBe('applied')
    expect(fixture.phaseStatus(runId, 'apply')).toBe('finished')
  })

  it('writes every step to its history, with its time and who did it', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    await fixture.finishPlan(await fixture.take(session))
    fixture.fakeClock.advance(5000)
    fixture.engine.confirm(runId, 'user-2')

    const history = fixture.db.all<{ status: string; user_id: string | null }>(
      'SELECT status, user_id FROM status_transitions WHERE run_id = ? ORDER BY id',
      runId,
    )
    expect(history).toEqual([
      { status: 'pending', user_id: 'user-1' },
      { status: 'plan_queued', user_id: null },
      { status: 'planning', user_id: null },
      { status: 'planned', user_id: null },
      { status: 'confirmed', user_id: 'user-2' },
      { status: 'apply_queued', user_id: null },
    ])
    const row = fixture.db.get<{ status_timestamps_json: string }>(
      'SELECT status_timestamps_json FROM runs WHERE id = ?',
      runId,
    )
    expect(JSON.parse(row?.status_timestamps_json ?? '')).toMatchObject({
      'plan-queued-at': '2026-01-01T00:00:00.000Z',
      'confirmed-at': '2026-01-01T00:00:05.000Z',
    })
  })

  it.each([
    {
      name: 'a dry run ends after its plan',
      input: { isDry: true },
      changes: true,
      end: 'planned_and_finished',
    },
    { name: 'no changes end the run', input: {}, changes: false, end: 'planned_and_finished' },
    {
      name: 'a saved plan waits',
      input: { savePlan: true },
      changes: true,
      end: 'planned_and_saved',
    },
    {
      name: 'auto-apply goes on by itself',
      input: { autoApply: true },
      changes: true,
      end: 'apply_queued',
    },
  ])('$name', async ({ input, changes, end }) => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun(input)
    await fixture.finishPlan(await fixture.take(session), { hasChanges: changes })
    expect(fixture.statusOf(runId)).toBe(end)
  })

  it('a plan with changes but without a plan file cannot be applied', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun({ autoApply: true })
    const job = await fixture.take(session)
    await fixture.engine.finish(job, report(job, { hasChanges: true }))
    expect(fixture.statusOf(runId)).toBe('errored')
    expect(fixture.errorOf(runId)).toContain('uploaded no plan')
  })

  it('a failed plan ends the run, which says why', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    const job = await fixture.take(session)
    const failure = {
      cause: 'exit-code',
      message: 'terraform plan ended with exit code 1.',
    } as const
    await fixture.engine.finish(job, report(job, { result: 'failed', exitCode: 1, failure }))
    expect(fixture.statusOf(runId)).toBe('errored')
    expect(fixture.errorOf(runId)).toContain('exit code 1')
    expect(fixture.phaseStatus(runId, 'plan')).toBe('errored')
    expect(fixture.phaseStatus(runId, 'apply')).toBe('unreachable')
  })

  it('confirms and discards only what waits for it', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    expect(() => fixture.engine.confirm(runId, null)).toThrow('does not wait for confirmation')
    expect(() => fixture.engine.discard(runId, null)).toThrow('does not wait for confirmation')
    await fixture.finishPlan(await fixture.take(session))
    fixture.engine.discard(runId, null)
    expect(fixture.statusOf(runId)).toBe('discarded')
    expect(fixture.phaseStatus(runId, 'apply')).toBe('unreachable')
    expect(() => fixture.engine.confirm(runId, null)).toThrow('does not wait for confirmation')
  })

  it('needs an uploaded configuration', async () => {
    await using fixture = new EngineFixture()
    fixture.db.run("UPDATE configuration_versions SET status = 'pending'")
    expect(() => fixture.createRun()).toThrow('no uploaded configuration version')
    expect(() => fixture.createRun({ configurationVersionId: 'cv-ws-1' })).toThrow("is 'pending'")
  })

  it.each([
    { setting: 'always', first: true, second: true },
    { setting: 'skip_first', first: false, second: true },
    { setting: 'on_create_only', first: true, second: false },
    { setting: 'never', first: false, second: false },
  ])('queues uploads when the workspace says $setting', async ({ setting, first, second }) => {
    await using fixture = new EngineFixture()
    const { db, engine } = fixture
    const runs = (): number =>
      db.get<{ count: number }>('SELECT count(*) AS count FROM runs')?.count ?? 0
    db.run('UPDATE workspaces SET auto_queue_runs = ?', setting)
    db.run('UPDATE configuration_versions SET auto_queue_runs = 1')
    engine.configurationUploaded('cv-ws-1')
    expect(runs()).toBe(Number(first))
    db.run(
      `INSERT INTO configuration_versions (id, workspace_id, status, auto_queue_runs, created_at)
       VALUES ('cv-2', 'ws-1', 'uploaded', 1, '')`,
    )
    engine.configurationUploaded('cv-2')
    expect(runs()).toBe(Number(first) + Number(second))
  })
})
