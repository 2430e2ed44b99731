import { readdir } from 'node:fs/promises'

import { describe, expect, it } from 'vitest'

import { ExecutorError } from '../../src/errors/index.ts'
import { problemTypes } from '../../src/protocol/index.ts'
import type { FakeProcess } from '../../src/testing/index.ts'
import { JobScene, refused } from '../support/job-scene.ts'
import { variable } from '../support/job-spec.ts'

const secret = 'c4n4ry-of-the-log'

const locked = `
Error: Error acquiring the state lock

Error message: HTTP remote state already locked:
ID=lock-1
Lock Info:
  ID:        lock-1
  Operation: OperationTypeApply
  Who:       alice@build-7
  Created:   2026-11-22 10:11:12.123456789 +0000 UTC

OpenTofu acquires a state lock to protect the state.
`

/** Stages of a script, each with its text and exit code. */
function stages(
  ...played: readonly (readonly [stage: string, text: string, exitCode: number])[]
): NonNullable<JobScene['script']> {
  return async (process, mark) => {
    for (const [stage, text, exitCode] of played) {
      mark({ event: 'begin', stage })
      process.write(text)
      mark({ event: 'end', stage, exitCode })
    }
    const failed = played.find(([stage, , code]) => code !== 0 && !(stage === 'plan' && code === 2))
    const exitCode = failed?.[2] ?? 0
    mark({ event: 'result', exitCode })
    return Promise.resolve(exitCode)
  }
}

async function failureOf(script: NonNullable<JobScene['script']>) {
  await using scene = await JobScene.open()
  scene.spec = { variables: [variable('password', secret, { sensitive: true })] }
  scene.script = script
  await (await scene.runner()).run()
  expect(scene.finished).toHaveLength(1)
  return { ...scene.finished[0], log: scene.logText }
}

describe('a job that fails', () => {
  it('tells the error of init, and not what a later hook printed', async () => {
    const { failure, log } = await failureOf(
      stages(
        ['prepare', '', 0],
        ['init', 'Error: Failed to query available provider packages\n\nNo such host.\n', 1],
        ['post-plan', 'Error: of another kind\n', 0],
      ),
    )
    expect(failure).toMatchObject({ cause: 'init-failed' })
    expect(failure?.message).toContain('Failed to query available provider packages')
    expect(failure?.evidence).toContain('No such host.')
    expect(failure?.evidence).not.toContain('of another kind')
    // The tool has said it in the log already.
    expect(log).not.toContain('Plan failed')
  })

  it('tells who holds the state lock and how to release it, also in the log', async () => {
    const { failure, stateLock, log } = await failureOf(
      stages(['init', 'fine\n', 0], ['plan', locked, 1]),
    )
    expect(failure?.cause).toBe('state-locked')
    expect(failure?.message).toContain('alice@build-7 since 2026-11-22 10:11:12 UTC')
    expect(stateLock).toEqual({
      id: 'lock-1',
      info: 'OperationTypeApply, alice@build-7, 2026-11-22 10:11:12 UTC',
    })
    expect(log).toContain('tofu force-unlock lock-1')
  })

  it('is no lock and no full disk when a hook prints such words', async () => {
    const text = `${locked}no space left on device\n`
    const { failure } = await failureOf(stages(['init', '', 0], ['pre-plan', text, 3]))
    expect(failure?.cause).toBe('hook-failed')
  })

  it('is a full disk when the failing stage says so, and not when another one did', async () => {
    const full = 'Error: write x: no space left on device\n'
    expect((await failureOf(stages(['init', full, 1]))).failure).toMatchObject({
      cause: 'disk-full',
    })
    const later = stages(['init', full, 0], ['plan', 'Error: Invalid reference\n', 1])
    expect((await failureOf(later)).failure).toMatchObject({ cause: 'exit-code' })
  })

  it('I12: carries the end of the masked log', async () => {
    const many = 'line of the plan\n'.repeat(2_000)
    const { failure } = await failureOf(
      stages(['plan', `${many}Error: Bad ${secret}\n  at the end\n`, 1]),
    )
    expect(failure?.lastLines).toMatch(/Error: Bad \*+\n {2}at the end$/u)
    expect(failure?.lastLines?.length).toBeLessThanOrEqual(8_000)
    expect(failure?.lastLines?.split('\n')[0]).toBe('line of the plan')
    expect(JSON.stringify(failure)).not.toContain(secret)
  })

  it('keeps what the plan found when a post hook fails', async () => {
    const plan = 'Plan: 1 to add, 2 to change, 3 to destroy.\n'
    const report = await failureOf(stages(['plan', plan, 2], ['post-plan', 'no\n', 4]))
    expect(report).toMatchObject({
      result: 'failed',
      exitCode: 4,
      failure: { cause: 'hook-failed' },
      hasChanges: true,
      resources: { additions: 1, changes: 2, destructions: 3 },
    })
    expect(report.failure?.message).toContain('The plan itself succeeded.')
  })

  it('I7: tells the same after its agent was exchanged at the end of the output', async () => {
    await using scene = await JobScene.open()
    scene.script = stages(['init', 'fine\n', 0], ['plan', locked, 1])
    const first = await scene.runner()
    scene.at('finish', () => first.leave())
    scene.onCall = (call) => {
      if (call !== 'finish') return
      first.leave()
      throw new ExecutorError('gone', { executor: 'fake', phase: 'x', code: 'UNAVAILABLE' })
    }
    expect(await first.run()).toBe(false)
    scene.onCall = undefined
    await (await scene.nextRunner()).run()
    expect(scene.finished).toMatchObject([{ failure: { cause: 'state-locked' } }])
    expect(scene.finished[0]?.failure?.lastLines).toContain('Error acquiring the state lock')
  })

  it('I7: tells the same after its agent was exchanged in the middle of a stage', async () => {
    await using scene = await JobScene.open()
    const { promise, resolve } = Promise.withResolvers<void>()
    scene.script = async (process, mark) => {
      mark({ event: 'begin', stage: 'plan' })
      process.write(locked)
      await promise
      mark({ event: 'end', stage: 'plan', exitCode: 1 })
      mark({ event: 'result', exitCode: 1 })
      return 1
    }
    const first = await scene.runner()
    const running = first.run()
    await expect.poll(() => scene.logText).toContain('to protect the state')
    // The text is behind a checkpoint by now, so that it is not read again.
    await expect
      .poll(() => JSON.stringify(scene.told('job:output').at(-1)))
      .toContain(`"logBytes":${Buffer.byteLength(locked)}`)
    first.leave()
    expect(await running).toBe(false)
    resolve()
    await (await scene.nextRunner()).run()
    expect(scene.finished).toMatchObject([{ failure: { cause: 'state-locked' } }])
  })
})

