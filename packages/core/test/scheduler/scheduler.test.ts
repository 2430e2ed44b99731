import { describe, expect, it } from 'vitest'

import { AuthenticationError, NetworkError } from '../../src/errors/index.ts'
import type { JobAssignment } from '../../src/protocol/index.ts'
import { silentLogger } from '../../src/runtime/index.ts'
import { Scheduler, Slots, type Admission, type Slot } from '../../src/scheduler/index.ts'
import { ManualClock, settle } from '../support/manual-clock.ts'

type Acquire = (request: { readonly max: number }) => Promise<readonly JobAssignment[]>

function setUp(options: { total?: number; admission?: Admission; acquire: Acquire }) {
  const clock = new ManualClock()
  const slots = new Slots(options.total ?? 5)
  const accepted: { readonly assignment: JobAssignment; readonly slot: Slot }[] = []
  const stop = new AbortController()
  const scheduler = new Scheduler({
    slots,
    admission: options.admission ?? { check: () => Promise.resolve({ admitted: true }) },
    acquire: options.acquire,
    accept: (assignment, slot) => void accepted.push({ assignment, slot }),
    clock,
    logger: silentLogger,
    random: () => 1,
  })
  const running = scheduler.run({ signal: stop.signal })
  return { clock, slots, accepted, stop, running, scheduler }
}

function job(jobId: string): JobAssignment {
  return {
    jobId,
    phase: 'plan',
    fencingToken: 1,
    runId: `run-${jobId}`,
    workspaceId: 'ws',
    workspaceName: 'ws',
    queuedAt: '2026-01-01T00:00:00Z',
    leaseMs: 60_000,
  }
}

const never = (): Promise<never> => new Promise<never>(() => {})

describe('the scheduler', () => {
  it('reserves every free slot before it asks, and asks for as many jobs', async () => {
    const asked: { readonly max: number; readonly free: number }[] = []
    const set = setUp({
      acquire: ({ max }) => {
        asked.push({ max, free: set.slots.free })
        return never()
      },
    })
    await settle()
    expect(asked).toEqual([{ max: 5, free: 0 }])
  })

  it('takes five jobs and asks for no sixth until one has ended', async () => {
    const asked: number[] = []
    let jobs = ['a', 'b', 'c', 'd', 'e'].map(job)
    const { accepted, slots } = setUp({
      acquire: ({ max }) => {
        asked.push(max)
        const now = jobs.slice(0, max)
        jobs = []
        return now.length > 0 ? Promise.resolve(now) : never()
      },
    })
    await settle()
    expect(accepted).toHaveLength(5)
    expect(asked).toEqual([5])
    expect(slots.free).toBe(0)
    accepted[2]?.slot.release()
    await settle()
    expect(asked).toEqual([5, 1])
  })

  it('gives unused slots back after an empty answer', async () => {
    let polls = 0
    const { slots, stop, running } = setUp({
      acquire: () => {
        polls += 1
        return polls < 4 ? Promise.resolve([]) : never()
      },
    })
    await settle()
    expect(polls).toBe(4)
    stop.abort()
    await Promise.race([running, settle()])
    expect(slots.free).toBeLessThanOrEqual(5)
  })

  it('asks for no work while the machine has no room, and says why', async () => {
    let room = false
    let polls = 0
    const { clock, scheduler } = setUp({
      admission: {
        check: () =>
          Promise.resolve(room ? { admitted: true } : { admitted: false, reason: 'memory' }),
      },
      acquire: () => {
        polls += 1
        return never()
      },
    })
    await clock.advance(5_000)
    expect(polls).toBe(0)
    expect(scheduler.refusal).toBe('memory')
    room = true
    await clock.advance(1_000)
    expect(polls).toBe(1)
    expect(scheduler.refusal).toBeUndefined()
  })

  it('asks for as many jobs as the machine admits', async () => {
    const asked: number[] = []
    setUp({
      admission: {
        check: (holding) =>
          Promise.resolve(holding < 2 ? { admitted: true } : { admitted: false, reason: 'full' }),
      },
      acquire: ({ max }) => {
        asked.push(max)
        return never()
      },
    })
    await settle()
    expect(asked).toEqual([2])
  })

  it('waits longer and longer after failures, and keeps no slot meanwhile', async () => {
    const atMs: number[] = []
    const { clock, slots } = setUp({
      acquire: () => {
        atMs.push(clock.monotonicMs())
        return Promise.reject(new NetworkError('Cannot reach it.'))
      },
    })
    await clock.advance(8_000)
    expect(atMs.slice(1, 5).map((at, index) => at - (atMs[index] ?? 0))).toEqual([
      500, 1_000, 2_000, 4_000,
    ])
    expect(slots.free).toBe(5)
  })

  it('goes on after a refusal, since the session decides whether the agent ends', async () => {
    const refused = new AuthenticationError('No.', { method: 'GET', path: '/', status: 401 })
    let polls = 0
    const { clock } = setUp({
      acquire: () => {
        polls += 1
        return polls === 1 ? Promise.reject(refused) : never()
      },
    })
    await clock.advance(1_000)
    expect(polls).toBe(2)
  })
})
