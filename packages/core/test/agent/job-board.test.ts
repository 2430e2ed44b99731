import { describe, expect, it } from 'vitest'

import { JobBoard } from '../../src/agent/job-board.ts'
import { Slots, type Slot } from '../../src/scheduler/index.ts'
import { JobScene } from '../support/job-scene.ts'

function reserve(slots: Slots): Slot {
  const slot = slots.reserve()
  if (slot === undefined) throw new Error('No slot is free')
  return slot
}

describe('the jobs of an agent', () => {
  it('I4: a job that is handed out twice with one fencing token is run once', async () => {
    await using scene = await JobScene.open()
    const slots = new Slots(5)
    const board = new JobBoard(scene.services(), slots)
    const { release } = scene.busy()
    board.accept(scene.assignment, reserve(slots))
    board.accept(scene.assignment, reserve(slots))
    expect(slots.free).toBe(4)
    await expect.poll(() => scene.executions).toBe(1)
    board.accept(scene.assignment, reserve(slots))
    expect(slots.free).toBe(4)
    release()
    await board.whenIdle()

    expect(scene.finished).toMatchObject([{ result: 'succeeded' }])
    expect(scene.told('job:start')).toHaveLength(1)
    expect(scene.told('job:end')).toMatchObject([{ result: 'succeeded' }])
    expect(slots.free).toBe(5)
  })

  it('I5: a newer fencing token ends the job that runs with an older one', async () => {
    await using scene = await JobScene.open()
    const slots = new Slots(5)
    const board = new JobBoard(scene.services(), slots)
    scene.busy()
    board.accept(scene.assignment, reserve(slots))
    await expect.poll(() => scene.executions).toBe(1)
    board.accept({ ...scene.assignment, fencingToken: 2 }, reserve(slots))
    await board.whenIdle()
    expect(scene.finished).toEqual([])
    expect(scene.told('job:end')).toMatchObject([{ result: 'lost', fencingToken: 1 }])
    expect(slots.free).toBe(5)
  })

  it('I5: a late answer about another attempt neither ends nor renews the job', async () => {
    await using scene = await JobScene.open()
    const slots = new Slots(5)
    const board = new JobBoard(scene.services(), slots)
    const { release } = scene.busy()
    board.accept({ ...scene.assignment, fencingToken: 2 }, reserve(slots))
    await expect.poll(() => scene.executions).toBe(1)
    const { jobId } = scene.assignment
    board.settle([{ jobId, fencingToken: 1, alive: false }], 0)
    release()
    await board.whenIdle()
    expect(scene.told('job:end')).toMatchObject([{ result: 'succeeded', fencingToken: 2 }])
  })

  it('is not idle while the journal of a job is being begun', async () => {
    await using scene = await JobScene.open()
    const slots = new Slots(5)
    const board = new JobBoard(scene.services(), slots)
    board.accept(scene.assignment, reserve(slots))
    expect(board.size).toBe(1)
    await board.whenIdle()
    expect(scene.finished).toHaveLength(1)
    expect(board.size).toBe(0)
  })

  it('I7: counts what it leaves, and gives its slots back', async () => {
    await using scene = await JobScene.open()
    const slots = new Slots(5)
    const board = new JobBoard(scene.services(), slots)
    const { release } = scene.busy()
    board.accept(scene.assignment, reserve(slots))
    await expect.poll(() => scene.executions).toBe(1)
    board.leave()
    await board.whenIdle()
    expect(board.left).toBe(1)
    expect(slots.free).toBe(5)

    release()
    const next = new JobBoard(scene.services(), slots)
    expect(await next.adopt()).toBe(1)
    await next.whenIdle()
    expect(scene.finished).toMatchObject([{ result: 'succeeded' }])
    expect(scene.executions).toBe(1)
  })

  it('I7: keeps for the jobs that it takes up what they use of the caches, before they go on', async () => {
    await using scene = await JobScene.open()
    const slots = new Slots(5)
    const board = new JobBoard(scene.services(), slots)
    const { release } = scene.busy()
    board.accept(scene.assignment, reserve(slots))
    await expect.poll(() => scene.executions).toBe(1)
    board.leave()
    await board.whenIdle()
    release()

    const calls: string[] = []
    scene.caches = {
      prepare: () => Promise.reject(new Error('The job was launched already')),
      learn: () => {},
      release: (jobId) => Promise.resolve(void calls.push(`release ${jobId}`)),
      recover: (jobIds) => {
        calls.push(`recover ${jobIds.join(' ')}`)
        return Promise.reject(new Error('A cache that cannot be used stops no adoption'))
      },
      close: () => Promise.resolve(),
    }
    const next = new JobBoard(scene.services(), slots)
    await next.adopt()
    await next.whenIdle()
    expect(calls).toEqual(['recover job-1', 'release job-1'])
    expect(scene.finished).toMatchObject([{ result: 'succeeded' }])
  })
})