describe('a full disk of the agent', () => {
  it('is told when the workload cannot be laid out', async () => {
    await using scene = await JobScene.open()
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
    })
    scene.executor.onCall = ({ method }) => {
      if (method !== 'launch') return
      throw new ExecutorError('Cannot launch the workload.', {
        executor: 'fake',
        phase: 'launch',
        code: 'ENGINE_FAILURE',
        cause: full,
      })
    }
    await (await scene.runner()).run()
    expect(scene.finished).toMatchObject([{ failure: { cause: 'disk-full' } }])
    expect(scene.finished[0]?.failure?.message).toContain('free space where the agent')
  })
})

describe('the state of a job', () => {
  const state = JSON.stringify({ version: 4, serial: 7, lineage: 'c0ffee', outputs: {} })
  const leaveState = (process: FakeProcess): Promise<number> => {
    process.files.write('workdir/errored.tfstate', state)
    return Promise.resolve(1)
  }

  it('I9: is handed to the control plane, the report says which, and the disk keeps nothing', async () => {
    await using scene = await JobScene.open('apply')
    scene.work = leaveState
    await (await scene.runner()).run()
    expect(scene.uploads.get('errored.tfstate')?.toString()).toBe(state)
    expect(scene.finished[0]?.failure?.evidence).toContain('serial 7, lineage c0ffee')
    expect(await scene.filesOnDisk()).toEqual([])
    expect(scene.executor.engine.size).toBe(0)
  })

  it('I9: is kept when it is refused, and report and log say where and why', async () => {
    await using scene = await JobScene.open('apply')
    scene.work = leaveState
    scene.onCall = (call) => {
      if (call === 'upload') throw refused(413, problemTypes.tooLarge)
    }
    await (await scene.runner()).run()
    expect(await scene.filesOnDisk()).toEqual(['rescued/run-1/job-1-errored.tfstate'])
    const [name] = await readdir(scene.rescuedDirectory)
    for (const text of [scene.finished[0]?.failure?.evidence, scene.logText]) {
      expect(text).toContain(`${scene.rescuedDirectory}/${name}`)
      expect(text).toContain('Cannot do that: 413 (serial 7, lineage c0ffee)')
    }
  })
})
