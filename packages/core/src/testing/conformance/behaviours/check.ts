import { check, equal, failure } from '../assertions.ts'
import type { Behaviour } from '../behaviour.ts'

export const checkBehaviours: readonly Behaviour[] = [
  {
    id: 'check.findings',
    group: 'check',
    title: 'finds nothing wrong where the kit runs, and says what it looked at',
    run: async ({ executor, signal }) => {
      const findings = await executor.check({ signal })
      check(findings.length > 0, 'check found nothing to say')
      for (const { id, level, message } of findings) {
        check(
          /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/u.test(id),
          `a finding has the id ${JSON.stringify(id)}`,
        )
        check(message !== '', `the finding ${id} has no message`)
        check(level !== 'error', `the finding ${id} is an error: ${message}`)
      }
      const ids = findings.map(({ id }) => id)
      equal(ids.length, new Set(ids).size, 'the number of findings with an id of their own')
    },
  },
  {
    id: 'check.loopback',
    group: 'check',
    title:
      'an isolating executor finds fault with a loopback URL for workloads, and says what to do',
    requires: ['isolation', 'images'],
    run: async ({ executor, signal }) => {
      for (const workloadUrl of [
        'http://127.0.0.1:4000',
        'https://localhost:4000',
        'http://[::1]:4000',
      ]) {
        const findings = await executor.check({ workloadUrl, signal })
        const errors = findings.filter(({ level }) => level === 'error')
        check(errors.length > 0, `there is no error about ${workloadUrl}`)
        check(
          errors.every(({ remedy }) => remedy !== undefined),
          'an error has no remedy',
        )
      }
    },
  },
  {
    id: 'check.leaves-nothing',
    group: 'check',
    title: 'leaves nothing behind',
    requires: ['option:countResources'],
    countsResources: true,
    run: async (context) => {
      const before = await context.countResources()
      await context.executor.check({ signal: context.signal })
      await context.expectNoLeak(before)
    },
  },
  {
    id: 'check.abort',
    group: 'check',
    title: 'ends with the reason of a signal that was aborted before',
    run: async ({ executor }) => {
      const reason = new Error('changed my mind')
      const error = await failure(executor.check({ signal: AbortSignal.abort(reason) }), 'check')
      equal(error === reason, true, 'whether the reason was thrown')
    },
  },
]
