import type { WorkloadSpec } from '../../../executor/index.ts'
import { equal, refused } from '../assertions.ts'
import type { Behaviour } from '../behaviour.ts'
import { hold, idle } from '../programs/signal-programs.ts'

const invalidSpecs: readonly (readonly [string, string, Partial<WorkloadSpec>])[] = [
  ['invalid-id', 'an id with upper-case letters', { id: 'Not-A-Label' }],
  ['empty-id', 'an empty id', { id: '' }],
  ['long-id', 'an id of 64 characters', { id: 'a'.repeat(64) }],
  ['climbing-id', 'an id that is a path', { id: '../escape' }],
  ['climbing-directory', 'a directory that is a path', { directory: '../escape' }],
  ['nul-argument', 'an argument with a NUL character', { argv: ['/bin/sh', 'nul\0'] }],
  ['negative-memory', 'a memory limit below 0', { resources: { memoryBytes: -1 } }],
  ['no-start-timeout', 'a start time-out of 0', { startTimeoutMs: 0 }],
]

export const launchRefusalBehaviours: readonly Behaviour[] = [
  ...invalidSpecs.map(([id, what, changes]): Behaviour => ({
    id: `launch.${id}`,
    group: 'launch',
    title: `refuses ${what}, and nothing is left`,
    countsResources: true,
    run: async (context) => {
      const before = await context.countResources()
      const spec = { ...context.spec(idle), ...changes }
      await refused(context.executor.launch(spec), 'INVALID_SPEC', 'launch')
      equal(await context.list(), [], 'what list shows')
      await context.expectNoLeak(before)
    },
  })),
  {
    id: 'launch.directory-in-use',
    group: 'launch',
    title: 'refuses a job directory that a live workload has, without harm to that one',
    run: async (context) => {
      const first = context.spec(hold)
      const workload = await context.executor.launch(first)
      await using reader = context.read(workload)
      await reader.until('ready')
      const second = context.spec(idle, [], { directory: first.directory })
      await refused(context.executor.launch(second), 'REJECTED', 'launch')
      await context.expectNothing(second.id)
      await workload.interrupt('hard')
      equal((await context.finish(workload)).output.toString(), 'ready\nQUIT\nend\n', 'its output')
    },
  },
]
