import { check, equal, failure } from '../assertions.ts'
import type { Behaviour } from '../behaviour.ts'
import { octal, print } from '../programs/output-programs.ts'
import { hold } from '../programs/signal-programs.ts'

const labels = {
  'scalr-agent/job-id': 'job-v0abc',
  phase: 'plan',
  'kit.case': 'Mixed_Case.1',
  empty: '',
}

export const listBehaviours: readonly Behaviour[] = [
  {
    id: 'list.running',
    group: 'list',
    title: 'shows a running workload with its agent and labels',
    run: async (context) => {
      const workload = await context.launch(hold, [], { labels })
      await using reader = context.read(workload)
      await reader.until('ready')
      const refs = await context.list()
      equal(
        refs.map((ref) => ({ ...ref, labels: { ...ref.labels } })),
        [{ id: workload.id, agentId: context.agentId, labels, state: 'running' }],
        'what list shows',
      )
    },
  },
  {
    id: 'list.ended',
    group: 'list',
    title: 'shows an ended workload as ended, until it is destroyed',
    run: async (context) => {
      const { workload } = await context.run(print, [octal('over')], { labels })
      const refs = await context.list()
      equal(
        refs.map((ref) => ({ ...ref, labels: { ...ref.labels } })),
        [{ id: workload.id, agentId: context.agentId, labels, state: 'ended' }],
        'what list shows',
      )
      await workload.destroy()
      equal(await context.list(), [], 'what list shows after destroy')
    },
  },
  {
    id: 'list.strangers',
    group: 'list',
    title: "never shows another agent's workloads, though their ids begin alike",
    run: async (context) => {
      const strangers = [`${context.agentId}-2`, context.agentId.slice(0, -1), context.newId()]
      const own = await context.launch(hold)
      for (const agentId of strangers) await context.launch(hold, [], { agentId })
      equal(
        (await context.list()).map(({ id }) => id),
        [own.id],
        'what list shows',
      )
      for (const agentId of strangers) {
        const refs = await context.list(agentId)
        equal(
          refs.map((ref) => ref.agentId),
          [agentId],
          'whose workloads list shows to the stranger',
        )
      }
    },
  },
  {
    id: 'list.nobody',
    group: 'list',
    title: 'shows nothing to an agent that launched nothing',
    run: async (context) => {
      await context.launch(hold)
      equal(await context.list('agent-that-never-was'), [], 'what list shows')
    },
  },
  {
    id: 'list.many',
    group: 'list',
    title: 'shows every workload once',
    run: async (context) => {
      const ids = Array.from({ length: 12 }, () => context.newId()).toSorted()
      await Promise.all(ids.map(async (id) => await context.launch(print, [octal('x')], { id })))
      equal(
        (await context.list()).map(({ id }) => id),
        ids,
        'what list shows',
      )
    },
  },
  {
    id: 'list.reap',
    group: 'list',
    title: 'another executor can reap what list shows',
    run: async (context) => {
      await Promise.all([
        context.launch(hold),
        context.launch(hold),
        context.run(print, [octal('x')]),
      ])
      const other = await context.another()
      let count = 0
      for await (const { id } of other.list({ agentId: context.agentId })) {
        const attached = await other.attach(id)
        check(attached !== undefined, 'attach does not know what list shows')
        await attached.destroy()
        count += 1
      }
      equal(count, 3, 'how many were reaped')
      equal(await context.list(), [], 'what list shows afterwards')
    },
  },
  {
    id: 'list.abort',
    group: 'list',
    title: 'ends with the reason of a signal that was aborted before',
    run: async (context) => {
      const reason = new Error('changed my mind')
      const listing = (async () => {
        const options = { agentId: context.agentId, signal: AbortSignal.abort(reason) }
        for await (const ref of context.executor.list(options))
          check(ref.id === '', 'list shows something')
      })()
      equal((await failure(listing, 'list')) === reason, true, 'whether the reason was thrown')
    },
  },
]
