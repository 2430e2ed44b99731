import { createHash } from 'node:crypto'
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { randomId, type Clock, type ResourceUsage } from '@scalr-agent/core'

import { unless } from '../process-error.ts'
import type { CgroupRecord } from '../records.ts'
import type { CgroupHierarchy } from './cgroup-hierarchy.ts'

const cpuPeriodUs = 100_000

/**
 * Names the groups of a workload; nothing is made yet. The data directory keeps two agents apart, and the
 * random part two workloads of the same name, one of which is being removed.
 */
export function planCgroup(hierarchy: CgroupHierarchy, dataDir: string, id: string): CgroupRecord {
  const owner = createHash('sha256').update(dataDir).digest('hex').slice(0, 8)
  const name = randomId(`scalr-agent-${owner}-${id}`)
  const below = (parent: string | undefined): string | undefined => parent && join(parent, name)
  const { version } = hierarchy
  return {
    version,
    memory: below(hierarchy.memory),
    cpu: below(hierarchy.cpu),
    cpuacct: below(hierarchy.cpuacct),
  }
}

/** Makes the groups and sets their limits, before a process is in them. */
export async function createCgroup(
  record: CgroupRecord,
  limits: { readonly memoryBytes?: number | undefined; readonly cpus?: number | undefined },
): Promise<void> {
  for (const directory of directories(record)) await unless(['EEXIST'], () => mkdir(directory))
  const { memory, cpu } = record
  if (limits.memoryBytes !== undefined && memory !== undefined) {
    const bytes = String(Math.floor(limits.memoryBytes))
    if (record.version === 1) {
      await writeFile(join(memory, 'memory.limit_in_bytes'), bytes)
      // Present only where the kernel accounts swap; without it a limit would just move to swap.
      await unless(['ENOENT', 'EACCES', 'EPERM'], () =>
        write(join(memory, 'memory.memsw.limit_in_bytes'), bytes),
      )
    } else {
      await writeFile(join(memory, 'memory.max'), bytes)
      await unless(['ENOENT', 'EACCES', 'EPERM'], () => write(join(memory, 'memory.swap.max'), '0'))
    }
  }
  if (limits.cpus !== undefined && cpu !== undefined) {
    const quota = String(Math.max(1000, Math.round(limits.cpus * cpuPeriodUs)))
    if (record.version === 1) {
      await writeFile(join(cpu, 'cpu.cfs_period_us'), String(cpuPeriodUs))
      await writeFile(join(cpu, 'cpu.cfs_quota_us'), quota)
    } else {
      await writeFile(join(cpu, 'cpu.max'), `${quota} ${cpuPeriodUs}`)
    }
  }
}

/**
 * Moving a process waits for the kernel's other readers, 5 to 15 ms, unless something was moved
 * within the last 10 ms or so. So this moves the agent to where it is, which changes nothing: when a launch
 * is expected, so that the wait is over before it counts, and again when it begins, to keep it so.
 */
export function warmUpCgroups(hierarchy: CgroupHierarchy): void {
  if (hierarchy.ownProcs === undefined) return
  // It is for speed alone.
  write(hierarchy.ownProcs, String(process.pid)).catch(() => {})
}

/** Moves a process into the groups; what it starts later is born in them. */
export async function joinCgroup(record: CgroupRecord, pid: number): Promise<void> {
  await Promise.all(
    directories(record).map((directory) => write(join(directory, 'cgroup.procs'), String(pid))),
  )
}

/** The processes in the group; none when it is gone. */
export async function cgroupPids(record: CgroupRecord): Promise<readonly number[]> {
  const text = await readNumberFile(record.memory, 'cgroup.procs')
  return text === undefined ? [] : text.split('\n').filter(Boolean).map(Number)
}

export async function cgroupUsage(record: CgroupRecord): Promise<ResourceUsage> {
  if (record.version === 1) {
    const cpuNs = await readNumber(record.cpuacct, 'cpuacct.usage')
    return {
      ...present('memoryBytes', await residentBytes(record.memory, 'memory.usage_in_bytes')),
      ...present('memoryPeakBytes', await readNumber(record.memory, 'memory.max_usage_in_bytes')),
      ...present('cpuSeconds', cpuNs === undefined ? undefined : cpuNs / 1e9),
    }
  }
  const stat = await readNumberFile(record.memory, 'cpu.stat')
  const cpuUs = /^usage_usec (\d+)/mu.exec(stat ?? '')?.[1]
  return {
    ...present('memoryBytes', await residentBytes(record.memory, 'memory.current')),
    ...present('memoryPeakBytes', await readNumber(record.memory, 'memory.peak')),
    ...present('cpuSeconds', cpuUs === undefined ? undefined : Number(cpuUs) / 1e6),
  }
}

/**
 * What the group holds that the kernel cannot just drop. The kernel charges file cache to whoever read the
 * file first: after an `init` that is all providers, and it is given back before anything is killed.
 */
async function residentBytes(
  memory: string | undefined,
  name: string,
): Promise<number | undefined> {
  const [charged, stat] = await Promise.all([
    readNumber(memory, name),
    readNumberFile(memory, 'memory.stat'),
  ])
  if (charged === undefined) return undefined
  return Math.max(0, charged - fileCacheBytes(stat ?? ''))
}

/** Of the group and those below it. Version 1 has these in `total_` too, beside the group's own. */
function fileCacheBytes(stat: string): number {
  const field = (name: string): number =>
    Number(
      new RegExp(`^total_${name} (\\d+)$`, 'mu').exec(stat)?.[1] ??
        new RegExp(`^${name} (\\d+)$`, 'mu').exec(stat)?.[1] ??
        0,
    )
  return field('active_file') + field('inactive_file')
}

/** Removes the groups; killed processes leave them a moment after their death. */
export async function removeCgroup(record: CgroupRecord, clock: Clock): Promise<void> {
  for (const directory of directories(record)) {
    for (let round = 0; round < 200; round += 1) {
      const removed = await unless(['EBUSY'], async () => {
        await unless(['ENOENT'], () => rmdir(directory))
        return true
      })
      if (removed === true) break
      await clock.sleep(10)
    }
  }
}

function directories(record: CgroupRecord): readonly string[] {
  const all = [record.memory, record.cpu, record.cpuacct]
  return [...new Set(all.filter((directory) => directory !== undefined))]
}

async function write(path: string, text: string): Promise<true> {
  await writeFile(path, text)
  return true
}

async function readNumberFile(
  directory: string | undefined,
  name: string,
): Promise<string | undefined> {
  if (directory === undefined) return undefined
  return await unless(['ENOENT', 'ENODEV'], () => readFile(join(directory, name), 'latin1'))
}

async function readNumber(
  directory: string | undefined,
  name: string,
): Promise<number | undefined> {
  const text = await readNumberFile(directory, name)
  const value = Number(text?.trim())
  return text === undefined || Number.isNaN(value) ? undefined : value
}

function present<K extends string>(key: K, value: number | undefined): Partial<Record<K, number>> {
  const result: Partial<Record<K, number>> = {}
  if (value !== undefined) result[key] = value
  return result
}
