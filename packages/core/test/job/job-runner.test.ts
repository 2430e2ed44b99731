import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { AuthenticationError, ExecutorError } from '../../src/errors/index.ts'
import { problemTypes } from '../../src/protocol/index.ts'
import { JobScene, leaseLost, refused, unreachable, type Point } from '../support/job-scene.ts'

const wholeLog = 'first words\nlast words\n'

/** Before the workload, while it runs, and after it. */
const early: readonly Point[] = ['start', 'download', 'launch']
const during: readonly Point[] = ['output', 'wait', 'appendLog']
const late: readonly Point[] = ['readFiles', 'upload', 'finish']

describe('the runner of a job', () => {
  it('I4: runs it, reports it once, and leaves nothing', async () => {
    await using scene = await JobScene.open()
    expect(await (await scene.runner()).run()).toBe(true)
    expect(scene.finished).toMatchObject([{ result: 'succeeded', exitCode: 0, hasChanges: false }])
    expect(scene.logText).toBe(wholeLog)
    expect(Object.fromEntries(scene.uploads)).toMatchObject({ 'plan.bin': Buffer.from('the plan') })
    expectEnded(scene, { result: 'succeeded' })
    expect(await scene.journals()).toEqual([])
  })

  it('reports files that the executor refuses as a failed preparation', async () => {
    await using scene = await JobScene.open()
    scene.executor.onCall = failing('launch', 'INVALID_FILES', 1)
    await (await scene.runner()).run()
    expect(scene.finished).toMatchObject([{ result: 'failed', failure: { cause: 'preparation' } }])
    expectEnded(scene, { result: 'failed', cause: 'preparation' })
  })

  it('launches again when the engine was not to be reached', async () => {
    await using scene = await JobScene.open()
    scene.executor.onCall = failing('launch', 'UNAVAILABLE', 3)
    await (await scene.runner()).run()
    expect(scene.executions).toBe(1)
    expectEnded(scene, { result: 'succeeded' })
  })

  it('I2: goes on with a workload whose launch was never answered', async () => {
    await using scene = await JobScene.open()
    scene.settings = { startTimeoutMs: 1000 }
    scene.executor.onCall = failing('launch-answer', 'UNAVAILABLE', Number.POSITIVE_INFINITY)
    await (await scene.runner()).run()
    expect(scene.executions).toBe(1)
    expectEnded(scene, { result: 'succeeded' })
  })

  it('reports an image that cannot be pulled, with the evidence', async () => {
    await using scene = await JobScene.open()
    scene.startFailure = { cause: 'image-pull', evidence: 'manifest unknown' }
    await (await scene.runner()).run()
    const failure = { cause: 'not-started', evidence: 'manifest unknown' }
    expect(scene.finished).toMatchObject([{ result: 'failed', failure }])
  })

  it('I7: reads the output on from where it was cut', async () => {
    await using scene = await JobScene.open()
    let cuts = 0
    scene.work = async () => {
      scene.executor.cutOutput(scene.workloadId, 50)
      await expect.poll(() => cuts).toBeGreaterThan(2)
      scene.executor.cutOutput(scene.workloadId, undefined)
      return 0
    }
    scene.executor.onCall = ({ method }) => {
      if (method === 'output') cuts += 1
    }
    await (await scene.runner()).run()
    expect(scene.logText).toBe(wholeLog)
    expectEnded(scene, { result: 'succeeded' })
  })

  it('I2: a workload that vanishes is lost, whatever it had said', async () => {
    await using scene = await JobScene.open()
    scene.work = async () => {
      scene.executor.vanish(scene.workloadId)
      return Promise.resolve(0)
    }
    await (await scene.runner()).run()
    expect(scene.finished).toMatchObject([{ result: 'lost', failure: { cause: 'lost' } }])
    expectEnded(scene, { result: 'lost', cause: 'lost' })
  })

  it('fails a plan whose result the executor cannot give any more', async () => {
    await using scene = await JobScene.open()
    scene.executor.onCall = failing('readFiles', 'ENGINE_FAILURE', Number.POSITIVE_INFINITY)
    await (await scene.runner()).run()
    expect(scene.finished).toMatchObject([
      { result: 'failed', failure: { cause: 'agent' }, files: [] },
    ])
    expect(scene.logText).toContain('its result cannot be handed over')
    expectEnded(scene, { result: 'failed', cause: 'agent' })
  })

  it('fails a plan that the control plane refuses to take', async () => {
    await using scene = await JobScene.open()
    scene.onCall = (call) => {
      if (call === 'upload') throw refused(413, problemTypes.tooLarge)
    }
    await (await scene.runner()).run()
    expect(scene.finished).toMatchObject([{ result: 'failed', failure: { cause: 'agent' } }])
    expect(await scene.journals()).toEqual([])
  })

  it('I9: keeps a rescued state that the control plane refuses, and reports the apply', async () => {
    await using scene = await JobScene.open('apply')
    scene.work = (process) => {
      process.files.write('workdir/errored.tfstate', 'the state')
      return Promise.resolve(1)
    }
    scene.onCall = (call) => {
      if (call === 'upload') throw refused(413, problemTypes.tooLarge)
    }
    await (await scene.runner()).run()
    expect(scene.finished).toMatchObject([{ result: 'failed', failure: { cause: 'exit-code' } }])
    expect(await rescued(scene)).toEqual(['the state'])
  })
})

