import { check, equal } from '../assertions.ts'
import { stallingFiles } from '../archives.ts'
import type { Behaviour } from '../behaviour.ts'
import { exitWith } from '../programs/output-programs.ts'
import { childTakesMemory, takeMemory } from '../programs/resource-programs.ts'
import { stubborn } from '../programs/signal-programs.ts'

const limitBytes = 64 * 1024 * 1024

export const limitBehaviours: readonly Behaviour[] = [
  {
    id: 'limits.memory',
    group: 'limits',
    title:
      'a main process that takes too much memory ends as out-of-memory, with the limit as evidence',
    requires: ['memoryLimit'],
    run: async (context) => {
      const { outcome, output } = await context.run(takeMemory, [], {
        resources: { memoryBytes: limitBytes },
      })
      check(outcome.kind === 'out-of-memory', `the outcome is ${JSON.stringify(outcome)}`)
      equal(outcome.limitBytes, limitBytes, 'the limit in the evidence')
      check(
        outcome.peakBytes === undefined || outcome.peakBytes > limitBytes / 4,
        `the peak in the evidence is ${outcome.peakBytes}`,
      )
      check(output.toString().startsWith('growing\n'), 'the output before it is missing')
    },
  },
  {
    id: 'limits.child-memory',
    group: 'limits',
    title: 'a child that takes too much memory leaves the main process its exit code, and is told',
    requires: ['memoryLimit'],
    run: async (context) => {
      const run = async (): ReturnType<typeof context.run> =>
        await context.run(childTakesMemory, [], { resources: { memoryBytes: limitBytes } })
      let { outcome, output } = await run()
      // On a machine with too much to do the kernel still counts, for moments, what the killed child had, and may then take
      // another process, of the executor even: as true an end, and not the one that is asked for here.
      for (let tries = 1; tries < 5 && outcome.kind === 'out-of-memory'; tries += 1) {
        ;({ outcome, output } = await run())
      }
      check(output.toString().endsWith('child 137\n'), 'the main process did not outlive its child')
      check(outcome.kind === 'exited', `the outcome is ${JSON.stringify(outcome)}`)
      equal(outcome.exitCode, 3, 'the exit code')
      equal(outcome.memoryExceeded?.limitBytes, limitBytes, 'the limit in the evidence')
    },
  },
  {
    id: 'limits.memory-unused',
    group: 'limits',
    title: 'a workload that stays below its limits ends as it would without',
    run: async (context) => {
      const { outcome } = await context.run(exitWith, ['3'], {
        resources: { memoryBytes: limitBytes, cpus: 0.5 },
      })
      equal(outcome, { kind: 'exited', exitCode: 3 }, 'the outcome')
    },
  },
  {
    id: 'limits.deadline',
    group: 'limits',
    title: 'a workload past its deadline is ended though it ignores signals, and tells so',
    run: async (context) => {
      const { outcome } = await context.run(stubborn, [], { deadlineMs: 1000 })
      equal(outcome, { kind: 'deadline', deadlineMs: 1000 }, 'the outcome')
    },
  },
  {
    id: 'limits.deadline-unused',
    group: 'limits',
    title: 'a workload that ends before its deadline ends as it would without',
    run: async (context) => {
      const { outcome } = await context.run(exitWith, ['3'], { deadlineMs: 600_000 })
      equal(outcome, { kind: 'exited', exitCode: 3 }, 'the outcome')
    },
  },
  {
    id: 'limits.start-timeout',
    group: 'limits',
    title: 'a workload that does not start in time ends as not-started, and does not start later',
    run: async (context) => {
      const stalling = stallingFiles()
      const spec = context.spec(exitWith, ['0'], { files: stalling.files, startTimeoutMs: 700 })
      const workload = await context.executor.launch(spec, { signal: context.signal })
      const { outcome, output } = await context.finish(workload)
      check(outcome.kind === 'not-started', `the outcome is ${JSON.stringify(outcome)}`)
      equal(outcome.cause, 'start-timeout', 'the cause')
      check(outcome.evidence !== '', 'there is no evidence')
      equal(output.length, 0, 'the length of the output')
      equal(
        (await context.list()).map(({ state }) => state),
        ['ended'],
        'its state',
      )
    },
  },
]
