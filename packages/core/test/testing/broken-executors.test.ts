import { describe, expect, it } from 'vitest'

import {
  runConformance,
  type BehaviourResult,
  type RunConformanceOptions,
} from '../../src/testing/index.ts'
import { kitOptionsOf } from './broken/broken-executor.ts'
import { brokenLaunches } from './broken/broken-launches.ts'
import { brokenWorkloads } from './broken/broken-workloads.ts'

const brokenExecutors = [...brokenLaunches, ...brokenWorkloads]

describe('the conformance kit notices an executor that', () => {
  // In memory 3 s are plenty. What a fault makes hang would hang for ever.
  const timeoutFactor = 0.05

  it.concurrent.each(brokenExecutors)('$fault', async (broken) => {
    const only = broken.noticedBy
    const results = await collect({ ...kitOptionsOf(broken), timeoutFactor, only })
    expect(results.map(({ behaviour }) => behaviour.id).toSorted()).toEqual(only.toSorted())
    for (const result of results) {
      expect([result.behaviour.id, result.status]).toEqual([result.behaviour.id, 'failed'])
      if (result.status !== 'failed' || broken.hangs === true) continue
      // Noticed, not merely slow.
      expect(result.error).not.toHaveProperty('message', expect.stringContaining('was not done'))
    }
  })

  it('… and passes the same behaviours of one that keeps the contract', async () => {
    const only = brokenExecutors.flatMap(({ noticedBy }) => noticedBy)
    const results = await collect({ ...kitOptionsOf({ break: (real) => real }), only })
    expect(results).toHaveLength(new Set(only).size)
    expect(results.filter(({ status }) => status !== 'passed')).toEqual([])
  })
})

async function collect(options: RunConformanceOptions): Promise<readonly BehaviourResult[]> {
  const results: BehaviourResult[] = []
  for await (const result of runConformance(options)) results.push(result)
  return results
}
