import { writeFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { dataFiles, HooksRepository } from '../../src/store/index.ts'
import { digestOf } from '../support/digest.ts'
import { EngineFixture } from '../support/engine-fixture.ts'

/** Gives the hook these files, as an upload does. */
function upload(fixture: EngineFixture, content: string): string {
  const id = fixture.ids('blob')
  writeFileSync(fixture.files.path(dataFiles.hookArchive(id)), content)
  new HooksRepository(fixture.db).replaceArchive({
    id,
    hookId: 'hook-1',
    bytes: content.length,
    digest: digestOf(content),
    at: fixture.clock.now().toISOString(),
  })
  return id
}

function linkedHook(fixture: EngineFixture): void {
  const now = fixture.clock.now().toISOString()
  fixture.db.run(
    `INSERT INTO hooks (id, account_id, name, interpreter, scriptfile_path, status, created_at, updated_at)
     VALUES ('hook-1', ?, 'check', 'sh', 'check.sh', 'active', ?, ?)`,
    fixture.accountId,
    now,
    now,
  )
  fixture.db.run(
    `INSERT INTO hook_environment_links (id, hook_id, environment_id, events_json, created_at)
     VALUES ('hkenv-1', 'hook-1', ?, '["pre-init"]', ?)`,
    fixture.environmentId,
    now,
  )
}

describe('archives of hooks', () => {
  const hourMs = 3_600_000
  const archives = (fixture: EngineFixture): readonly string[] =>
    fixture.files.names('hook-archives').toSorted()

  it('go an hour after they were replaced, but not while a started job has them', async () => {
    await using fixture = new EngineFixture({ timing: { leaseMs: 10 * hourMs } })
    linkedHook(fixture)
    const unused = upload(fixture, 'unused')
    const told = upload(fixture, 'told')
    fixture.createRun()
    const session = fixture.register('one')
    const job = await fixture.take(session)
    const present = upload(fixture, 'present')
    fixture.engine.reap()
    expect(new HooksRepository(fixture.db).archive('hook-1', digestOf('unused'))).toBe(unused)
    fixture.fakeClock.advance(2 * hourMs)
    fixture.engine.reap()
    await expect
      .poll(() => archives(fixture))
      .toEqual([`${told}.tar.gz`, `${present}.tar.gz`].toSorted())
    const { content } = await fixture.engine.openFile(job, 'hook-1.tar.gz')
    expect(String(await content.toArray())).toBe('told')
    await fixture.finishPlan(job)
    fixture.engine.reap()
    await expect.poll(() => archives(fixture)).toEqual([`${present}.tar.gz`])
  })

  it('that a crash left without a row go at the next start', async () => {
    const fixture = new EngineFixture()
    linkedHook(fixture)
    const present = upload(fixture, 'present')
    writeFileSync(fixture.files.path(dataFiles.hookArchive('blob-left')), 'x')
    const directory = await fixture.shutDown()
    await using next = new EngineFixture({ directory })
    next.engine.open()
    expect(archives(next)).toEqual([`${present}.tar.gz`])
  })
})
