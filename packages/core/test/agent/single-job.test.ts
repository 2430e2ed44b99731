import { describe, expect, it } from 'vitest'

import { SingleJob } from '../../src/agent/single-job.ts'
import { ConfigurationError, TimeoutError } from '../../src/errors/index.ts'
import { ManualClock } from '../support/manual-clock.ts'

const signal = new AbortController().signal
const idle = { left: 0, whenIdle: async (): Promise<void> => {} }
const letIn = { board: idle, session: { established: true } }

describe('the one job of single mode', () => {
  it('is taken once, and from then on nothing more is asked for', () => {
    const single = new SingleJob({ waitMs: 1000, clock: new ManualClock() })
    expect(single.closed.aborted).toBe(false)
    expect([single.take(), single.take(), single.take()]).toEqual([true, false, false])
    expect(single.closed.aborted).toBe(true)
  })

  it('ends the agent when it has ended and been reported, not before', async () => {
    const single = new SingleJob({ waitMs: 1000, clock: new ManualClock() })
    const reported = Promise.withResolvers<void>()
    let isDone = false
    const done = single
      .done({ ...letIn, board: { left: 0, whenIdle: () => reported.promise } }, { signal })
      .finally(() => (isDone = true))
    single.take()
    single.ended('failed')
    await new Promise((resolve) => setImmediate(resolve))
    expect(isDone).toBe(false)
    reported.resolve()
    expect(await done).toEqual({ reason: 'single mode: the job ended, failed' })
  })

  it('that is left as it runs for the next process is no error', async () => {
    const single = new SingleJob({ waitMs: 1000, clock: new ManualClock() })
    single.take()
    const left = { ...idle, left: 1 }
    expect(await single.done({ ...letIn, board: left }, { signal })).toEqual({
      reason: 'single mode: the job was left as it runs',
    })
  })

  it('is refused once its time is up, though its answer may still be on the way', async () => {
    const clock = new ManualClock()
    const single = new SingleJob({ waitMs: 300_000, clock })
    const done = single.done(letIn, { signal })
    await clock.advance(300_000)
    expect(await done).toEqual({ reason: 'single mode: no job came within 300 s' })
    expect(single.take()).toBe(false)
    expect(single.closed.aborted).toBe(true)
  })

  it('ends with an error where the agent was never let in, or could not keep the job', async () => {
    const clock = new ManualClock()
    const late = new SingleJob({ waitMs: 1000, clock })
    const done = late.done({ board: idle, session: { established: false } }, { signal })
    const refused = expect(done).rejects.toThrow(TimeoutError)
    await clock.advance(1000)
    await refused
    const unkept = new SingleJob({ waitMs: 1000, clock })
    unkept.take()
    await expect(unkept.done(letIn, { signal })).rejects.toThrow(ConfigurationError)
  })
})
