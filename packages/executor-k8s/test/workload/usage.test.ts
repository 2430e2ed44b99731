import { describe, expect, it } from 'vitest'

import { usageOf } from '../../src/workload/usage.ts'

describe('usageOf', () => {
  it('reads cgroup v1, without the cache that the kernel gives back', () => {
    const said =
      'memory 1000\npeak 1500\ncache 700\ninactive_file 1\ntotal_inactive_file 600\nusage_nsec 2500000000\n'
    expect(usageOf(said)).toEqual({ memoryBytes: 400, memoryPeakBytes: 1500, cpuSeconds: 2.5 })
  })

  it('reads cgroup v2', () => {
    const said = 'memory 1000\npeak 1500\nanon 300\ninactive_file 600\nusage_usec 2500000\n'
    expect(usageOf(said)).toEqual({ memoryBytes: 400, memoryPeakBytes: 1500, cpuSeconds: 2.5 })
  })

  it('says less where a kernel says less', () => {
    expect(usageOf('memory 1000\npeak \n')).toEqual({ memoryBytes: 1000 })
    expect(usageOf('memory 1000\ninactive_file 5000\n')).toEqual({ memoryBytes: 1000 })
  })

  it.each(['', 'memory \n', 'sh: cat: not found\n'])('says nothing of %j', (said) => {
    expect(usageOf(said)).toBeUndefined()
  })
})
