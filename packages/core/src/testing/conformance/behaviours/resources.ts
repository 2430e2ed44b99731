import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { check, equal } from '../assertions.ts'
import type { Behaviour } from '../behaviour.ts'
import { useCache } from '../programs/resource-programs.ts'
import { hold } from '../programs/signal-programs.ts'

export const resourceBehaviours: readonly Behaviour[] = [
  {
    id: 'resources.usage',
    group: 'resources',
    title: 'tells what a running workload uses, in numbers that can be',
    requires: ['usage'],
    run: async (context) => {
      const workload = await context.launch(hold)
      await using reader = context.read(workload)
      await reader.until('ready')
      const usage = await workload.usage()
      check(usage !== undefined, 'usage tells nothing of a running workload')
      const numbers = Object.entries(usage)
      check(numbers.length > 0, 'usage tells no number')
      for (const [name, value] of numbers) {
        check(Number.isFinite(value) && value >= 0, `usage tells ${name} ${value}`)
      }
      check((usage.memoryBytes ?? 1) > 0, 'a running workload uses no memory')
      check(
        usage.memoryPeakBytes === undefined ||
          usage.memoryPeakBytes >= (usage.memoryBytes ?? 0) / 2,
        'the peak is far below what is used now',
      )
      await workload.interrupt('hard')
    },
  },
  {
    id: 'resources.usage-ended',
    group: 'resources',
    title: 'usage of an ended workload tells something or nothing, and does not throw',
    run: async (context) => {
      const { workload } = await context.run(useCache, ['none'])
      const usage = await workload.usage()
      check(usage === undefined || typeof usage === 'object', `usage told ${typeof usage}`)
    },
  },
  {
    id: 'resources.caches',
    group: 'resources',
    title: 'a cache is there, and cannot be written to',
    requires: ['caches'],
    run: async (context) => {
      const source = await mkdtemp(join(tmpdir(), 'scalr-agent-kit-cache-'))
      try {
        // Workloads may run as somebody else.
        await chmod(source, 0o755)
        await writeFile(join(source, 'content'), 'cached')
        const output = await context.succeed(useCache, ['shared'], {
          caches: [{ name: 'shared', source }],
        })
        equal(output, 'cached\nread-only\nread-only\n', 'the output')
        equal(await readdir(source), ['content'], 'what is in the cache')
      } finally {
        await rm(source, { recursive: true, force: true })
      }
    },
  },
]
