import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'

import type { WorkloadSpec } from '../../../executor/index.ts'
import { check, equal, failure } from '../assertions.ts'
import { archive } from '../archives.ts'
import type { Behaviour } from '../behaviour.ts'
import { showCommandLines, showVariable } from '../programs/inside-programs.ts'
import { hold } from '../programs/signal-programs.ts'

export const secretBehaviours: readonly Behaviour[] = [
  {
    id: 'secrets.reach',
    group: 'secrets',
    title: 'secretEnv reaches the workload as it is',
    run: async (context) => {
      const value = `${newSecret()} $(x) 'quoted'\nsecond line`
      equal(
        await context.succeed(showVariable, ['KIT_SECRET'], { secretEnv: { KIT_SECRET: value } }),
        value,
        'the value',
      )
    },
  },
  {
    id: 'secrets.command-line',
    group: 'secrets',
    title: 'I12: secretEnv stands in no command line that a workload can see',
    run: async (context) => {
      const secret = newSecret()
      const workload = await context.launch(showCommandLines, [], {
        secretEnv: { KIT_SECRET: secret },
      })
      await using reader = context.read(workload)
      await reader.until('ready\n')
      expectAbsent(reader.text, secret, 'the command lines')
      await workload.interrupt('soft')
      await workload.wait({ signal: context.signal })
    },
  },
  {
    id: 'secrets.list',
    group: 'secrets',
    title: 'I12: secretEnv stands neither in list nor in what a workload shows when it is printed',
    run: async (context) => {
      const secret = newSecret()
      const workload = await context.launch(hold, [], {
        secretEnv: { KIT_SECRET: secret },
        labels: { kit: 'yes' },
      })
      await using reader = context.read(workload)
      await reader.until('ready')
      expectAbsent(JSON.stringify(await context.list()), secret, 'list')
      const shown = { depth: 12, showHidden: true } as const
      expectAbsent(JSON.stringify(workload) ?? '', secret, 'the workload as JSON')
      // What holds workloads in memory must hold their environment; nothing of it may be public.
      expectAbsent(
        inspect(Object.entries(workload), shown),
        secret,
        'the properties of the workload',
      )
      await workload.interrupt('hard')
      expectAbsent(
        JSON.stringify(await workload.wait({ signal: context.signal })),
        secret,
        'the outcome',
      )
    },
  },
  {
    id: 'secrets.errors',
    group: 'secrets',
    title: 'I12: secretEnv stands in no error of a launch that is refused',
    run: async (context) => {
      const secret = newSecret()
      const secretEnv = { KIT_SECRET: secret }
      const changes: readonly Partial<WorkloadSpec>[] = [
        { id: 'Not-A-Label' },
        { argv: ['nul\0'] },
        { resources: { memoryBytes: -1 } },
        { files: () => archive([{ name: '../outside', content: 'x' }]) },
      ]
      for (const change of changes) {
        const launching = context.executor.launch({
          ...context.spec(hold, [], { secretEnv }),
          ...change,
        })
        expectAbsent(
          inspect(await failure(launching, 'launch'), { depth: 12 }),
          secret,
          'the error',
        )
      }
    },
  },
  {
    id: 'secrets.engine',
    group: 'secrets',
    title: 'I12: secretEnv stands nowhere in what the engine shows of a workload, running or ended',
    requires: ['option:inspect'],
    run: async (context) => {
      const secret = newSecret()
      const workload = await context.launch(hold, [], { secretEnv: { KIT_SECRET: secret } })
      await using reader = context.read(workload)
      await reader.until('ready')
      const running = await context.options.inspect?.(workload.id)
      check(running !== undefined && running !== '', 'inspect shows nothing')
      expectAbsent(running, secret, 'what the engine shows')
      await workload.interrupt('hard')
      await workload.wait({ signal: context.signal })
      expectAbsent(
        (await context.options.inspect?.(workload.id)) ?? '',
        secret,
        'what the engine shows',
      )
    },
  },
  {
    id: 'secrets.records',
    group: 'secrets',
    title: "I12: secretEnv stands in no file of the executor's records, running or ended",
    requires: ['option:recordsDirectory'],
    run: async (context) => {
      const secret = newSecret()
      const directory = context.options.recordsDirectory ?? ''
      const workload = await context.launch(hold, [], { secretEnv: { KIT_SECRET: secret } })
      await using reader = context.read(workload)
      await reader.until('ready')
      check(
        (await expectAbsentBelow(directory, secret)) > 0,
        `there are no files below ${directory}`,
      )
      await workload.interrupt('hard')
      await workload.wait({ signal: context.signal })
      await expectAbsentBelow(directory, secret)
    },
  },
]

function newSecret(): string {
  return `kit-secret-${randomBytes(12).toString('hex')}`
}

/** Neither as it is nor in base64, at any of the three alignments. */
function expectAbsent(text: string, secret: string, where: string): void {
  const forms = [secret, encodeURIComponent(secret)]
  for (const padding of ['', 'x', 'xx']) {
    // The last characters depend on what follows, the first ones on the padding.
    forms.push(
      Buffer.from(padding + secret)
        .toString('base64')
        .slice(4, -4),
    )
  }
  check(!forms.some((form) => text.includes(form)), `the secret stands in ${where}`)
}

/** How many files were looked at. */
async function expectAbsentBelow(directory: string, secret: string): Promise<number> {
  let count = 0
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const content = await readFile(path, 'latin1').catch(() => undefined)
    if (content === undefined) continue
    count += 1
    expectAbsent(content, secret, path)
  }
  return count
}
