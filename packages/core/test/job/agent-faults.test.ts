import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import type { JobCaches } from '../../src/caches/index.ts'
import { problemTypes } from '../../src/protocol/index.ts'
import { JobScene, leaseLost, refused, unreachable } from '../support/job-scene.ts'
import { variable } from '../support/job-spec.ts'

const secret = 'c4n4ry-of-a-fault'
const words = 'Plan failed by a fault of the agent, before anything was run: '

/** Caches with a fault that nobody expected, as often as told. */
function faultyCaches(times: number, message = 'the cache is upside down'): JobCaches {
  let left = times
  return {
    prepare: () => {
      left -= 1
      if (left < 0) {
        const nothing = { tools: {}, mounts: [], cliConfig: undefined, secretEnv: {}, notes: [] }
        return Promise.resolve(nothing)
      }
      return Promise.reject(new TypeError(message))
    },
    learn: () => {},
    release: () => Promise.resolve(),
    recover: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

async function faultyScene(times = Number.POSITIVE_INFINITY, message?: string): Promise<JobScene> {
  const scene = await JobScene.open()
  scene.caches = faultyCaches(times, message)
  return scene
}

describe('a fault of the agent before anything was launched', () => {
  it('I4: is tried again twice, and nobody hears of it when that helps', async () => {
    await using scene = await faultyScene(2)
    await (await scene.runner()).run()
    expect(scene.finished).toMatchObject([{ result: 'succeeded' }])
    expect(scene.executions).toBe(1)
  })

  it('I4, I10: is reported at the third time, with what went wrong, also in the log', async () => {
    await using scene = await faultyScene()
    expect(await (await scene.runner()).run()).toBe(true)
    const message = `${words}the cache is upside down`
    expect(scene.finished).toMatchObject([
      { result: 'failed', exitCode: null, failure: { cause: 'agent', message }, stages: [] },
    ])
    expect(scene.calls.filter((call) => call === 'start')).toHaveLength(3)
    expect(scene.logText).toBe(`\n${message}\n`)
    expect(scene.executions).toBe(0)
    expect(scene.told('job:end')).toMatchObject([
      { result: 'failed', cause: 'agent', logBytes: scene.logText.length },
    ])
    expect(await scene.journals()).toEqual([])
  })

  it('I12: tells no secret of the job, wherever the error had it from', async () => {
    await using scene = await faultyScene(3, `cannot use ${secret} here`)
    scene.spec = { variables: [variable('password', secret, { sensitive: true })] }
    await (await scene.runner()).run()
    expect(scene.finished[0]?.failure?.message).toContain('cannot use *************** here')
    expect(JSON.stringify(scene.finished) + scene.logText).not.toContain(secret)
  })

  it('is reported from a disk that takes nothing any more', async () => {
    await using scene = await JobScene.open()
    const runner = await scene.runner()
    const journal = join(scene.jobDirectory, 'journal.json')
    // A file cannot be renamed onto a directory.
    await rm(journal)
    await mkdir(journal)
    await runner.run()
    expect(scene.finished).toMatchObject([{ result: 'failed', failure: { cause: 'agent' } }])
    expect(scene.finished[0]?.failure?.message).toContain('EISDIR')
    expect(scene.executions).toBe(0)
  })

  it.each(['logOffset', 'appendLog', 'finish'] as const)(
    'I4: is reported once, though %s is not answered at first',
    async (point) => {
      await using scene = await faultyScene()
      // The log of each walk asks for the offset too.
      let failures = 2
      scene.onCall = (call) => {
        if (call === point && failures-- > 0) throw unreachable()
      }
      await (await scene.runner()).run()
      expect(scene.finished).toMatchObject([{ result: 'failed', failure: { cause: 'agent' } }])
      expect(scene.logText).toBe(`\n${words}the cache is upside down\n`)
    },
  )

  it.each(['appendLog', 'finish'] as const)(
    'I4, I7: is reported by the next process in the same words when this one leaves at %s',
    async (point) => {
      await using scene = await faultyScene()
      const first = await scene.runner()
      scene.onCall = (call) => {
        if (call !== point) return
        first.leave()
        throw unreachable()
      }
      expect(await first.run()).toBe(false)
      scene.onCall = undefined
      await (await scene.nextRunner()).run()
      expect(scene.finished).toMatchObject([{ result: 'failed', failure: { cause: 'agent' } }])
      expect(scene.logText).toBe(`\n${words}the cache is upside down\n`)
      expect(scene.told('job:end')).toHaveLength(1)
      expect(await scene.journals()).toEqual([])
    },
  )

  it('I5: is not reported when the job is another one’s by then', async () => {
    await using scene = await faultyScene()
    scene.onCall = (call) => {
      if (call === 'finish') throw leaseLost()
    }
    await (await scene.runner()).run()
    expect(scene.finished).toEqual([])
    expect(scene.told('job:end')).toMatchObject([{ result: 'lost', cause: 'lease-lost' }])
  })

  it.each(['start', 'finish'] as const)(
    'drops the job when the control plane refuses %s for good',
    async (point) => {
      await using scene = await faultyScene()
      scene.onCall = (call) => {
        if (call === point) throw refused(400, problemTypes.invalidRequest)
      }
      await (await scene.runner()).run()
      expect(scene.finished).toEqual([])
      expect(scene.told('job:end')).toMatchObject([{ result: 'lost', cause: 'agent' }])
      expect(await scene.journals()).toEqual([])
    },
  )

  it('is a cancelled job when it was cancelled meanwhile', async () => {
    await using scene = await faultyScene()
    const runner = await scene.runner()
    let starts = 0
    scene.onCall = (call) => {
      if (call === 'start' && (starts += 1) === 3) runner.cancel('soft')
    }
    await runner.run()
    expect(scene.finished).toMatchObject([{ result: 'canceled', failure: { cause: 'canceled' } }])
  })
})

describe('an executor that cannot say whether it launched the job', () => {
  it('I2: is asked until it can, and the job is not called failed before', async () => {
    await using scene = await JobScene.open()
    let attaches = 0
    scene.executor.onCall = ({ method }) => {
      if (method === 'launch-answer') throw new TypeError('no answer that makes sense')
      if (method === 'attach' && (attaches += 1) < 6) throw new TypeError('nor this one')
    }
    await (await scene.runner()).run()
    expect(attaches).toBeGreaterThanOrEqual(6)
    expect(scene.executions).toBe(1)
    expect(scene.finished).toMatchObject([{ result: 'succeeded' }])
  })
})
