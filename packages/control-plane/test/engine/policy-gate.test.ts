import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'

import { describe, expect, it } from 'vitest'

import { dataFiles } from '../../src/store/index.ts'
import { report } from '../support/agent-messages.ts'
import { EngineFixture } from '../support/engine-fixture.ts'
import { PolicyScene } from '../support/policy-scene.ts'

const by = 'user-1'

/** A run whose check is about to be taken. */
async function untilCheck(
  scene: PolicyScene,
  levels: Parameters<PolicyScene['addGroup']>[0],
  run: Parameters<EngineFixture['createRun']>[0] = {},
): Promise<string> {
  scene.addGroup(levels)
  const runId = scene.fixture.createRun(run)
  await scene.plan()
  return runId
}

describe('policies between plan and apply', () => {
  it('are not asked where no group applies', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const runId = fixture.createRun()
    await scene.plan()
    expect(fixture.statusOf(runId)).toBe('planned')
    expect(scene.checkStatus(runId)).toBeUndefined()
  })

  it.each([
    ['enforced everywhere', true],
    ['linked to the environment', false],
  ])('are asked by a job in the same pool when their group is %s', async (_how, isEnforced) => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    scene.addGroup(['advisory'], { isEnforced })
    const runId = fixture.createRun()
    await scene.plan()
    expect(fixture.statusOf(runId)).toBe('policy_checking')
    expect(fixture.phaseStatus(runId, 'plan')).toBe('finished')
    expect(scene.checkStatus(runId)).toBe('queued')
    expect(await fixture.acquire(scene.session)).toMatchObject([{ phase: 'policy', runId }])
  })

  it('are not asked by a group of another environment, without policies or with none enabled', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const other = scene.addGroup(['hard-mandatory'], { isEnforced: false })
    fixture.db.run('DELETE FROM policy_group_environments')
    const off = scene.addGroup(['hard-mandatory'])
    fixture.db.run('UPDATE policies SET enabled = 0 WHERE policy_group_id = ?', off)
    expect(other).not.toBe(off)
    const runId = fixture.createRun()
    await scene.plan()
    expect(fixture.statusOf(runId)).toBe('planned')
  })

  it('are not asked about a plan without changes', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    scene.addGroup(['hard-mandatory'])
    const runId = fixture.createRun()
    await scene.plan({ hasChanges: false })
    expect(fixture.statusOf(runId)).toBe('planned_and_finished')
  })

  it('give the job the run, the plan and the bundles, and of the variables the sensitive alone', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const groupId = scene.addGroup(['advisory', 'hard-mandatory'])
    const runId = fixture.createRun({
      message: 'why not',
      variables: [
        { key: 'open', value: 'visible', category: 'terraform', hcl: false, sensitive: false },
        { key: 'secret', value: 'hunter22', category: 'terraform', hcl: false, sensitive: true },
      ],
    })
    await scene.plan()
    const [job] = await fixture.acquire(scene.session)
    const ref = { jobId: job?.jobId ?? '', fencingToken: 1 }
    const spec = await fixture.engine.start(scene.session, ref)
    expect(spec.variables.map(({ key }) => key)).toEqual(['secret'])
    expect(spec.policyGroups).toMatchObject([
      {
        id: groupId,
        file: 'policy-group-1.tar.gz',
        policies: [
          { name: 'p0', level: 'advisory', path: 'p0.rego' },
          { name: 'p1', level: 'hard-mandatory', path: 'p1.rego' },
        ],
      },
    ])
    expect(spec.files.map(({ name }) => name)).toEqual([
      'tfrun.json',
      'plan.json',
      'policy-group-1.tar.gz',
    ])
    const read = async (name: string): Promise<string> =>
      text((await fixture.engine.openFile(ref, name)).content)
    expect(JSON.parse(await read('tfrun.json'))).toMatchObject({
      id: runId,
      message: 'why not',
      created_by: { email: 'user@example.com' },
      workspace: { name: fixture.workspaceId },
      vcs: null,
    })
    expect(await read('plan.json')).toBe('{"a plan": true}')
    expect(await read('policy-group-1.tar.gz')).toMatch(/^bundle pbun/u)
  })

  it('let a run pass, to a person or to its apply', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const waiting = await untilCheck(scene, ['hard-mandatory', 'advisory'])
    await scene.finishCheck(await fixture.take(scene.session), ['passed', 'failed'])
    expect(fixture.statusOf(waiting)).toBe('policy_checked')
    expect(scene.checkStatus(waiting)).toBe('passed')
    fixture.engine.confirm(waiting, by)
    expect(fixture.statusOf(waiting)).toBe('apply_queued')
    fixture.engine.cancel(waiting, { force: false, by })

    const automatic = fixture.createRun({ autoApply: true })
    await scene.plan()
    await scene.finishCheck(await fixture.take(scene.session), ['passed', 'passed'])
    expect(fixture.statusOf(automatic)).toBe('apply_queued')
  })

  it.each([
    [{ isDry: true }, 'planned_and_finished'],
    [{ savePlan: true }, 'planned_and_saved'],
  ])('let a run with %j go where it would have gone', async (run, status) => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const runId = await untilCheck(scene, ['hard-mandatory'], run)
    await scene.finishCheck(await fixture.take(scene.session), ['passed'])
    expect(fixture.statusOf(runId)).toBe(status)
  })

  it('refuse a run for good', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const runId = await untilCheck(scene, ['hard-mandatory', 'soft-mandatory'])
    await scene.finishCheck(await fixture.take(scene.session), ['failed', 'failed'])
    expect(fixture.statusOf(runId)).toBe('errored')
    expect(fixture.errorOf(runId)).toContain("policy 'p0'")
    expect(fixture.errorOf(runId)).toContain('reason 0')
    expect(scene.checkStatus(runId)).toBe('hard_failed')
    expect(fixture.phaseStatus(runId, 'apply')).toBe('unreachable')
    expect(() =>
      fixture.engine.overridePolicyCheck(scene.checkId(runId), { by, comment: null }),
    ).toThrow(/nothing to override/u)
  })

  it('wait for the word of a person, once', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const runId = await untilCheck(scene, ['soft-mandatory'], { autoApply: true })
    const next = fixture.createRun()
    await scene.finishCheck(await fixture.take(scene.session), ['failed'])
    expect(fixture.statusOf(runId)).toBe('policy_override')
    expect(fixture.statusOf(next)).toBe('pending')
    expect(() => fixture.engine.confirm(runId, by)).toThrow(/does not wait for confirmation/u)
    const override = (): void =>
      fixture.engine.overridePolicyCheck(scene.checkId(runId), { by, comment: 'it is fine' })
    override()
    expect(scene.checkStatus(runId)).toBe('overridden')
    expect(fixture.statusOf(runId)).toBe('apply_queued')
    expect(override).toThrow(/nothing to override/u)
    expect(
      fixture.db.get(
        "SELECT reason, user_id FROM status_transitions WHERE run_id = ? AND status = 'policy_checked'",
        runId,
      ),
    ).toEqual({ reason: 'it is fine', user_id: by })
  })

  it('free the workspace when a run that waits for an override is given up', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const runId = await untilCheck(scene, ['soft-mandatory'])
    const next = fixture.createRun()
    await scene.finishCheck(await fixture.take(scene.session), ['failed'])
    fixture.engine.discard(runId, by)
    expect(fixture.statusOf(runId)).toBe('discarded')
    expect(scene.checkStatus(runId)).toBe('soft_failed')
    expect(fixture.statusOf(next)).toBe('plan_queued')
  })

  it('end a dry run that would wait for an override', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const runId = await untilCheck(scene, ['soft-mandatory'], { isDry: true })
    await scene.finishCheck(await fixture.take(scene.session), ['failed'])
    expect(fixture.statusOf(runId)).toBe('errored')
    expect(scene.checkStatus(runId)).toBe('soft_failed')
  })

  it.each([
    ['a policy that could not be evaluated', ['error'] as const, 'could not be evaluated'],
    ['a policy of which nothing is said', [] as const, 'the agent says nothing about it'],
  ])('never pass for %s, whatever its level', async (_what, said, message) => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const runId = await untilCheck(scene, ['advisory'])
    await scene.finishCheck(await fixture.take(scene.session), said)
    expect(fixture.statusOf(runId)).toBe('errored')
    expect(fixture.errorOf(runId)).toContain(message)
    expect(scene.checkStatus(runId)).toBe('errored')
  })

  it('never pass for results that cannot be read, or are not there', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const runId = await untilCheck(scene, ['advisory'])
    await scene.finishWith(await fixture.take(scene.session), { version: 2 })
    expect(fixture.statusOf(runId)).toBe('errored')
    expect(fixture.errorOf(runId)).toContain('cannot be read')

    const without = fixture.createRun()
    await scene.plan()
    const ref = await fixture.take(scene.session)
    await fixture.engine.finish(ref, report(ref))
    expect(fixture.errorOf(without)).toContain('brought no results')
  })

  it('end a run whose plan came without its JSON', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    scene.addGroup(['advisory'])
    const runId = fixture.createRun()
    await fixture.finishPlan(await fixture.take(scene.session))
    expect(fixture.statusOf(runId)).toBe('errored')
    expect(fixture.errorOf(runId)).toContain('uploaded no plan as JSON')
    expect(scene.checkStatus(runId)).toBe('errored')
  })

  it('end with the job that fails', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const runId = await untilCheck(scene, ['advisory'])
    const ref = await fixture.take(scene.session)
    const failure = { cause: 'tool-not-found', message: 'opa was not found' } as const
    await fixture.engine.finish(ref, report(ref, { result: 'failed', exitCode: 127, failure }))
    expect(fixture.statusOf(runId)).toBe('errored')
    expect(fixture.errorOf(runId)).toBe('opa was not found')
    expect(scene.checkStatus(runId)).toBe('errored')
  })

  it('are checked by another agent when the first one is lost', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const runId = await untilCheck(scene, ['hard-mandatory'])
    const lost = await fixture.take(scene.session)
    fixture.fakeClock.advance(fixture.timing.leaseMs + 1)
    fixture.engine.reap()
    expect(fixture.statusOf(runId)).toBe('policy_checking')
    expect(scene.checkStatus(runId)).toBe('queued')
    const second = await fixture.take(fixture.register('two'))
    expect(second).toEqual({ ...lost, fencingToken: 2 })
    await expect(scene.finishCheck(lost, ['failed'])).rejects.toMatchObject({ code: 'LEASE_LOST' })
    await scene.finishCheck(second, ['passed'])
    expect(fixture.statusOf(runId)).toBe('policy_checked')
  })

  it('are given up after three agents', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const runId = await untilCheck(scene, ['hard-mandatory'])
    for (const name of ['a', 'b', 'c']) {
      await fixture.take(fixture.register(name))
      fixture.fakeClock.advance(fixture.timing.leaseMs + 1)
      fixture.engine.reap()
    }
    expect(fixture.statusOf(runId)).toBe('errored')
    expect(fixture.errorOf(runId)).toContain('policy check was started 3 times')
    expect(scene.checkStatus(runId)).toBe('errored')
  })

  it('are cancelled, waiting or at work', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const queued = await untilCheck(scene, ['hard-mandatory'])
    fixture.engine.cancel(queued, { force: false, by })
    expect(fixture.statusOf(queued)).toBe('canceled')
    expect(scene.checkStatus(queued)).toBe('canceled')

    const running = fixture.createRun()
    await scene.plan()
    const ref = await fixture.take(scene.session)
    fixture.engine.cancel(running, { force: false, by })
    expect(fixture.statusOf(running)).toBe('policy_checking')
    await fixture.engine.finish(ref, report(ref, { result: 'canceled', exitCode: 75 }))
    expect(fixture.statusOf(running)).toBe('canceled')

    const late = fixture.createRun()
    await scene.plan()
    const lateRef = await fixture.take(scene.session)
    fixture.engine.cancel(late, { force: false, by })
    await scene.finishCheck(lateRef, ['passed'])
    expect(fixture.statusOf(late)).toBe('canceled')
  })

  it('are those of the time when the check was queued, for as long as it may run', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    const groupId = scene.addGroup(['advisory'])
    const runId = fixture.createRun()
    await scene.plan()
    const kept = fixture.db.get<{ id: string }>('SELECT id FROM policy_bundles')?.id ?? ''
    scene.uploadBundle(groupId, ['hard-mandatory', 'hard-mandatory'])
    const ref = await fixture.take(scene.session)
    const bundle = await fixture.engine.openFile(ref, 'policy-group-1.tar.gz')
    expect(await text(bundle.content)).toBe(`bundle ${kept}`)
    const path = fixture.files.path(dataFiles.policyBundle(kept))
    expect(existsSync(path)).toBe(true)
    await scene.finishCheck(ref, ['passed'])
    fixture.engine.discard(runId, by)
    await expect.poll(() => existsSync(path)).toBe(false)
  })

  it('I6: open no state to the run token of their job', async () => {
    await using fixture = new EngineFixture()
    const scene = new PolicyScene(fixture)
    await untilCheck(scene, ['advisory'])
    const ref = await fixture.take(scene.session)
    expect(fixture.job(ref.jobId)).toMatchObject({ phase: 'policy', run_token_revoked: 1 })
  })
})
