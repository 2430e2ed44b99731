import { setTimeout as delay } from 'node:timers/promises'

import type { InterruptLevel } from '../../../executor/index.ts'
import { check, equal } from '../assertions.ts'
import type { Behaviour } from '../behaviour.ts'
import { readOutput } from '../output-reader.ts'
import { octal, print } from '../programs/output-programs.ts'
import {
  graceful,
  hold,
  idle,
  offspring,
  stubborn,
  withChild,
} from '../programs/signal-programs.ts'

const levels: readonly InterruptLevel[] = ['soft', 'hard', 'kill']

export const interruptBehaviours: readonly Behaviour[] = [
  {
    id: 'interrupt.soft-once',
    group: 'interrupt',
    title: 'I8: soft sends one SIGTERM, and repeating it sends nothing',
    run: async (context) => {
      const workload = await context.launch(hold)
      await using reader = context.read(workload)
      await reader.until('ready')
      await workload.interrupt('soft')
      await reader.until('TERM')
      await workload.interrupt('soft')
      await workload.interrupt('soft')
      await workload.interrupt('hard')
      equal((await reader.end()).toString(), 'ready\nTERM\nQUIT\nend\n', 'the output')
    },
  },
  {
    id: 'interrupt.soft-at-once',
    group: 'interrupt',
    title: 'I8: five soft interrupts at once send one SIGTERM',
    run: async (context) => {
      const workload = await context.launch(hold)
      await using reader = context.read(workload)
      await reader.until('ready')
      await Promise.all(Array.from({ length: 5 }, async () => await workload.interrupt('soft')))
      await reader.until('TERM')
      await workload.interrupt('hard')
      equal((await reader.end()).toString(), 'ready\nTERM\nQUIT\nend\n', 'the output')
    },
  },
  {
    id: 'interrupt.soft-through-another',
    group: 'interrupt',
    title: 'I8: soft through another executor after the first one sends nothing either',
    run: async (context) => {
      const workload = await context.launch(hold)
      await using reader = context.read(workload)
      await reader.until('ready')
      await workload.interrupt('soft')
      await reader.until('TERM')
      const attached = await (await context.another()).attach(workload.id)
      check(attached !== undefined, 'attach does not know the workload')
      await attached.interrupt('soft')
      await attached.interrupt('hard')
      equal((await reader.end()).toString(), 'ready\nTERM\nQUIT\nend\n', 'the output')
    },
  },
  {
    id: 'interrupt.soft-trap',
    group: 'interrupt',
    title: 'soft lets the main process tidy up and choose its exit code',
    run: async (context) => {
      const workload = await context.launch(graceful)
      await using reader = context.read(workload)
      await reader.until('ready')
      await workload.interrupt('soft')
      const { outcome, output } = await context.finish(workload)
      equal(
        [outcome, output.toString()],
        [{ kind: 'exited', exitCode: 3 }, 'ready\ntidied\n'],
        'the end',
      )
    },
  },
  {
    id: 'interrupt.soft-default',
    group: 'interrupt',
    title: 'soft ends a main process that does nothing about it, and tells so',
    run: async (context) => {
      const workload = await context.launch(idle)
      await using reader = context.read(workload)
      await reader.until('ready')
      await workload.interrupt('soft')
      equal(
        await workload.wait({ signal: context.signal }),
        { kind: 'signaled', signal: 'SIGTERM' },
        'the outcome',
      )
    },
  },
  {
    id: 'interrupt.soft-main-alone',
    group: 'interrupt',
    title: 'soft reaches the main process alone, never its children',
    run: async (context) => {
      const workload = await context.launch(withChild)
      await using reader = context.read(workload)
      await reader.until('child-ready')
      await workload.interrupt('soft')
      const { outcome, output } = await context.finish(workload)
      equal(output.toString(), 'child-ready\nmain-TERM\nchild-end\nend\n', 'the output')
      equal(outcome, { kind: 'exited', exitCode: 0 }, 'the outcome')
    },
  },
  {
    id: 'interrupt.soft-ignored',
    group: 'interrupt',
    title: 'a main process that ignores soft and hard runs on until kill',
    run: async (context) => {
      const workload = await context.launch(stubborn)
      await using reader = context.read(workload)
      await reader.until('ready')
      await workload.interrupt('soft')
      await workload.interrupt('hard')
      equal(
        (await context.list()).map(({ state }) => state),
        ['running'],
        'its state',
      )
      await workload.interrupt('kill')
      equal(
        await workload.wait({ signal: context.signal }),
        { kind: 'signaled', signal: 'SIGKILL' },
        'the outcome',
      )
    },
  },
  {
    id: 'interrupt.hard-once',
    group: 'interrupt',
    title: 'hard sends one SIGQUIT, also without a soft before it',
    run: async (context) => {
      const workload = await context.launch(hold, ['2'])
      await using reader = context.read(workload)
      await reader.until('ready')
      await Promise.all(Array.from({ length: 3 }, async () => await workload.interrupt('hard')))
      const { outcome, output } = await context.finish(workload)
      equal(
        [outcome, output.toString()],
        [{ kind: 'exited', exitCode: 2 }, 'ready\nQUIT\nend\n'],
        'the end',
      )
    },
  },
  {
    id: 'interrupt.hard-default',
    group: 'interrupt',
    title: 'hard ends a main process that does nothing about it, and tells so',
    run: async (context) => {
      const workload = await context.launch(idle)
      await using reader = context.read(workload)
      await reader.until('ready')
      await workload.interrupt('hard')
      equal(
        await workload.wait({ signal: context.signal }),
        { kind: 'signaled', signal: 'SIGQUIT' },
        'the outcome',
      )
    },
  },
  {
    id: 'interrupt.kill-children',
    group: 'interrupt',
    title: 'kill ends every process of the workload, those far from the main process as well',
    run: async (context) => {
      const workload = await context.launch(offspring)
      await using reader = context.read(workload)
      await reader.until('tick\ntick\ntick\n')
      await workload.interrupt('kill')
      equal(
        await workload.wait({ signal: context.signal }),
        { kind: 'signaled', signal: 'SIGKILL' },
        'the outcome',
      )
      const { length } = await readOutput(workload, 0, context.signal)
      // A survivor would tick on every 50 ms.
      await delay(300)
      equal(
        (await readOutput(workload, 0, context.signal)).length,
        length,
        'the length of the output later',
      )
    },
  },
  {
    id: 'interrupt.kill-at-once',
    group: 'interrupt',
    title: 'all levels at once, several times, end it once',
    run: async (context) => {
      const workload = await context.launch(stubborn)
      await using reader = context.read(workload)
      await reader.until('ready')
      await Promise.all(
        [...levels, ...levels].map(async (level) => await workload.interrupt(level)),
      )
      equal(
        await workload.wait({ signal: context.signal }),
        { kind: 'signaled', signal: 'SIGKILL' },
        'the outcome',
      )
    },
  },
  {
    id: 'interrupt.after-end',
    group: 'interrupt',
    title: 'interrupts after the end do nothing and change nothing',
    run: async (context) => {
      const { workload, outcome } = await context.run(print, [octal('over')])
      for (const level of levels) await workload.interrupt(level)
      const again = await context.finish(workload)
      equal([again.outcome, again.output.toString()], [outcome, 'over'], 'the end')
    },
  },
  {
    id: 'interrupt.neighbour',
    group: 'interrupt',
    title: 'kill of one workload leaves its neighbour alone',
    run: async (context) => {
      const [victim, neighbour] = await Promise.all([context.launch(idle), context.launch(hold)])
      await using reader = context.read(neighbour)
      await reader.until('ready')
      await victim.interrupt('kill')
      await victim.wait({ signal: context.signal })
      await neighbour.interrupt('hard')
      equal((await reader.end()).toString(), 'ready\nQUIT\nend\n', "the neighbour's output")
    },
  },
]
