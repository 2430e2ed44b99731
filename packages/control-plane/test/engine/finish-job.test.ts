import { describe, expect, it } from 'vitest'

import { dataFiles } from '../../src/store/index.ts'
import { digestOf } from '../support/digest.ts'
import { report, streamOf } from '../support/agent-messages.ts'
import { EngineFixture } from '../support/engine-fixture.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('a report', () => {
  it('I10: is refused while bytes of the log are missing, and nothing is changed', async () => {
    await using fixture = new EngineFixture()
    const { engine } = fixture
    const session = fixture.register('one')
    const runId = fixture.createRun()
    const job = await fixture.take(session)
    await engine.appendLog(job, 0, bytes('abc'))
    const before = fixture.job(job.jobId)
    const mismatch = { code: 'DIGEST_MISMATCH' }
    for (const log of [
      { bytes: 4, digest: digestOf('abc'), missingBytes: 0 },
      { bytes: 3, digest: digestOf('abd'), missingBytes: 0 },
    ]) {
      await expect(engine.finish(job, report(job, { log }))).rejects.toMatchObject(mismatch)
    }
    expect(fixture.job(job.jobId)).toEqual(before)
    expect(fixture.statusOf(runId)).toBe('planning')
    const log = { bytes: 3, digest: digestOf('abc'), missingBytes: 0 }
    await engine.finish(job, report(job, { log }))
    expect(fixture.statusOf(runId)).toBe('planned_and_finished')
  })

  it('I10: is refused while a file that it names is missing or other', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    fixture.createRun()
    const job = await fixture.take(session)
    const files = [{ name: 'plan.bin', bytes: 6, digest: digestOf('a plan') }]
    await expect(fixture.engine.finish(job, report(job, { files }))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    })
    const upload = { content: streamOf(bytes('b plan')), bytes: 6, digest: digestOf('a plan') }
    await expect(fixture.engine.storeFile(job, 'plan.bin', upload)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    })
    expect(await fixture.files.size(dataFiles.jobFile('plan-1', '1-plan.bin'))).toBeUndefined()
  })

  it('I4: is taken once, however often it is sent', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    const job = await fixture.take(session)
    const planned = await fixture.uploadPlan(job)
    await Promise.all([1, 2, 3].map(() => fixture.engine.finish(job, planned)))
    await fixture.engine.finish(job, report(job))
    expect(fixture.statusOf(runId)).toBe('planned')
    const transitions = fixture.db.all(
      "SELECT id FROM status_transitions WHERE run_id = ? AND status = 'planned'",
      runId,
    )
    expect(transitions).toHaveLength(1)
    await expect(fixture.engine.start(session, job)).rejects.toMatchObject({ code: 'LEASE_LOST' })
    // Its report overtook a heartbeat: there is nothing to stop.
    expect(fixture.beat(session, [job])).toEqual({ [job.jobId]: 'renewed' })
  })

  it('keeps the plan JSON where the public API finds it', async () => {
    await using fixture = new EngineFixture()
    const session = fixture.register('one')
    const runId = fixture.createRun()
    const job = await fixture.take(session)
    const json = bytes('{"format_version":"1.2"}')
    const file = { name: 'plan.json', bytes: json.byteLength, digest: digestOf(json) }
    await fixture.engine.storeFile(job, file.name, { ...file, content: streamOf(json) })
    await fixture.engine.finish(job, report(job, { files: [file] }))
    const kept = dataFiles.planJson(fixture.phaseId(runId, 'plan'))
    expect(await fixture.files.readAll(kept, { maxBytes: 100 })).toEqual(json)
  })
})
