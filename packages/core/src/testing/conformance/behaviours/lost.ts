import { check, equal } from '../assertions.ts'
import type { Behaviour } from '../behaviour.ts'
import type { KitContext } from '../kit-context.ts'
import type { Workload } from '../../../executor/index.ts'
import { hold } from '../programs/signal-programs.ts'
import { ScalrAgentError } from '../../../errors/index.ts'

export const lostBehaviours: readonly Behaviour[] = [
  {
    id: 'lost.outcome',
    group: 'lost',
    title:
      'I2: a workload that vanished without an exit record is lost, to those who wait already too',
    requires: ['option:vanish'],
    run: async (context) => {
      const workload = await launchReady(context)
      const waiting = workload.wait({ signal: context.signal })
      await context.options.vanish?.(workload.id)
      for (const outcome of [await waiting, await workload.wait({ signal: context.signal })]) {
        check(outcome.kind === 'lost', `the outcome is ${JSON.stringify(outcome)}`)
        check(outcome.evidence !== '', 'there is no evidence')
      }
    },
  },
  {
    id: 'lost.another',
    group: 'lost',
    title: 'I2: another executor never takes a vanished workload for ended well',
    requires: ['option:vanish'],
    run: async (context) => {
      const workload = await launchReady(context)
      await context.options.vanish?.(workload.id)
      const attached = await (await context.another()).attach(workload.id)
      // An engine that forgot it altogether may say so: then the agent's journal makes it lost.
      const outcome = await attached?.wait({ signal: context.signal })
      check(
        outcome === undefined || outcome.kind === 'lost',
        `the outcome is ${JSON.stringify(outcome)}`,
      )
    },
  },
  {
    id: 'lost.output',
    group: 'lost',
    title: 'the output of a vanished workload comes to an end, and what was read of it was right',
    requires: ['option:vanish'],
    run: async (context) => {
      const workload = await launchReady(context)
      await using reader = context.read(workload)
      await reader.until('ready\n')
      await context.options.vanish?.(workload.id)
      try {
        await reader.end()
      } catch (error) {
        check(
          ScalrAgentError.isInstance(error) && error.code === 'OUTPUT_LOST',
          `reading threw ${String(error)}`,
        )
      }
      equal(reader.text, 'ready\n', 'the output')
    },
  },
  {
    id: 'lost.destroy',
    group: 'lost',
    title: 'a vanished workload can be interrupted without effect, and destroyed',
    requires: ['option:vanish'],
    run: async (context) => {
      const workload = await launchReady(context)
      await context.options.vanish?.(workload.id)
      for (const level of ['soft', 'hard', 'kill'] as const) await workload.interrupt(level)
      const outcome = await workload.wait({ signal: context.signal })
      equal(outcome.kind, 'lost', 'the kind of outcome')
      await workload.destroy()
      await context.expectNothing(workload.id)
    },
  },
]

async function launchReady(context: KitContext): Promise<Workload> {
  const workload = await context.launch(hold)
  await using reader = context.read(workload)
  await reader.until('ready\n')
  return workload
}
