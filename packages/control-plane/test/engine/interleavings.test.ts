import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { isTerminalRun } from '../../src/engine/index.ts'
import { asRunStatus } from '../../src/engine/run-status.ts'
import { AgentWorld } from '../support/agent-world.ts'
import type { WorldEvent } from '../support/world-event.ts'

const pick = fc.nat({ max: 20 })
/** Steps that cross, or just do not cross, each limit of the default timing. */
const steps = fc.constantFrom(1000, 29_000, 31_000, 41_000, 56_000, 61_000, 901_000, 1_000_000)

const events: fc.Arbitrary<WorldEvent> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('create' as const),
      workspace: pick,
      dry: fc.boolean(),
      auto: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('confirm' as const, 'discard' as const),
      run: pick,
    }),
  },
  fc.record({ kind: fc.constant('cancel' as const), run: pick, force: fc.boolean() }),
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('register' as const, 'beat' as const, 'beat' as const),
      agent: pick,
    }),
  },
  fc.record({ kind: fc.constant('disconnect' as const), agent: pick }),
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('acquire' as const),
      agent: pick,
      max: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('start' as const), agent: pick, job: pick }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('log' as const, 'check' as const), job: pick }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('finish' as const),
      job: pick,
      result: fc.constantFrom(
        'succeeded' as const,
        'succeeded' as const,
        'failed' as const,
        'canceled' as const,
        'lost' as const,
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: steps }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reap' as const) }) },
  fc.record({ kind: fc.constant('restart' as const) }),
)

/** Besides single events, the two walks that lead to where it gets hard: holding a job, and losing it. */
const walks: fc.Arbitrary<readonly WorldEvent[]> = fc.oneof(
  { weight: 6, arbitrary: events.map((event) => [event]) },
  {
    weight: 2,
    arbitrary: fc.nat({ max: 2 }).map((agent): readonly WorldEvent[] => [
      { kind: 'acquire', agent, max: 1 },
      { kind: 'start', agent, job: -1 },
    ]),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(61_000, 1_000_000)
      .map((ms): readonly WorldEvent[] => [{ kind: 'advance', ms }, { kind: 'reap' }]),
  },
)

describe('whatever agents and people do, in whatever order', () => {
  it('I4 I5 I6: one job a workspace, every end is final, stale calls change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(walks, { minLength: 20, maxLength: 120 }), async (script) => {
        await using world = new AgentWorld()
        for (const agent of [0, 1, 2]) await world.happen({ kind: 'register', agent })
        for (const event of script.flat()) await world.happen(event)
      }),
      { numRuns: 40 },
    )
  }, 120_000)

  it('I4: every run ends, once the agents are well again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(walks, { minLength: 10, maxLength: 60 }), async (script) => {
        await using world = new AgentWorld()
        for (const event of script.flat()) await world.happen(event)
        // All old agents vanish. What they hold lapses, and a good one comes.
        world.clock.advance(world.fixture.timing.applyGraceMs + 2 * world.fixture.timing.leaseMs)
        world.fixture.engine.reap()
        const session = world.fixture.register('good')
        for (let round = 0; round <= 2 * world.runs.length; round += 1) {
          for (const run of world.runs) {
            if (world.fixture.statusOf(run) === 'planned') world.fixture.engine.confirm(run, null)
          }
          for (const job of await world.fixture.acquire(session)) {
            const ref = { jobId: job.jobId, fencingToken: job.fencingToken }
            await world.fixture.engine.start(session, ref)
            await world.fixture.finishPlan(ref)
          }
        }
        const open = world.runs.filter(
          (run) => !isTerminalRun(asRunStatus(world.fixture.statusOf(run) ?? '')),
        )
        expect(open).toEqual([])
      }),
      { numRuns: 20 },
    )
  }, 120_000)
})
