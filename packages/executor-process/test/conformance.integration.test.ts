import { readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describeExecutor } from '@scalr-agent/core/testing'
import { ProcessExecutor } from '@scalr-agent/executor-process'
import { afterAll } from 'vitest'

import { readProcessEntry } from '../src/process-identity.ts'
import { processesRecordSchema } from '../src/records.ts'
import { eventually } from './support/workloads.ts'

const dataDir = await mkdtemp(join(tmpdir(), 'scalr-conformance-'))
const childModule = new URL('support/child-executor.ts', import.meta.url)
childModule.searchParams.set('dataDir', dataDir)
afterAll(() => rm(dataDir, { recursive: true }))

async function processesOf(id: string) {
  const text = await readFile(join(dataDir, 'workloads', id, 'processes.json'), 'utf8')
  return processesRecordSchema.parse(JSON.parse(text))
}

/** What anybody on the machine sees: argv of all processes of the workload, and names of files. */
async function inspect(id: string): Promise<string> {
  const { supervisor } = await processesOf(id)
  const pids = readdirSync('/proc').filter(
    (name) => /^\d+$/u.test(name) && readProcessEntry(Number(name))?.session === supervisor.pid,
  )
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  )
  return [id, ...lines].join('\n')
}

async function countResources(): Promise<number> {
  const folders = ['workloads', 'work', 'owners', 'drafts', 'trash']
  return folders.flatMap((folder) => {
    try {
      return readdirSync(join(dataDir, folder))
    } catch {
      return []
    }
  }).length
}

describeExecutor('process', {
  create: () => new ProcessExecutor({ dataDir }),
  childModule,
  childNodeArguments: ['--conditions=@scalr-agent/source'],
  vanish: async (id) => {
    const { supervisor } = await processesOf(id)
    process.kill(-supervisor.pid, 'SIGKILL')
    await eventually(() => readProcessEntry(supervisor.pid) === undefined)
  },
  inspect,
  recordsDirectory: join(dataDir, 'workloads'),
  countResources,
})
