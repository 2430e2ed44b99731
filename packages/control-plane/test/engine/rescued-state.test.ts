import { describe, expect, it } from 'vitest'

import { createEngineContext } from '../../src/engine/engine-context.ts'
import { rescueState } from '../../src/engine/rescued-state.ts'
import { silentLogger } from '../../src/runtime/index.ts'
import { StateStore } from '../../src/state/index.ts'
import { dataFiles, StateVersionsRepository } from '../../src/store/index.ts'
import { digestOf } from '../support/digest.ts'
import { report, streamOf } from '../support/agent-messages.ts'
import { EngineFixture, limits } from '../support/engine-fixture.ts'
import { stateOf } from '../support/state-of.ts'

const failure = {
  cause: 'exit-code',
  message: 'terraform apply ended with exit code 1.',
} as const

/** An apply that could not write its state and rescued it. */
async function failApply(fixture: EngineFixture, state: Uint8Array): Promise<string> {
  const session = fixture.register('one')
  const runId = fixture.createRun({ autoApply: true })
  await fixture.finishPlan(await fixture.take(session))
  const job = await fixture.take(session)
  fixture.db.run(
    "INSERT INTO state_locks VALUES ('ws-1', 'lock-1', ?, ?, '2026-01-02T00:00:00.000Z')",
    JSON.stringify({
      ID: 'lock-1',
      Operation: 'OperationTypeApply',
      Who: 'root@host',
      Created: '2026-01-01T00:00:00Z',
    }),
    runId,
  )
  const file = { name: 'errored.tfstate', bytes: state.byteLength, digest: digestOf(state) }
  await fixture.engine.storeFile(job, file.name, { ...file, content: streamOf(state) })
  const failed = report(job, { result: 'failed', exitCode: 1, failure, files: [file] })
  await fixture.engine.finish(job, failed)
  await fixture.engine.finish(job, failed)
  return runId
}

async function store(fixture: EngineFixture, state: Uint8Array): Promise<void> {
  const staged = await new StateStore(fixture).stage('ws-1', state, { runId: null })
  staged.commit()
}

describe('a state that could not be written', () => {
  it('I9: becomes the current one when it follows it, once', async () => {
    await using fixture = new EngineFixture()
    await store(fixture, stateOf({ serial: 4 }))
    const rescued = stateOf({ serial: 5, outputs: { a: { value: 1 } } })
    const runId = await failApply(fixture, rescued)
    const current = new StateVersionsRepository(fixture.db).current('ws-1')
    expect(current).toMatchObject({ serial: 5, rescued: 1, run_id: runId })
    const file = dataFiles.state(current?.id ?? '')
    expect(await fixture.files.readAll(file, { maxBytes: 1000 })).toEqual(rescued)
    expect(fixture.db.all('SELECT id FROM state_versions')).toHaveLength(2)
    expect(fixture.errorOf(runId)).toBe(
      `terraform apply ended with exit code 1. A state that could not be written was rescued and is now the current one (serial 5). The state is locked: lock ID lock-1, taken by root@host for the run ${runId} on 2026-01-01T00:00:00Z (OperationTypeApply). Once you are sure that nothing works on it: terraform force-unlock lock-1`,
    )
  })

  it('I9: becomes the first one of a workspace that has none', async () => {
    await using fixture = new EngineFixture()
    await failApply(fixture, stateOf({ serial: 1 }))
    expect(new StateVersionsRepository(fixture.db).current('ws-1')?.serial).toBe(1)
  })

  it.each([
    { name: 'an older serial', state: stateOf({ serial: 4, resources: [] }), why: 'serial 4' },
    { name: 'another lineage', state: stateOf({ serial: 9, lineage: 'other' }), why: 'lineage' },
    { name: 'no state at all', state: Buffer.from('garbage'), why: 'no JSON document' },
  ])('I9: with $name it is kept as a file of the run, which says so', async ({ state, why }) => {
    await using fixture = new EngineFixture()
    const present = stateOf({ serial: 5 })
    await store(fixture, present)
    const runId = await failApply(fixture, state)
    expect(new StateVersionsRepository(fixture.db).current('ws-1')?.serial).toBe(5)
    const error = fixture.errorOf(runId) ?? ''
    expect(error).toContain(why)
    const phaseId = fixture.phaseId(runId, 'apply')
    expect(error).toContain(`/applies/${phaseId}/errored-state`)
    const kept = await fixture.files.readAll(dataFiles.jobFile(phaseId, '1-errored.tfstate'), {
      maxBytes: 1000,
    })
    expect(kept).toEqual(state)
  })

  it('I9: is kept when another state comes between the look at it and the report', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun({ autoApply: true })
    await fixture.finishPlan(await fixture.take(session))
    const ref = await fixture.take(session)
    const state = stateOf({ serial: 5 })
    const file = { name: 'errored.tfstate', bytes: state.byteLength, digest: digestOf(state) }
    await fixture.engine.storeFile(ref, file.name, { ...file, content: streamOf(state) })
    const context = createEngineContext({ ...fixture.parts, logger: silentLogger, limits })
    const job = fixture.job(ref.jobId)
    if (job === undefined) throw new Error('The job is gone')
    const rescued = await rescueState(
      context,
      new StateStore(context),
      job,
      report(ref, { files: [file] }),
    )
    await store(fixture, stateOf({ serial: 6 }))
    expect(rescued?.commit()).toMatchObject({ outcome: 'kept', serial: 5 })
    await rescued?.settle(true)
    const kept = dataFiles.jobFile(fixture.phaseId(runId, 'apply'), '1-errored.tfstate')
    expect(await fixture.files.readAll(kept, { maxBytes: 1000 })).toEqual(state)
    // The staged one is gone: it is no state of the workspace.
    expect(fixture.files.names('states')).toHaveLength(1)
  })

  it('I9: that had arrived after all changes nothing', async () => {
    await using fixture = new EngineFixture()
    const state = stateOf({ serial: 5 })
    await store(fixture, state)
    await failApply(fixture, state)
    expect(fixture.db.all('SELECT id FROM state_versions')).toHaveLength(1)
  })
})
