import { readdirSync, statSync, type BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { setImmediate as breathe } from 'node:timers/promises'

import type { Clock } from '@scalr-agent/core'

import { cgroupPids } from './cgroup/workload-cgroup.ts'
import type { WorkloadPaths } from './data-directory.ts'
import { errorCode, unless } from './process-error.ts'
import { hasProc, isSameProcess, readProcessEntry } from './process-identity.ts'
import type { ProcessesRecord, WorkloadRecord } from './records.ts'

const roundMs = 5
const maxRounds = 400

/**
 * Sends SIGKILL to every process of a workload until none is left. Found are: the supervisor's process
 * group and session, everything in the cgroup, and (Linux) whatever writes to the workload's output,
 * wherever it fled by `setsid`. No mark in the environment is needed for that, so a workload's
 * environment is exactly the one it was given. A pid that was given to another process is left alone.
 */
export async function endProcesses(
  paths: WorkloadPaths,
  record: WorkloadRecord,
  processes: ProcessesRecord | undefined,
  clock: Clock,
): Promise<void> {
  const session = await ownedSession(processes)
  if (session !== undefined) send(-session)
  else if (processes !== undefined && (await isSameProcess(processes.main))) {
    send(processes.main.pid)
  }
  const output = await unless(['ENOENT', 'EACCES'], () => stat(paths.output, { bigint: true }))
  const untouchable = new Set<number>([process.pid])
  for (let round = 0; round < maxRounds; round += 1) {
    const found = [
      ...(record.cgroup === undefined ? [] : await cgroupPids(record.cgroup)),
      ...(hasProc ? await scan(session, output) : []),
    ].filter((pid) => !untouchable.has(pid) && isLive(pid))
    if (found.length === 0) return
    for (const pid of found) {
      if (!send(pid)) untouchable.add(pid)
    }
    await clock.sleep(roundMs)
  }
}

/** The session's number, when it is sure that it still is this workload's. */
async function ownedSession(processes: ProcessesRecord | undefined): Promise<number | undefined> {
  if (processes === undefined) return undefined
  const { supervisor, main } = processes
  if (await isSameProcess(supervisor)) return supervisor.pid
  // As long as a member lives, the system gives the number to nobody else.
  if (!hasProc || !(await isSameProcess(main))) return undefined
  return readProcessEntry(main.pid)?.session === supervisor.pid ? supervisor.pid : undefined
}

async function scan(
  session: number | undefined,
  output: BigIntStats | undefined,
): Promise<readonly number[]> {
  const found: number[] = []
  let count = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/u.test(name)) continue
    const pid = Number(name)
    const entry = readProcessEntry(pid)
    if (entry === undefined) continue
    const inSession =
      session !== undefined && (entry.session === session || entry.group === session)
    if (inSession || isOutput(pid, 1, output) || isOutput(pid, 2, output)) found.push(pid)
    count += 1
    if (count % 200 === 0) await breathe()
  }
  return found
}

function isOutput(pid: number, descriptor: number, output: BigIntStats | undefined): boolean {
  if (output === undefined) return false
  try {
    const stats = statSync(`/proc/${pid}/fd/${descriptor}`, { bigint: true })
    return stats.ino === output.ino && stats.dev === output.dev
  } catch {
    return false
  }
}

function isLive(pid: number): boolean {
  return !hasProc || readProcessEntry(pid) !== undefined
}

/** `false` when the system does not let us. */
function send(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch (error) {
    return errorCode(error) === 'ESRCH'
  }
}
