import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it, vi } from 'vitest'

import { StateStore } from '../../src/state/index.ts'
import { dataFiles } from '../../src/store/index.ts'
import { digestOf } from '../support/digest.ts'
import { report, streamOf } from '../support/agent-messages.ts'
import { EngineFixture } from '../support/engine-fixture.ts'
import { stateOf } from '../support/state-of.ts'

const folders = ['configuration-versions', 'states', 'logs', 'plans', 'job-files']

/** Every file below the folders of the store. */
function filesOf(directory: string): string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(directory, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1)),
    )
    .toSorted()
}

/** A plan with changes: plan, plan JSON and lock file uploaded. */
async function plan(fixture: EngineFixture): Promise<void> {
  const job = await fixture.take(fixture.register('one'))
  const content = Buffer.from('{}')
  const files = ['plan.bin', 'plan.json', 'lock.hcl'].map((name) => ({
    name,
    bytes: content.byteLength,
    digest: digestOf(content),
  }))
  await fixture.engine.appendLog(job, 0, Buffer.from('log'))
  for (const file of files) {
    await fixture.engine.storeFile(job, file.name, { ...file, content: streamOf(content) })
  }
  const log = { bytes: 3, digest: digestOf('log'), missingBytes: 0 }
  await fixture.engine.finish(job, report(job, { hasChanges: true, files, log }))
}

/** Shuts down, and goes on with the same directory as a new process would. */
async function restart(fixture: EngineFixture): Promise<EngineFixture> {
  const { fakeClock } = fixture
  const next = new EngineFixture({ directory: await fixture.shutDown(), clock: fakeClock })
  next.engine.open()
  return next
}

const leaseLost = { code: 'LEASE_LOST' }
const always = ['configuration-versions/cv-ws-1.tar.gz']
const logs = ['logs/apply-1.log', 'logs/plan-1.log']
const ofPlan = [...always, 'logs/plan-1.log', 'plans/plan-1.json']

describe('the files of a run', () => {
  it('stay while it waits for confirmation, and after a restart', async () => {
    await using first = new EngineFixture()
    first.createRun()
    await plan(first)
    const results = ['lock.hcl', 'plan.bin', 'plan.json'].map(
      (name) => `job-files/plan-1/1-${name}`,
    )
    const all = [...ofPlan, ...results].toSorted()
    expect(filesOf(first.directory)).toEqual(all)
    await using second = await restart(first)
    expect(filesOf(second.directory)).toEqual(all)
  })

  it('are removed once it has ended, but for what its record shows', async () => {
    await using fixture = new EngineFixture()
    const runId = fixture.createRun()
    await plan(fixture)
    fixture.engine.discard(runId, null)
    await fixture.engine.close()
    expect(filesOf(fixture.directory)).toEqual(ofPlan)
  })

  it('are removed at the next start when the process died before it did', async () => {
    await using first = new EngineFixture()
    first.createRun()
    await plan(first)
    first.db.run("UPDATE runs SET status = 'discarded'")
    await using second = await restart(first)
    expect(filesOf(second.directory)).toEqual(ofPlan)
  })

  it('are removed also when an upload came after the end', async () => {
    await using fixture = new EngineFixture()
    const { engine, files } = fixture
    const runId = fixture.createRun()
    const job = await fixture.take(fixture.register('one'))
    const end = async (): Promise<void> => {
      engine.cancel(runId, { force: true, by: null })
      await engine.finish(job, report(job, { result: 'canceled', exitCode: null }))
      await engine.close()
    }
    const content = Buffer.from('late')
    const upload = { bytes: 4, digest: digestOf(content), content: streamOf(content) }
    const write = files.writeStream.bind(files)
    vi.spyOn(files, 'writeStream').mockImplementationOnce(async (...call) => {
      await end()
      return write(...call)
    })
    await expect(engine.storeFile(job, 'plan.bin', upload)).rejects.toMatchObject(leaseLost)
    await engine.close()
    expect(filesOf(fixture.directory)).toEqual([...always, 'logs/plan-1.log'])
  })

  it('I5: an upload whose run ended while it arrived is told so', async () => {
    await using fixture = new EngineFixture()
    const { engine } = fixture
    const runId = fixture.createRun()
    const job = await fixture.take(fixture.register('one'))
    const late = engine.storeFile(job, 'plan.bin', {
      bytes: 4,
      digest: digestOf('late'),
      content: (async function* () {
        engine.cancel(runId, { force: true, by: null })
        await engine.finish(job, report(job, { result: 'canceled', exitCode: null }))
        await engine.close()
        yield Buffer.from('late')
      })(),
    })
    await expect(late).rejects.toMatchObject(leaseLost)
    expect(filesOf(fixture.directory)).toEqual([...always, 'logs/plan-1.log'])
  })

  it('I4: a report that another overtook is taken, though its files are removed by now', async () => {
    await using fixture = new EngineFixture()
    const { engine, files } = fixture
    const runId = fixture.createRun({ isDry: true })
    const job = await fixture.take(fixture.register('one'))
    const content = Buffer.from('a plan')
    const file = { name: 'plan.bin', bytes: 6, digest: digestOf(content) }
    await engine.storeFile(job, file.name, { ...file, content: streamOf(content) })
    const finish = (): Promise<void> => engine.finish(job, report(job, { files: [file] }))
    const digest = files.digest.bind(files)
    vi.spyOn(files, 'digest').mockImplementationOnce(async (...call) => {
      await finish()
      await engine.close()
      return digest(...call)
    })
    await finish()
    expect(fixture.statusOf(runId)).toBe('planned_and_finished')
    expect(filesOf(fixture.directory)).toEqual([...always, 'logs/plan-1.log'])
  })
})