describe('a control plane that does not answer', () => {
  it.each<Point>(['start', 'logOffset', 'appendLog', 'upload', 'finish'])(
    'I4, I7: %s is tried again: one run, one report, every byte once',
    async (point) => {
      await using scene = await JobScene.open()
      let failures = 2
      scene.onCall = (call) => {
        if (call === point && failures-- > 0) throw unreachable()
      }
      await (await scene.runner()).run()
      expect(scene.executions).toBe(1)
      expect(scene.finished).toHaveLength(1)
      expect(scene.logText).toBe(wholeLog)
      expectEnded(scene, { result: 'succeeded' })
    },
  )

  it.each<Point>(['start', 'download', 'logOffset', 'appendLog', 'upload', 'finish'])(
    'I5: a lost lease told at %s is final: nothing is reported, nothing left',
    async (point) => {
      await using scene = await JobScene.open()
      scene.onCall = (call) => {
        if (call === point) throw leaseLost()
      }
      await (await scene.runner()).run()
      expect(scene.finished).toEqual([])
      expectEnded(scene, { result: 'lost', cause: 'lease-lost' })
      expect(await scene.journals()).toEqual([])
      expect(scene.executor.engine.size).toBe(0)
    },
  )

  it('I7: a refused agent does not end the job that it adopts', async () => {
    await using scene = await JobScene.open('apply')
    const { release } = scene.busy()
    const first = await scene.runner()
    scene.at('appendLog', () => first.leave())
    expect(await first.run()).toBe(false)

    const second = await scene.nextRunner()
    let refusals = 0
    scene.onCall = (call) => {
      if (call === 'start') {
        refusals += 1
        throw new AuthenticationError('401', { method: 'POST', path: '/', status: 401 })
      }
    }
    const running = second.run()
    await expect.poll(() => refusals).toBeGreaterThan(3)
    second.leave()
    expect(await running).toBe(false)

    scene.onCall = undefined
    release()
    await (await scene.nextRunner()).run()
    expect(scene.finished).toMatchObject([
      { result: 'succeeded', interrupts: { soft: 0, kill: 0 } },
    ])
    expect(scene.executions).toBe(1)
  })
})

describe('a cancel', () => {
  it.each([...early, ...during])(
    'I4: at %s ends the job canceled, reported once',
    async (point) => {
      await using scene = await JobScene.open()
      scene.busy()
      const runner = await scene.runner()
      scene.at(point, () => {
        runner.cancel('soft')
        runner.cancel('soft')
      })
      await runner.run()
      expect(scene.finished).toMatchObject([{ result: 'canceled', failure: { cause: 'canceled' } }])
      expectEnded(scene, { result: 'canceled', cause: 'canceled' })
      expect(await scene.journals()).toEqual([])
    },
  )

  it.each(late)('at %s comes too late: what was done is reported', async (point) => {
    await using scene = await JobScene.open()
    const runner = await scene.runner()
    scene.at(point, () => runner.cancel('soft'))
    await runner.run()
    expect(scene.finished).toMatchObject([{ result: 'succeeded', interrupts: { soft: 0 } }])
  })
})

