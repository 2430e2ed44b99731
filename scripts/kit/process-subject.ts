import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { ProcessExecutor } from '@scalr-agent/executor-process'

import type { KitSubject } from './kit-executors.ts'
import { readProcessTable } from './process-table.ts'

/** The process executor, in a data directory of its own. */
export async function openProcessExecutor(): Promise<KitSubject> {
  const dataDir = await mkdtemp(join(tmpdir(), 'scalr-agent-kit-'))
  const childModule = new URL('process-child.ts', import.meta.url)
  childModule.searchParams.set('dataDir', dataDir)
  return {
    options: {
      create: () => new ProcessExecutor({ dataDir }),
      childModule,
      childNodeArguments: ['--conditions=@scalr-agent/source'],
      recordsDirectory: dataDir,
      vanish: async (id) => await vanish(dataDir, id),
      // Command lines are open to every user of the machine.
      inspect: async () => (await readProcessTable()).map((entry) => entry.commandLine).join('\n'),
      countResources: async () => await countResources(dataDir),
    },
    [Symbol.asyncDispose]: async () => {
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** SIGKILL to supervisor and main process, so that nobody is left to write the exit record. */
async function vanish(dataDir: string, id: string): Promise<void> {
  const record: unknown = JSON.parse(
    await readFile(join(dataDir, 'workloads', id, 'processes.json'), 'utf8'),
  )
  const supervisor = (record as { readonly supervisor: { readonly pid: number } }).supervisor.pid
  process.kill(supervisor, 'SIGKILL')
  for (const { pid, session } of await readProcessTable()) {
    if (session === supervisor) killIfThere(pid)
  }
  // Until then the executor may still take it for running.
  while ((await readProcessTable()).some(({ pid }) => pid === supervisor)) await delay(5)
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It ended between the look at the table and now.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Entries of the data directory's folders, and processes that name it. */
async function countResources(dataDir: string): Promise<number> {
  let count = 0
  for (const folder of await readdir(dataDir, { withFileTypes: true }).catch(() => [])) {
    if (folder.isDirectory()) count += (await readdir(join(dataDir, folder.name))).length
  }
  const own = (await readProcessTable()).filter(({ commandLine }) => commandLine.includes(dataDir))
  return count + own.length
}
