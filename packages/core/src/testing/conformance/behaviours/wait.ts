import { equal, failure } from '../assertions.ts'
import type { Behaviour } from '../behaviour.ts'
import { exitWith, flood } from '../programs/output-programs.ts'
import { hold, leavesChild } from '../programs/signal-programs.ts'

export const waitBehaviours: readonly Behaviour[] = [
  ...[0, 1, 7, 127, 255].map((exitCode): Behaviour => ({
    id: `wait.exit-${exitCode}`,
    group: 'wait',
    title: `tells exit code ${exitCode} as it is`,
    run: async (context) => {
      const { outcome } = await context.run(exitWith, [`${exitCode}`])
      equal(outcome, { kind: 'exited', exitCode }, 'the outcome')
    },
  })),
  ...(
    [
      [137, 'SIGKILL'],
      [143, 'SIGTERM'],
    ] as const
  ).map(([exitCode, signal]): Behaviour => ({
    id: `wait.exit-${exitCode}`,
    group: 'wait',
    title: `tells exit code ${exitCode} as death by ${signal}, since no engine can tell them apart`,
    run: async (context) => {
      const { outcome } = await context.run(exitWith, [`${exitCode}`])
      equal(outcome, { kind: 'signaled', signal }, 'the outcome')
    },
  })),
  {
    id: 'wait.no-such-program',
    group: 'wait',
    title: 'I2: a program that does not exist is no success',
    run: async (context) => {
      const spec = context.spec(hold, [], { argv: ['/no/such/program'] })
      const { outcome } = await context.finish(await context.executor.launch(spec))
      const refusal =
        (outcome.kind === 'not-started' && outcome.cause === 'rejected') ||
        (outcome.kind === 'exited' && [126, 127].includes(outcome.exitCode))
      equal(
        refusal,
        true,
        `whether ${JSON.stringify(outcome)} is exit 126 or 127, or a rejected start`,
      )
    },
  },
  {
    id: 'wait.many',
    group: 'wait',
    title: 'tells everybody who waits the same',
    run: async (context) => {
      const workload = await context.launch(hold, ['9'])
      const waiting = Array.from(
        { length: 5 },
        async () => await workload.wait({ signal: context.signal }),
      )
      await using reader = context.read(workload)
      await reader.until('ready')
      await workload.interrupt('hard')
      for (const outcome of await Promise.all(waiting)) {
        equal(outcome, { kind: 'exited', exitCode: 9 }, 'the outcome')
      }
    },
  },
  {
    id: 'wait.later',
    group: 'wait',
    title: 'tells the outcome again long after the end, also to another executor',
    run: async (context) => {
      const { workload, outcome } = await context.run(exitWith, ['7'])
      equal(await workload.wait(), outcome, 'the second answer')
      const attached = await (await context.another()).attach(workload.id)
      equal(
        await attached?.wait(),
        { kind: 'exited', exitCode: 7 },
        'the answer of another executor',
      )
    },
  },
  {
    id: 'wait.abort',
    group: 'wait',
    title: 'a wait that is given up throws the reason and does no harm to the workload',
    run: async (context) => {
      const workload = await context.launch(hold, ['6'])
      const abort = new AbortController()
      const reason = new Error('changed my mind')
      const waiting = workload.wait({ signal: abort.signal })
      waiting.catch(() => {})
      await using reader = context.read(workload)
      await reader.until('ready')
      abort.abort(reason)
      equal((await failure(waiting, 'wait')) === reason, true, 'whether the reason was thrown')
      await workload.interrupt('hard')
      equal(
        await workload.wait({ signal: context.signal }),
        { kind: 'exited', exitCode: 6 },
        'the outcome',
      )
    },
  },
  {
    id: 'wait.unread',
    group: 'wait',
    title: 'tells the end while nobody reads the output, however much there is',
    run: async (context) => {
      const workload = await context.launch(flood, ['64'])
      equal(
        await workload.wait({ signal: context.signal }),
        { kind: 'exited', exitCode: 0 },
        'the outcome',
      )
    },
  },
  {
    id: 'wait.left-behind',
    group: 'wait',
    title: 'ends with the main process, though that left a child that holds the output open',
    run: async (context) => {
      const { outcome, output } = await context.run(leavesChild)
      equal([outcome, output.toString()], [{ kind: 'exited', exitCode: 4 }, 'done\n'], 'the end')
    },
  },
]
