import { describe, expect, it } from 'vitest'

import type { ResourceUsage } from '../../src/executor/index.ts'
import { memoryLimits, watchMemory } from '../../src/job/memory-watch.ts'
import { silentLogger } from '../../src/runtime/index.ts'
import { ManualClock } from '../support/manual-clock.ts'

function setUp() {
  const clock = new ManualClock()
  const ended = new AbortController()
  const peaks: number[] = []
  const soft: number[] = []
  const measured: { usage: (() => ResourceUsage | undefined) | undefined } = { usage: undefined }
  const watching = watchMemory({
    workload: { id: 'w', usage: async () => Promise.resolve(measured.usage?.()) },
    limits: { softBytes: 80, warnBytes: 72 },
    intervalMs: 1_000,
    clock,
    logger: silentLogger,
    signal: ended.signal,
    onPeak: (bytes) => void peaks.push(bytes),
    onSoftLimit: (bytes) => void soft.push(bytes),
  })
  const measure = async (bytes: number | undefined): Promise<void> => {
    measured.usage = () => (bytes === undefined ? {} : { memoryBytes: bytes })
    await clock.advance(1_000)
  }
  return { clock, ended, peaks, soft, measured, watching, measure }
}

describe('the memory watch', () => {
  it('says nothing below the warning', async () => {
    const { measure, peaks, soft } = setUp()
    await measure(71)
    expect([peaks, soft]).toEqual([[], []])
  })

  it('tells each new peak from the warning on', async () => {
    const { measure, peaks, soft } = setUp()
    for (const bytes of [72, 75, 74, 79]) await measure(bytes)
    expect(peaks).toEqual([72, 75, 79])
    expect(soft).toEqual([])
  })

  it('I8: asks for the interrupt once, however long the workload stays beyond it', async () => {
    const { measure, soft, peaks } = setUp()
    for (const bytes of [80, 90, 60, 95]) await measure(bytes)
    expect(soft).toEqual([80])
    expect(peaks).toEqual([80, 90, 95])
  })

  it('goes on where the engine cannot tell, or not now', async () => {
    const { measure, measured, clock, soft } = setUp()
    await measure(undefined)
    measured.usage = () => undefined
    await clock.advance(1_000)
    measured.usage = () => {
      throw new Error('the engine is away')
    }
    await clock.advance(3_000)
    await measure(85)
    expect(soft).toEqual([85])
  })

  it('ends with the workload', async () => {
    const { ended, watching, clock, measure, soft } = setUp()
    await clock.untilSleeping(1_000)
    ended.abort()
    await watching
    await measure(99)
    expect(soft).toEqual([])
    expect(clock.sleeping).toBe(0)
  })
})

describe('the limits of a job', () => {
  it('are 80 % of the memory limit, and 90 % of that', () => {
    expect(memoryLimits(1_000, { softLimitPercent: 80, warnPercent: 90 })).toEqual({
      limitBytes: 1_000,
      softBytes: 800,
      warnBytes: 720,
    })
  })
})
