// Launches workloads as another agent process would. Arguments: data directory, JSON of
// {id, script, directory, slow}; prints `launched` and lives until it is killed.
import { PassThrough } from 'node:stream'

import { ProcessExecutor } from '@scalr-agent/executor-process'

import { shellSpec } from './workloads.ts'

interface Task {
  readonly id: string
  readonly script: string
  readonly directory?: string
  /** Hangs while the files are read, as a lost network would. */
  readonly hang?: boolean
  readonly times?: number
  readonly deadlineMs?: number
}

const [dataDir = '', text = ''] = process.argv.slice(2)
const task = JSON.parse(text) as Task
const executor = new ProcessExecutor({ dataDir })
const spec = shellSpec(task.id, task.script, {
  directory: task.directory ?? task.id,
  ...(task.hang === true ? { files: () => new PassThrough() } : {}),
  ...(task.deadlineMs === undefined ? {} : { deadlineMs: task.deadlineMs }),
})
process.stdout.write('ready\n')
await Promise.all(Array.from({ length: task.times ?? 1 }, () => executor.launch(spec)))
process.stdout.write('launched\n')
setInterval(() => {}, 60_000)
