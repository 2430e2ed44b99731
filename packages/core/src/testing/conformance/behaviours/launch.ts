import { Readable } from 'node:stream'

import { check, equal, failure } from '../assertions.ts'
import type { Behaviour } from '../behaviour.ts'
import { archive, stallingFiles } from '../archives.ts'
import { print, octal } from '../programs/output-programs.ts'
import { hold, idle } from '../programs/signal-programs.ts'
import { look } from '../programs/inside-programs.ts'

const ended = { kind: 'exited', exitCode: 0 }

export const launchBehaviours: readonly Behaviour[] = [
  {
    id: 'launch.starts',
    group: 'launch',
    title: 'starts the program and gives a workload of that id',
    run: async (context) => {
      const spec = context.spec(print, [octal('hello')])
      const workload = await context.executor.launch(spec)
      equal(workload.id, spec.id, 'the id')
      const { outcome, output } = await context.finish(workload)
      equal(outcome, ended, 'the outcome')
      equal(output.toString(), 'hello', 'the output')
    },
  },
  {
    id: 'launch.idempotent',
    group: 'launch',
    title: 'launching a running id again gives the same workload and starts nothing',
    run: async (context) => {
      const spec = context.spec(hold)
      const first = await context.executor.launch(spec)
      await using reader = context.read(first)
      await reader.until('ready')
      const second = await context.executor.launch(spec)
      equal(
        (await context.list()).map(({ id }) => id),
        [spec.id],
        'what list shows',
      )
      await second.interrupt('hard')
      equal((await context.finish(first)).output.toString(), 'ready\nQUIT\nend\n', 'the output')
    },
  },
  {
    id: 'launch.ended',
    group: 'launch',
    title: 'launching an ended id gives the ended workload, and does not even ask for its files',
    run: async (context) => {
      let asked = 0
      const files = (): Readable => {
        asked += 1
        return archive([{ name: 'a', content: 'a' }])
      }
      const spec = context.spec(look, ['a'], { files })
      const first = await context.finish(await context.executor.launch(spec))
      const second = await context.finish(await context.executor.launch(spec))
      equal(asked, 1, 'how often the files were asked for')
      equal(second.outcome, first.outcome, 'the outcome')
      equal(second.output.toString(), 'file a: a\n', 'the output')
    },
  },
  {
    id: 'launch.same-id-at-once',
    group: 'launch',
    title: 'five launches of one id at once start one workload',
    run: async (context) => {
      let asked = 0
      const files = (): Readable => {
        asked += 1
        return archive([{ name: 'a', content: 'a' }])
      }
      const spec = context.spec(look, ['a'], { files })
      const workloads = await Promise.all(
        Array.from({ length: 5 }, async () => await context.executor.launch(spec)),
      )
      equal(asked, 1, 'how often the files were asked for')
      equal((await context.list()).length, 1, 'how many workloads list shows')
      for (const workload of workloads) {
        const { outcome, output } = await context.finish(workload)
        equal(
          [workload.id, outcome, output.toString()],
          [spec.id, ended, 'file a: a\n'],
          'each end',
        )
      }
    },
  },
  {
    id: 'launch.two-executors-at-once',
    group: 'launch',
    title: 'two executors that launch one id at once start one workload',
    run: async (context) => {
      const other = await context.another()
      const spec = context.spec(hold)
      const [one, two] = await Promise.all([context.executor.launch(spec), other.launch(spec)])
      equal((await context.list()).length, 1, 'how many workloads list shows')
      await using reader = context.read(two)
      await reader.until('ready')
      await one.interrupt('hard')
      equal((await reader.end()).toString(), 'ready\nQUIT\nend\n', 'the output of the other')
    },
  },
  {
    id: 'launch.five-at-once',
    group: 'launch',
    title: 'five workloads launched at once run side by side and never mix',
    run: async (context) => {
      const numbers = [0, 1, 2, 3, 4]
      const workloads = await Promise.all(
        numbers.map(async (number) => await context.launch(hold, [`${number + 10}`])),
      )
      for (const workload of workloads) {
        await using reader = context.read(workload)
        await reader.until('ready')
      }
      // All of them were seen running before the first one ends.
      await Promise.all(workloads.map(async (workload) => await workload.interrupt('hard')))
      const runs = await Promise.all(
        workloads.map(async (workload) => await context.finish(workload)),
      )
      equal(
        runs.map(({ outcome, output }) => [outcome, output.toString()]),
        numbers.map((number) => [{ kind: 'exited', exitCode: number + 10 }, 'ready\nQUIT\nend\n']),
        'the ends',
      )
    },
  },
  {
    id: 'launch.aborted-before',
    group: 'launch',
    title: 'I3: a launch that was aborted before it began throws the reason and leaves nothing',
    run: async (context) => {
      const reason = new Error('changed my mind')
      let asked = 0
      const files = (): Readable => {
        asked += 1
        return archive([])
      }
      const spec = context.spec(idle, [], { files })
      const launching = context.executor.launch(spec, { signal: AbortSignal.abort(reason) })
      equal((await failure(launching, 'launch')) === reason, true, 'whether the reason was thrown')
      equal(asked, 0, 'how often the files were asked for')
      await context.expectNothing(spec.id)
    },
  },
  {
    id: 'launch.aborted-half-way',
    group: 'launch',
    title:
      'I3: a launch that is aborted half-way throws the reason, leaves nothing, and can be repeated',
    countsResources: true,
    run: async (context) => {
      const before = await context.countResources()
      const reason = new Error('changed my mind')
      const abort = new AbortController()
      const stalling = stallingFiles()
      const spec = context.spec(look, ['a'], { files: stalling.files })
      const signal = AbortSignal.any([abort.signal, context.signal])
      const launching = context.executor.launch(spec, { signal })
      launching.catch(() => {})
      await stalling.reading
      abort.abort(reason)
      equal((await failure(launching, 'launch')) === reason, true, 'whether the reason was thrown')
      await stalling.closed
      await context.expectNothing(spec.id)
      await context.expectNoLeak(before)
      const files = (): Readable => archive([{ name: 'a', content: 'again' }])
      const { output } = await context.finish(await context.executor.launch({ ...spec, files }))
      equal(output.toString(), 'file a: again\n', 'the output of the repeated launch')
    },
  },
  {
    id: 'launch.files-fail',
    group: 'launch',
    title: 'I3: a launch whose files break off throws, leaves nothing, and can be repeated',
    run: async (context) => {
      const files = (): Readable =>
        Readable.from(
          (async function* () {
            yield Buffer.alloc(100)
            throw new Error('the disk is gone')
          })(),
        )
      const spec = context.spec(look, ['a'], { files })
      await failure(context.executor.launch(spec), 'launch')
      await context.expectNothing(spec.id)
      const { files: _none, ...repeated } = spec
      const { output } = await context.finish(await context.executor.launch(repeated))
      equal(output.toString(), 'nothing a\n', 'the output of the repeated launch')
    },
  },
  {
    id: 'launch.attach',
    group: 'launch',
    title: 'attach gives a running and an ended workload, also to another executor',
    run: async (context) => {
      const spec = context.spec(hold)
      await context.executor.launch(spec)
      const other = await context.another()
      const attached = await other.attach(spec.id)
      check(attached !== undefined, 'attach does not know the running workload')
      equal(attached.id, spec.id, 'the id')
      await using reader = context.read(attached)
      await reader.until('ready')
      await attached.interrupt('hard')
      await attached.wait({ signal: context.signal })
      const again = await context.executor.attach(spec.id)
      check(again !== undefined, 'attach does not know the ended workload')
      const { outcome, output } = await context.finish(again)
      equal([outcome, output.toString()], [ended, 'ready\nQUIT\nend\n'], 'its end')
    },
  },
  {
    id: 'launch.attach-unknown',
    group: 'launch',
    title: 'attach to an id that was never launched gives undefined',
    run: async (context) => {
      equal(await context.executor.attach(context.newId()), undefined, 'what attach gives')
    },
  },
]
