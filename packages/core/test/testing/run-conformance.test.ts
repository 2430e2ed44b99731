import { describe, expect, it } from 'vitest'

import {
  behaviourGroups,
  conformanceBehaviours,
  FakeEngine,
  FakeExecutor,
  kitProgram,
  runConformance,
  type BehaviourResult,
  type RunConformanceOptions,
} from '../../src/testing/index.ts'
import { reasonToSkip } from '../../src/testing/conformance/behaviour.ts'

describe('conformanceBehaviours', () => {
  const ids = conformanceBehaviours.map(({ id }) => id)

  it('are at least 60, each with an id and a title of its own', () => {
    expect(ids.length).toBeGreaterThanOrEqual(60)
    expect(new Set(ids).size).toBe(ids.length)
    const titles = conformanceBehaviours.map(({ group, title }) => `${group}: ${title}`)
    expect(new Set(titles).size).toBe(titles.length)
  })

  it('have ids that begin with their group, and every group has some, in its order', () => {
    for (const { id, group } of conformanceBehaviours) expect(id.startsWith(`${group}.`)).toBe(true)
    const order = conformanceBehaviours.map(({ group }) => behaviourGroups.indexOf(group))
    expect(order).toEqual(order.toSorted((one, other) => one - other))
    expect(new Set(order).size).toBe(behaviourGroups.length)
  })

  it.each(['I1', 'I2', 'I3', 'I8', 'I12'])('prove the invariant %s by name', (invariant) => {
    expect(conformanceBehaviours.some(({ title }) => title.startsWith(`${invariant}:`))).toBe(true)
  })
})

describe('runConformance', () => {
  it('skips at most what the FakeExecutor cannot do: at least 40 behaviours are asked of it', () => {
    const options = { ...fakeOptions(), vanish: async () => {} }
    const { capabilities } = options.create()
    const asked = conformanceBehaviours.filter(
      (behaviour) => reasonToSkip(behaviour, capabilities, options) === undefined,
    )
    expect(asked.length).toBeGreaterThanOrEqual(40)
    expect(new Set(asked.map(({ group }) => group)).size).toBe(behaviourGroups.length - 1)
  })

  it('says why it skips: a capability, or an option', async () => {
    const results = await collect({ ...fakeOptions(), only: ['adoption', 'lost', 'resources'] })
    const reasons = results.flatMap((result) =>
      result.status === 'skipped' ? [[result.behaviour.id, result.reason]] : [],
    )
    expect(reasons).toContainEqual(['adoption.running', 'capabilities.adoption is false'])
    expect(reasons).toContainEqual(['resources.caches', 'capabilities.caches is false'])
    expect(reasons).toContainEqual(['lost.outcome', 'the option vanish is not given'])
  })

  it('runs only what it is asked to: ids and groups', async () => {
    const results = await collect({ ...fakeOptions(), only: ['identity', 'wait.exit-7'] })
    const expected = conformanceBehaviours.filter(
      ({ id, group }) => group === 'identity' || id === 'wait.exit-7',
    )
    expect(results.map(({ behaviour }) => behaviour)).toEqual(expected)
  })

  it('has marked the behaviours that count in the whole engine, which cannot run beside others', async () => {
    const options = fakeOptions()
    const counting = new Set<string>()
    let counts = 0
    const countResources = async (): Promise<number> => {
      counts += 1
      return await options.countResources()
    }
    for await (const { behaviour, status } of runConformance({ ...options, countResources })) {
      if (counts > 0) counting.add(behaviour.id)
      counts = 0
      if (status !== 'skipped') {
        expect([behaviour.id, counting.has(behaviour.id)]).toEqual([
          behaviour.id,
          behaviour.countsResources === true,
        ])
      }
    }
    expect(counting.size).toBeGreaterThan(10)
  })

  it('fails a behaviour that takes too long, and goes on with the next', async () => {
    const options = fakeOptions()
    const create = (): FakeExecutor => {
      const executor = options.create()
      executor.onCall = async ({ method }) => {
        if (method === 'launch') await new Promise(() => {})
      }
      return executor
    }
    const only = ['launch.starts', 'launch.attach-unknown']
    const results = await collect({ create, only, timeoutFactor: 0.001 })
    expect(results.map(({ status }) => status)).toEqual(['failed', 'passed'])
    expect(results[0]).toMatchObject({ error: { message: 'it was not done after 60 ms' } })
  })

  it('fails a behaviour whose workload cannot be destroyed in time, and goes on', async () => {
    const options = fakeOptions()
    const create = (): FakeExecutor => {
      const executor = options.create()
      executor.onCall = async ({ method }) => {
        if (method === 'destroy') await new Promise(() => {})
      }
      return executor
    }
    const only = ['launch.starts', 'launch.attach-unknown']
    const results = await collect({ create, only, timeoutFactor: 0.02 })
    expect(results.map(({ status }) => status)).toEqual(['failed', 'passed'])
    expect(results[0]).toMatchObject({
      error: { message: 'what it launched could not be destroyed' },
    })
  })

  it('leaves nothing behind, not even of behaviours that fail', async () => {
    const engine = new FakeEngine()
    const create = (): FakeExecutor => new FakeExecutor({ engine, program: () => () => 99 })
    const results = await collect({ create, only: ['launch', 'wait'] })
    expect(results.filter(({ status }) => status === 'failed').length).toBeGreaterThan(5)
    expect(engine.size).toBe(0)
  })
})

function fakeOptions(): Omit<RunConformanceOptions, 'create'> & {
  readonly create: () => FakeExecutor
  readonly countResources: () => Promise<number>
} {
  const engine = new FakeEngine()
  return {
    create: () => new FakeExecutor({ engine, program: kitProgram }),
    countResources: async () => engine.size,
  }
}

async function collect(options: RunConformanceOptions): Promise<readonly BehaviourResult[]> {
  const results: BehaviourResult[] = []
  for await (const result of runConformance(options)) results.push(result)
  return results
}
