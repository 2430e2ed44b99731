import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { beforeEach, describe, expect, it } from 'vitest'

import { JobJournal, newJobRecord, type JobRecord } from '../../src/job/index.ts'
import { ManualClock } from '../support/manual-clock.ts'

let jobs: string

beforeEach(async () => {
  jobs = await mkdtemp(join(tmpdir(), 'job-journal-'))
})

function record(change: Partial<JobRecord> = {}): JobRecord {
  const clock = new ManualClock()
  const assignment = {
    jobId: 'job-1',
    phase: 'plan',
    fencingToken: 1,
    runId: 'run-1',
    workspaceId: 'ws-1',
    workspaceName: 'ws',
    queuedAt: clock.now().toISOString(),
    leaseMs: 60_000,
  } as const
  return { ...newJobRecord(assignment, { clock, bootClock: clock }), ...change }
}

async function reopen() {
  const unreadable: string[] = []
  const journals = await JobJournal.openAll(jobs, (directory) => unreadable.push(directory))
  return { journals, unreadable }
}

describe('the journal of a job', () => {
  it('I7: is on disk when an update resolves', async () => {
    const journal = await JobJournal.create(jobs, record())
    await journal.update({ step: 'launching', state: 'preparing' })
    const { journals } = await reopen()
    expect(journals.map((one) => one.record)).toEqual([journal.record])
    expect(journals[0]?.reached('launching')).toBe(true)
    expect(journals[0]?.reached('launched')).toBe(false)
  })

  it('keeps the order of concurrent updates', async () => {
    const journal = await JobJournal.create(jobs, record())
    await Promise.all([
      journal.update({ step: 'preparing' }),
      journal.update({ step: 'launching' }),
      journal.update({ step: 'launched' }),
    ])
    const { journals } = await reopen()
    expect(journals[0]?.record.step).toBe('launched')
  })

  it('carries what was only noted to disk with the next update', async () => {
    const journal = await JobJournal.create(jobs, record())
    journal.note({ state: 'preparing' })
    await journal.update({ step: 'preparing' })
    const { journals } = await reopen()
    expect(journals[0]?.record.state).toBe('preparing')
  })

  it('survives every outcome', async () => {
    const outcomes = [
      { kind: 'exited', exitCode: 1, memoryExceeded: { limitBytes: 5 } },
      { kind: 'exited', exitCode: 0 },
      { kind: 'signaled', signal: 'SIGKILL' },
      { kind: 'out-of-memory', limitBytes: 5, peakBytes: 5 },
      { kind: 'not-started', cause: 'image-pull', evidence: '404' },
      { kind: 'evicted', evidence: 'node drain' },
      { kind: 'deadline', deadlineMs: 5 },
      { kind: 'lost', evidence: 'gone' },
    ] as const
    for (const outcome of outcomes) {
      const journal = await JobJournal.create(jobs, record())
      await journal.update({ outcome })
      const { journals } = await reopen()
      expect(journals[0]?.record.outcome).toEqual(outcome)
    }
  })

  it('names a directory that it cannot read, and reads the others', async () => {
    await JobJournal.create(jobs, record())
    await mkdir(join(jobs, 'torn'))
    await writeFile(join(jobs, 'torn', 'journal.json'), '{"version":1,')
    await mkdir(join(jobs, 'empty'))
    const { journals, unreadable } = await reopen()
    expect(journals).toHaveLength(1)
    expect(unreadable.toSorted()).toEqual([join(jobs, 'empty'), join(jobs, 'torn')])
  })

  it('never holds half of a record', async () => {
    const journal = await JobJournal.create(jobs, record())
    const path = join(journal.directory, 'journal.json')
    const writing = journal.update({ failure: { cause: 'agent', message: 'x'.repeat(200_000) } })
    for (let read = 0; read < 20; read += 1) {
      const text = await readFile(path, 'utf8')
      expect(() => JSON.parse(text) as unknown).not.toThrow()
    }
    await writing
  })

  it('goes with everything beside it', async () => {
    const journal = await JobJournal.create(jobs, record())
    await writeFile(join(journal.directory, 'plan.bin'), 'x')
    await journal.remove()
    expect((await reopen()).journals).toEqual([])
  })

  it('writes nothing once it is being removed, whoever comes in late', async () => {
    const journal = await JobJournal.create(jobs, record())
    const removing = journal.remove()
    await expect(journal.update({ step: 'finished' })).resolves.toBeUndefined()
    await removing
    await expect(journal.update({ step: 'finished' })).resolves.toBeUndefined()
    expect(await readdir(jobs)).toEqual([])
  })
})
