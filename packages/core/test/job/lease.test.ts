import { describe, expect, it } from 'vitest'

import { watchLease } from '../../src/job/lease-watch.ts'
import { Lease, restoreRenewal } from '../../src/job/lease.ts'
import type { Phase } from '../../src/protocol/index.ts'
import { ManualClock } from '../support/manual-clock.ts'

const leaseMs = 60_000
const applyGraceMs = 900_000

function setUp(phase: Phase) {
  const clock = new ManualClock()
  const lease = new Lease({ phase, leaseMs, applyGraceMs, clock, renewedMs: clock.nowMs() })
  const told: string[] = []
  const ended = new AbortController()
  const watching = watchLease({
    lease,
    clock,
    signal: ended.signal,
    onSoft: () => told.push(`soft at ${lease.ageMs()}`),
    onKill: () => told.push(`kill at ${lease.ageMs()}`),
  })
  return { clock, lease, told, ended, watching }
}

describe('the lease of a plan', () => {
  it.each<Phase>(['plan', 'policy'])(
    'I6: stops a %s at two thirds of the lease, and kills it before the lease ends',
    async (phase) => {
      const { clock, told } = setUp(phase)
      await clock.advance(39_999)
      expect(told).toEqual([])
      await clock.advance(1)
      expect(told).toEqual(['soft at 40000'])
      await clock.advance(20_000)
      expect(told).toEqual(['soft at 40000', 'kill at 55000'])
    },
  )

  it('I6: stays quiet as long as it is renewed', async () => {
    const { clock, lease, told } = setUp('plan')
    for (let beat = 0; beat < 30; beat += 1) {
      await clock.advance(10_000)
      lease.renew(clock.nowMs())
    }
    expect(told).toEqual([])
  })

  it('I6: counts from before the renewing request was sent, and never backwards', () => {
    const { clock, lease } = setUp('plan')
    const sentMs = clock.nowMs()
    lease.renew(sentMs)
    lease.renew(sentMs - 5_000)
    expect(lease.renewedMs).toBe(sentMs)
  })

  it('stops watching when the job has ended', async () => {
    const { clock, told, ended, watching } = setUp('plan')
    ended.abort()
    await watching
    await clock.advance(leaseMs)
    expect(told).toEqual([])
  })
})

describe('the lease of an apply', () => {
  it('I6: lets the apply run on through an outage until lease and grace are used up', async () => {
    const { clock, told } = setUp('apply')
    await clock.advance(40_000 + applyGraceMs - 1)
    expect(told).toEqual([])
    await clock.advance(1)
    expect(told).toEqual([`soft at ${40_000 + applyGraceMs}`])
  })

  it('I6: never kills an apply for its lease', async () => {
    const { clock, told } = setUp('apply')
    await clock.advance(10 * (leaseMs + applyGraceMs))
    expect(told).toHaveLength(1)
  })

  it('I6: starts no apply on a lease older than a third', async () => {
    const { clock, lease } = setUp('apply')
    await clock.advance(20_000)
    expect(lease.isFreshEnoughToLaunch()).toBe(true)
    await clock.advance(1)
    expect(lease.isFreshEnoughToLaunch()).toBe(false)
    lease.renew(clock.nowMs())
    expect(lease.isFreshEnoughToLaunch()).toBe(true)
  })
})

describe('a lease that an earlier process held', () => {
  it('goes on with the monotonic clock of the same boot', async () => {
    const clock = new ManualClock()
    const renewedMs = clock.nowMs()
    await clock.advance(30_000)
    const journaled = { bootId: clock.bootId, renewedMs, renewedAt: '2020-01-01T00:00:00Z' }
    expect(restoreRenewal(journaled, { bootClock: clock, clock })).toBe(renewedMs)
  })

  it('goes by the wall clock after a reboot or on another machine', async () => {
    const clock = new ManualClock()
    const renewedAt = clock.now().toISOString()
    await clock.advance(30_000)
    const journaled = { bootId: 'another boot', renewedMs: 7, renewedAt }
    expect(clock.nowMs() - restoreRenewal(journaled, { bootClock: clock, clock })).toBe(30_000)
  })
})