describe('a revocation', () => {
  it.each([...early, ...during])(
    'I5, I6: at %s ends a plan, and nothing is reported',
    async (point) => {
      await using scene = await JobScene.open()
      scene.busy()
      const runner = await scene.runner()
      scene.at(point, () => runner.revoke())
      await runner.run()
      expect(scene.finished).toEqual([])
      expectEnded(scene, { result: 'lost', cause: 'lease-lost' })
      expect(await scene.journals()).toEqual([])
      expect(scene.executor.engine.size).toBe(0)
    },
  )

  it('I6, I9: interrupts an apply once and keeps the state that it rescued', async () => {
    await using scene = await JobScene.open('apply')
    scene.work = (process) =>
      new Promise((resolve) => {
        process.trap('SIGTERM', () => {
          process.files.write('workdir/errored.tfstate', 'the state')
          resolve(1)
        })
      })
    const runner = await scene.runner()
    scene.at('appendLog', () => runner.revoke())
    await runner.run()
    expect(scene.told('job:cancel')).toMatchObject([{ level: 'soft', reason: 'lease-lost' }])
    expect(await rescued(scene)).toEqual(['the state'])
    expect(scene.finished).toEqual([])
  })

  it('I9: keeps the rescued state of an adopted apply that had ended before', async () => {
    await using scene = await JobScene.open('apply')
    scene.work = (process) => {
      process.files.write('workdir/errored.tfstate', 'the state')
      return Promise.resolve(1)
    }
    const first = await scene.runner()
    scene.at('finish', () => first.leave())
    scene.onCall = (call) => {
      if (call !== 'upload') return
      first.leave()
      throw unreachable()
    }
    expect(await first.run()).toBe(false)

    const second = await scene.nextRunner()
    scene.at('start', () => second.revoke())
    await second.run()
    expect(await rescued(scene)).toEqual(['the state'])
    expect(scene.executor.engine.size).toBe(0)
  })

  it('I9: an apply that is revoked and then left is not destroyed', async () => {
    await using scene = await JobScene.open('apply')
    let asked = 0
    const { promise, resolve } = Promise.withResolvers<number>()
    scene.work = (process) => {
      process.trap('SIGTERM', () => {
        asked += 1
      })
      return promise
    }
    const first = await scene.runner()
    scene.at('appendLog', () => first.revoke())
    const left = first.run()
    await expect.poll(() => asked).toBe(1)
    first.leave()
    expect(await left).toBe(false)
    expect(scene.executor.engine.size).toBe(1)

    resolve(0)
    scene.onCall = (call) => {
      if (call === 'start') throw leaseLost()
    }
    await (await scene.nextRunner()).run()
    expect(asked).toBe(1)
    expect(scene.executor.engine.size).toBe(0)
    expect(await scene.journals()).toEqual([])
  })
})

describe('leaving a job', () => {
  it.each([...early, ...during, ...late])(
    'I1, I7: at %s lets the next process end it: one run, one report, every byte once',
    async (point) => {
      await using scene = await JobScene.open()
      const { release } = scene.busy()
      if (late.includes(point)) release()
      const first = await scene.runner()
      scene.at(point, () => first.leave())
      const ended = await first.run()
      // The report was on its way already: then there is nothing left to adopt.
      if (!ended) {
        expect(scene.names()).not.toContain('job:end')
        release()
        await (await scene.nextRunner()).run()
      }
      expect(scene.executions).toBe(1)
      expect(scene.finished).toMatchObject([{ result: 'succeeded' }])
      expect(scene.logText).toBe(wholeLog)
      expect(scene.told('job:end')).toHaveLength(1)
      expect(await scene.journals()).toEqual([])
      expect(scene.executor.engine.size).toBe(0)
    },
  )

  it('only clears away a job that was reported before', async () => {
    await using scene = await JobScene.open()
    scene.executor.onCall = failing('destroy', 'ENGINE_FAILURE', 1)
    await (await scene.runner()).run()
    expect(await scene.journals()).toHaveLength(1)
    const calls = scene.calls.length
    await (await scene.nextRunner()).run()
    expect(scene.calls).toHaveLength(calls)
    expect(scene.told('job:end')).toMatchObject([{ result: 'succeeded' }, { result: 'succeeded' }])
    expect(await scene.journals()).toEqual([])
    expect(scene.executor.engine.size).toBe(0)
  })
})

/** `job:start` and `job:end` come in pairs, and the end is the last word. */
function expectEnded(scene: JobScene, end: object): void {
  expect(scene.told('job:start')).toHaveLength(1)
  expect(scene.told('job:end')).toMatchObject([end])
  expect(scene.names().at(-1)).toBe('job:end')
}

function failing(
  method: string,
  code: ConstructorParameters<typeof ExecutorError>[1]['code'],
  times: number,
): (call: { readonly method: string }) => void {
  let left = times
  return (call) => {
    if (call.method !== method || left <= 0) return
    left -= 1
    throw new ExecutorError(`Cannot ${method}: ${code}`, { executor: 'fake', phase: method, code })
  }
}

async function rescued(scene: JobScene): Promise<readonly string[]> {
  const names = await readdir(scene.rescuedDirectory)
  return Promise.all(names.map((name) => readFile(join(scene.rescuedDirectory, name), 'utf8')))
}