describe('I9: a rescued state', () => {
  async function failApply(fixture: EngineFixture, state: Uint8Array): Promise<void> {
    const session = fixture.register('one')
    fixture.createRun({ autoApply: true })
    await fixture.finishPlan(await fixture.take(session))
    const job = await fixture.take(session)
    const file = { name: 'errored.tfstate', bytes: state.byteLength, digest: digestOf(state) }
    await fixture.engine.storeFile(job, file.name, { ...file, content: streamOf(state) })
    await fixture.engine.finish(job, report(job, { result: 'failed', exitCode: 1, files: [file] }))
  }

  it('that is not the current one outlives the end of its run and every restart', async () => {
    await using first = new EngineFixture()
    await failApply(first, Buffer.from('no state'))
    const expected = [...always, 'job-files/apply-1/1-errored.tfstate', ...logs]
    await using second = await restart(first)
    expect(filesOf(second.directory)).toEqual(expected)
  })

  it('that became the current one is kept once', async () => {
    await using fixture = new EngineFixture()
    await failApply(fixture, stateOf())
    await fixture.engine.close()
    expect(filesOf(fixture.directory)).toEqual([...always, ...logs, 'states/sv-1.tfstate'])
  })
})

describe('what a process left that died', () => {
  it('is removed at the start, and what is not ours is let be', async () => {
    await using first = new EngineFixture()
    first.createRun()
    await plan(first)
    const { directory } = first
    await mkdir(join(directory, 'job-files/plan-9'))
    const ours = [
      'configuration-versions/cv-9.tar.gz',
      'logs/plan-9.log',
      'plans/plan-9.json',
      'job-files/plan-9/1-plan.bin',
      'states/sv-9.tfstate.0b7e.tmp',
    ]
    const before = filesOf(directory)
    for (const file of [...ours, 'states/notes.txt']) writeFileSync(join(directory, file), 'x')
    await using second = await restart(first)
    expect(filesOf(second.directory)).toEqual([...before, 'states/notes.txt'].toSorted())
  })

  it('I9: a state without a row is removed only after a week: its database may be restored yet', async () => {
    await using first = new EngineFixture()
    await new StateStore(first).stage('ws-1', stateOf(), { runId: null })
    const committed = await new StateStore(first).stage('ws-1', stateOf({ serial: 2 }), {
      runId: null,
    })
    committed.commit()
    const path = first.files.path(dataFiles.state('sv-1'))
    const setAge = (days: number): void => {
      const time = new Date(first.clock.now().getTime() - days * 24 * 3_600_000)
      for (const one of [path, first.files.path(dataFiles.state('sv-2'))]) {
        utimesSync(one, time, time)
      }
    }
    const kept = [...always, 'states/sv-2.tfstate']
    setAge(6)
    await using second = await restart(first)
    expect(filesOf(second.directory)).toEqual([...always, 'states/sv-1.tfstate', kept[1]])
    setAge(8)
    await using third = await restart(second)
    expect(filesOf(third.directory)).toEqual(kept)
  })
})
