import { describe, expect, it } from 'vitest'

import { JobScene } from '../support/job-scene.ts'

/** Of the scene's limit of 64 MiB. */
const mebibyte = 1024 ** 2

/** Resolves when the watch measures for the second time from now on: what it saw first has been judged. */
function measured({ executor }: JobScene): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let looks = 0
  executor.onCall = ({ method }) => {
    if (method !== 'usage') return
    looks += 1
    if (looks === 2) resolve()
  }
  return promise
}

describe('a job that needs much memory', () => {
  it('I8: gets one interrupt at the soft limit, and fails for that', async () => {
    await using scene = await JobScene.open('apply')
    let interrupts = 0
    scene.work = (process) => {
      const { promise, resolve } = Promise.withResolvers<number>()
      process.trap('SIGTERM', () => {
        interrupts += 1
        // Saving the state takes a moment, and memory is as high as before.
        void measured(scene).then(() => resolve(1))
      })
      process.allocate(55 * mebibyte)
      return promise
    }
    await (await scene.runner()).run()
    expect(interrupts).toBe(1)
    expect(scene.told('job:cancel')).toMatchObject([{ level: 'soft', reason: 'memory' }])
    expect(scene.finished).toMatchObject([
      {
        result: 'failed',
        failure: { cause: 'soft-memory-limit' },
        interrupts: { soft: 1, hard: 0, kill: 0 },
      },
    ])
    expect(scene.logText).toContain('soft memory limit (51MB, 80% of 64MB)')
  })

  it('is warned at the end of its log, also when it succeeded', async () => {
    await using scene = await JobScene.open()
    scene.work = async (process) => {
      process.allocate(47 * mebibyte)
      await measured(scene)
      return 0
    }
    await (await scene.runner()).run()
    expect(scene.finished).toMatchObject([{ result: 'succeeded', interrupts: { soft: 0 } }])
    expect(scene.logText).toMatch(/last words\n\nWarning: The Run used 4[78]MB of memory/u)
  })

  it('is not warned when memory was ample', async () => {
    await using scene = await JobScene.open()
    scene.work = async (process) => {
      process.allocate(30 * mebibyte)
      await measured(scene)
      return 0
    }
    await (await scene.runner()).run()
    expect(scene.logText).not.toContain('Warning')
  })

  it("tells Scalr's message when the kernel was faster", async () => {
    await using scene = await JobScene.open()
    scene.work = (process) => {
      process.allocate(70 * mebibyte)
      return Promise.resolve(0)
    }
    await (await scene.runner()).run()
    expect(scene.finished).toMatchObject([
      { result: 'failed', failure: { cause: 'out-of-memory' }, interrupts: { soft: 0 } },
    ])
    expect(scene.logText).toContain('increasing the Run memory limits (64MB)')
    expect(scene.finished[0]?.failure?.evidence).toMatch(/limit 67108864 bytes, peak \d+/u)
  })

  it('I8: gets no second interrupt from the agent that adopts it', async () => {
    await using scene = await JobScene.open('apply')
    let interrupts = 0
    const { promise, resolve } = Promise.withResolvers<number>()
    scene.work = (process) => {
      process.trap('SIGTERM', () => {
        interrupts += 1
      })
      process.allocate(55 * mebibyte)
      return promise
    }
    const first = await scene.runner()
    const left = first.run()
    await expect.poll(() => interrupts).toBe(1)
    first.leave()
    expect(await left).toBe(false)

    const second = (await scene.nextRunner()).run()
    await expect.poll(() => scene.told('job:start')).toHaveLength(2)
    await measured(scene)
    resolve(1)
    await second
    expect(interrupts).toBe(1)
    expect(scene.finished).toMatchObject([
      { failure: { cause: 'soft-memory-limit' }, interrupts: { soft: 1 } },
    ])
    expect(scene.logText).toContain('soft memory limit (51MB, 80% of 64MB)')
  })
})
