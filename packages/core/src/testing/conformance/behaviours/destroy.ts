import { ScalrAgentError } from '../../../errors/index.ts'
import { check, equal, refused } from '../assertions.ts'
import { archive } from '../archives.ts'
import type { Behaviour } from '../behaviour.ts'
import { readOutput } from '../output-reader.ts'
import { look } from '../programs/inside-programs.ts'
import { octal, print } from '../programs/output-programs.ts'
import { hold, offspring, stubborn } from '../programs/signal-programs.ts'

export const destroyBehaviours: readonly Behaviour[] = [
  {
    id: 'destroy.ended',
    group: 'destroy',
    title: 'removes an ended workload: neither list nor attach knows it',
    run: async (context) => {
      const { workload } = await context.run(print, [octal('over')])
      await workload.destroy()
      await context.expectNothing(workload.id)
    },
  },
  {
    id: 'destroy.running',
    group: 'destroy',
    title: 'ends and removes a running workload, though that ignores signals',
    run: async (context) => {
      const workload = await context.launch(stubborn)
      await using reader = context.read(workload)
      await reader.until('ready')
      await workload.destroy()
      await context.expectNothing(workload.id)
    },
  },
  {
    id: 'destroy.twice',
    group: 'destroy',
    title: 'is done once, however often and by whomever it is asked',
    run: async (context) => {
      const workload = await context.launch(stubborn)
      const attached = await (await context.another()).attach(workload.id)
      check(attached !== undefined, 'attach does not know the workload')
      await Promise.all([
        workload.destroy(),
        attached.destroy(),
        workload.destroy(),
        attached.destroy(),
      ])
      await workload.destroy()
      await attached.destroy()
      await context.expectNothing(workload.id)
    },
  },
  {
    id: 'destroy.output',
    group: 'destroy',
    title: 'output of a destroyed workload is OUTPUT_LOST, never an end that looks complete',
    run: async (context) => {
      const { workload } = await context.run(print, [octal('over')])
      await workload.destroy()
      await refused(readOutput(workload, 0, context.signal), 'OUTPUT_LOST', 'output')
    },
  },
  {
    id: 'destroy.readers',
    group: 'destroy',
    title: 'frees those who read and wait, and none of them sees a success',
    run: async (context) => {
      const workload = await context.launch(hold)
      const waiting = workload.wait({ signal: context.signal })
      waiting.catch(() => {})
      await using reader = context.read(workload)
      await reader.until('ready')
      const reading = reader.end()
      reading.catch(() => {})
      await workload.destroy()
      const [waited] = await Promise.allSettled([waiting, reading])
      if (waited.status === 'rejected') {
        check(ScalrAgentError.isInstance(waited.reason), `wait threw ${String(waited.reason)}`)
      } else {
        check(
          ['signaled', 'lost'].includes(waited.value.kind),
          `the outcome is ${JSON.stringify(waited.value)}`,
        )
      }
    },
  },
  {
    id: 'destroy.interrupt',
    group: 'destroy',
    title: 'interrupts of a destroyed workload do nothing',
    run: async (context) => {
      const { workload } = await context.run(print, [octal('over')])
      await workload.destroy()
      for (const level of ['soft', 'hard', 'kill'] as const) await workload.interrupt(level)
      await context.expectNothing(workload.id)
    },
  },
  {
    id: 'destroy.neighbour',
    group: 'destroy',
    title: 'leaves a neighbour alone',
    run: async (context) => {
      const [victim, neighbour] = await Promise.all([context.launch(hold), context.launch(hold)])
      await using reader = context.read(neighbour)
      await reader.until('ready')
      await victim.destroy()
      await neighbour.interrupt('hard')
      equal(
        (await context.finish(neighbour)).output.toString(),
        'ready\nQUIT\nend\n',
        "the neighbour's output",
      )
    },
  },
  {
    id: 'destroy.directory',
    group: 'destroy',
    title: 'frees the job directory for the next, with nothing of the first in it',
    run: async (context) => {
      const directory = context.newId()
      const files = () => archive([{ name: 'old', content: 'old' }])
      const workload = await context.launch(hold, [], { directory, files })
      await workload.destroy()
      equal(await context.succeed(look, ['old'], { directory }), 'nothing old\n', 'what is there')
    },
  },
  {
    id: 'destroy.leaks',
    group: 'destroy',
    title: 'leaves nothing in the engine, whatever the workload did',
    requires: ['option:countResources'],
    countsResources: true,
    run: async (context) => {
      const before = await context.countResources()
      const { workload: ended } = await context.run(print, [octal('over')])
      const running = await context.launch(offspring, [], {
        files: () => archive([{ name: 'a/b', content: 'c' }]),
        secretEnv: { KIT_SECRET: 'secret' },
      })
      await using reader = context.read(running)
      await reader.until('tick')
      const during = await context.options.countResources?.()
      check((during ?? 0) > (before ?? 0), 'countResources does not count')
      await Promise.all([ended.destroy(), running.destroy()])
      await context.expectNoLeak(before)
    },
  },
]
