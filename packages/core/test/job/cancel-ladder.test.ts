import { describe, expect, it } from 'vitest'

import type { InterruptLevel, Workload } from '../../src/executor/index.ts'
import { CancelLadder } from '../../src/job/cancel-ladder.ts'
import { newJobRecord, type JobRecord } from '../../src/job/index.ts'
import type { Phase } from '../../src/protocol/index.ts'
import { silentLogger } from '../../src/runtime/index.ts'
import { ManualClock, settle } from '../support/manual-clock.ts'

function setUp(
  options: {
    readonly phase?: Phase
    readonly remainingMs?: number
    readonly record?: Partial<JobRecord>
    readonly interrupt?: (level: InterruptLevel) => Promise<void>
  } = {},
) {
  const clock = new ManualClock()
  const phase = options.phase ?? 'plan'
  const record = newJobRecord(
    {
      jobId: 'job-1',
      phase,
      fencingToken: 1,
      runId: 'run-1',
      workspaceId: 'ws-1',
      workspaceName: 'ws',
      queuedAt: clock.now().toISOString(),
      leaseMs: 60_000,
    },
    { clock, bootClock: clock },
  )
  const journal = {
    record: { ...record, ...options.record },
    update(change: Partial<JobRecord>): Promise<void> {
      this.record = { ...this.record, ...change }
      return Promise.resolve()
    },
  }
  const sent: InterruptLevel[] = []
  const told: InterruptLevel[] = []
  const journaledBefore: boolean[] = []
  const workload = {
    id: 'job-1-1',
    interrupt: async (level: InterruptLevel) => {
      journaledBefore.push(journal.record.stop?.[`${level}At`] !== undefined)
      sent.push(level)
      await options.interrupt?.(level)
    },
  } as Workload
  const ladder = new CancelLadder({
    phase,
    workload,
    journal,
    clock,
    logger: silentLogger,
    remainingMs: () => options.remainingMs ?? 300_000,
    onInterrupt: (level) => void told.push(level),
  })
  return { clock, journal, sent, told, ladder, journaledBefore }
}

describe('the cancel ladder', () => {
  it('I8: sends one soft interrupt and then nothing, however often it is asked', async () => {
    const { clock, sent, ladder } = setUp()
    for (let click = 0; click < 5; click += 1) await ladder.request('soft', 'canceled')
    await ladder.request('soft', 'timeout')
    await clock.advance(59_999)
    expect(sent).toEqual(['soft'])
  })

  it.each<Phase>(['plan', 'policy'])(
    'climbs to hard after the patience with a %s, and to kill 10 s later',
    async (phase) => {
      const { clock, sent, ladder } = setUp({ phase })
      await ladder.request('soft', 'canceled')
      await clock.advance(60_000)
      expect(sent).toEqual(['soft', 'hard'])
      await clock.advance(9_999)
      expect(sent).toEqual(['soft', 'hard'])
      await clock.advance(1)
      expect(sent).toEqual(['soft', 'hard', 'kill'])
    },
  )

  it('I8: gives an apply the rest of its time, at most ten minutes', async () => {
    const { clock, sent, ladder } = setUp({ phase: 'apply', remainingMs: 3_600_000 })
    await ladder.request('soft', 'canceled')
    await clock.advance(599_999)
    expect(sent).toEqual(['soft'])
    await clock.advance(1)
    expect(sent).toEqual(['soft', 'hard'])
  })

  it('gives an apply at its time-out a minute to save its state', async () => {
    const { clock, sent, ladder } = setUp({ phase: 'apply', remainingMs: 0 })
    await ladder.request('soft', 'timeout')
    await clock.advance(59_999)
    expect(sent).toEqual(['soft'])
  })

  it('aborts at once when a person asks for force, and kills 10 s later', async () => {
    const { clock, sent, ladder } = setUp({ phase: 'apply' })
    await ladder.request('soft', 'canceled')
    await ladder.request('hard', 'canceled')
    expect(sent).toEqual(['soft', 'hard'])
    await ladder.request('soft', 'canceled')
    await clock.advance(10_000)
    expect(sent).toEqual(['soft', 'hard', 'kill'])
  })

  it('sends nothing once the workload has ended', async () => {
    const { clock, sent, ladder } = setUp()
    await ladder.request('soft', 'canceled')
    ladder.end()
    await clock.advance(600_000)
    await ladder.request('kill', 'canceled')
    expect(sent).toEqual(['soft'])
  })

  it('I7: journals each interrupt before it is sent', async () => {
    const { clock, ladder, journaledBefore } = setUp()
    await ladder.request('soft', 'canceled')
    await clock.advance(70_000)
    expect(journaledBefore).toEqual([true, true, true])
  })

  it('I8: sends no interrupt again that an earlier process may have sent', async () => {
    const clock = new ManualClock()
    const softAt = clock.now().toISOString()
    const {
      clock: time,
      sent,
      ladder,
    } = setUp({
      record: { stop: { reason: 'canceled', softAt } },
    })
    ladder.resume()
    await ladder.request('soft', 'canceled')
    await time.advance(59_999)
    expect(sent).toEqual([])
    await time.advance(1)
    expect(sent).toEqual(['hard'])
  })

  it('tries a kill again that failed', async () => {
    let failures = 2
    const { clock, sent, ladder } = setUp({
      interrupt: () => {
        failures -= 1
        return failures >= 0 ? Promise.reject(new Error('engine is down')) : Promise.resolve()
      },
    })
    await ladder.request('kill', 'lease-lost')
    await clock.advance(10_000)
    await settle()
    expect(sent.length).toBeGreaterThanOrEqual(2)
    expect(new Set(sent)).toEqual(new Set(['kill']))
  })

  it('tries a soft interrupt again that the engine did not take, and then has patience', async () => {
    let failures = 2
    const { clock, sent, ladder, told } = setUp({
      interrupt: () => {
        failures -= 1
        return failures >= 0 ? Promise.reject(new Error('engine is down')) : Promise.resolve()
      },
    })
    await ladder.request('soft', 'canceled')
    await clock.advance(30_000)
    expect(sent).toEqual(['soft', 'soft', 'soft'])
    expect(told).toEqual(['soft'])
  })

  it('climbs on after the patience though the engine took none of it', async () => {
    const { clock, sent, ladder } = setUp({
      interrupt: () => Promise.reject(new Error('engine is down')),
    })
    await ladder.request('soft', 'canceled')
    await clock.advance(100_000)
    expect(sent.indexOf('hard')).toBeGreaterThan(0)
    expect(sent.indexOf('kill')).toBeGreaterThan(sent.indexOf('hard'))
    expect(sent.at(-1)).toBe('kill')
    const kills = sent.length
    await clock.advance(60_000)
    expect(sent.length).toBeGreaterThan(kills)
    expect(new Set(sent.slice(kills))).toEqual(new Set(['kill']))
  })

  it('sends an interrupt though the journal cannot be written', async () => {
    const { clock, sent, ladder, journal } = setUp()
    // As the real one does: the record is changed in memory before the write fails.
    journal.update = (change) => {
      journal.record = { ...journal.record, ...change }
      return Promise.reject(new Error('ENOSPC'))
    }
    await ladder.request('kill', 'lease-lost')
    await clock.advance(10_000)
    expect(sent).toContain('kill')
  })
})
