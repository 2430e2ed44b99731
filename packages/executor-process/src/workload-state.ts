import { access } from 'node:fs/promises'

import type { Clock, Outcome } from '@scalr-agent/core'
import { outcomeOfExit } from '@scalr-agent/core/container'

import type { WorkloadPaths } from './data-directory.ts'
import { endProcesses } from './end-processes.ts'
import { unless } from './process-error.ts'
import { currentBootId, isSameProcess } from './process-identity.ts'
import {
  endedRecordSchema,
  processesRecordSchema,
  readExitRecord,
  readRecord,
  wasStarted,
  workloadRecordSchema,
  writeRecord,
  type EndedRecord,
  type ProcessesRecord,
  type WorkloadRecord,
} from './records.ts'

/** What the directory of a workload says of it. */
export type WorkloadState =
  | { readonly phase: 'absent' }
  | {
      readonly phase: 'launching'
      readonly record: WorkloadRecord
      readonly processes: ProcessesRecord | undefined
      /** Whether it may yet start. If not, it is a leftover that nobody will ever finish. */
      readonly pending: boolean
    }
  | {
      readonly phase: 'running'
      readonly record: WorkloadRecord
      readonly processes: ProcessesRecord
    }
  | {
      readonly phase: 'ended'
      readonly record: WorkloadRecord
      readonly outcome: Outcome
      /** What the supervisor counted; fewer bytes now mean that output was lost. */
      readonly outputBytes: number | undefined
    }

/**
 * Reads the state from disk and process table; there is no other memory of it. An exit record always
 * wins. Without one nothing is a success (I2): intents that were written down before a SIGKILL explain
 * the end, everything else is `lost`, and what was concluded is written down so that it stays.
 */
export async function readWorkloadState(
  paths: WorkloadPaths,
  clock: Clock,
): Promise<WorkloadState> {
  const record = await readRecord(paths.record, workloadRecordSchema)
  if (record === undefined) return { phase: 'absent' }
  const exited = await readExit(paths, record)
  if (exited !== undefined) return exited
  const verdict = await readRecord(paths.ended, endedRecordSchema)
  if (verdict !== undefined) return ended(record, verdict.outcome)

  if (!(await wasStarted(paths.main))) {
    const launching = await readLaunching(paths, record)
    if (launching !== undefined) return launching
  }
  const processes = await readRecord(paths.processes, processesRecordSchema)
  if (processes !== undefined && (await isAlive(processes))) {
    return { phase: 'running', record, processes }
  }
  // Between the two looks it may have ended properly.
  const late = await readExit(paths, record)
  if (late !== undefined) return late
  await endProcesses(paths, record, processes, clock)
  return await conclude(paths, record, await explain(paths, record, processes))
}

async function readExit(
  paths: WorkloadPaths,
  record: WorkloadRecord,
): Promise<WorkloadState | undefined> {
  const exit = await readExitRecord(paths.exit)
  if (exit === undefined || exit === 'damaged') return undefined
  const killed = await exists(paths.killed)
  return {
    phase: 'ended',
    record,
    outcome: outcomeOfExit(exit, record, killed),
    outputBytes: exit.outputBytes,
  }
}

/** `undefined` when it was let go after all. Looks in the order in which things become final. */
async function readLaunching(
  paths: WorkloadPaths,
  record: WorkloadRecord,
): Promise<WorkloadState | undefined> {
  const launched = await isSameProcess(record.launcher)
  const processes = await readRecord(paths.processes, processesRecordSchema)
  // A launcher that died may have given leave to start; the wrapper decides within moments.
  const pending = launched || (processes !== undefined && (await isAlive(processes)))
  if (await wasStarted(paths.main)) return undefined
  if (processes !== undefined && processes.supervisor.bootId !== currentBootId()) {
    // Leave to start may have been given, and its proof not have reached the disk.
    const outcome = {
      kind: 'lost' as const,
      evidence: 'The machine was restarted while the workload was being started.',
    }
    return await conclude(paths, record, outcome)
  }
  return { phase: 'launching', record, processes, pending }
}

async function explain(
  paths: WorkloadPaths,
  record: WorkloadRecord,
  processes: ProcessesRecord | undefined,
): Promise<EndedRecord['outcome']> {
  if (record.deadlineMs !== undefined && (await exists(paths.deadline))) {
    return { kind: 'deadline', deadlineMs: record.deadlineMs }
  }
  if (await exists(paths.killed)) return { kind: 'signaled', signal: 'SIGKILL' }
  const found =
    (await readExitRecord(paths.exit)) === 'damaged'
      ? 'its exit record is damaged'
      : 'it left no exit record'
  if (processes === undefined) {
    return { kind: 'lost', evidence: `The record of its processes is missing and ${found}.` }
  }
  const { supervisor } = processes
  const gone =
    supervisor.bootId === currentBootId()
      ? `Its supervisor (process ${supervisor.pid}) is gone`
      : 'The machine was restarted'
  return { kind: 'lost', evidence: `${gone} and ${found}.` }
}

async function conclude(
  paths: WorkloadPaths,
  record: WorkloadRecord,
  outcome: EndedRecord['outcome'],
): Promise<WorkloadState> {
  // Destroyed meanwhile, or a full disk: the same will be concluded again.
  await unless(['ENOENT', 'ENOSPC', 'EDQUOT'], () =>
    writeRecord(paths.ended, { version: 1, outcome } satisfies EndedRecord),
  )
  return ended(record, outcome)
}

function ended(record: WorkloadRecord, outcome: Outcome): WorkloadState {
  return { phase: 'ended', record, outcome, outputBytes: undefined }
}

async function isAlive(processes: ProcessesRecord): Promise<boolean> {
  return (await isSameProcess(processes.supervisor)) || (await isSameProcess(processes.main))
}

async function exists(path: string): Promise<boolean> {
  const found = await unless(['ENOENT', 'ENOTDIR'], async () => {
    await access(path)
    return true
  })
  return found === true
}
