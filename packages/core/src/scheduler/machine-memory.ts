import { readFile } from 'node:fs/promises'
import { freemem, totalmem } from 'node:os'
import { join } from 'node:path'

/** Memory as this process may use it: the machine's, or less where a cgroup limits it. */
export interface MachineMemory {
  readonly totalBytes: number
  readonly availableBytes: number
}

/** Where the kernel tells it; injectable for tests. */
export interface MemoryRoots {
  /** @default '/proc' */
  readonly proc?: string
  /** @default '/sys/fs/cgroup' */
  readonly cgroup?: string
}

/**
 * Reads `/proc/meminfo` and the memory cgroup (v2, then v1) of this process and gives the tighter of
 * the two. Page cache that the kernel can drop counts as available in both.
 */
export async function readMachineMemory(roots: MemoryRoots = {}): Promise<MachineMemory> {
  const proc = roots.proc ?? '/proc'
  const cgroup = roots.cgroup ?? '/sys/fs/cgroup'
  const machine = await readMeminfo(proc)
  const limit = await readCgroup(proc, cgroup)
  if (limit === undefined || limit.totalBytes >= machine.totalBytes) return machine
  return {
    totalBytes: limit.totalBytes,
    availableBytes: Math.min(machine.availableBytes, limit.availableBytes),
  }
}

async function readMeminfo(proc: string): Promise<MachineMemory> {
  const text = await readText(join(proc, 'meminfo'))
  const kib = (name: string): number | undefined => {
    const match = new RegExp(String.raw`^${name}:\s+(\d+) kB`, 'mu').exec(text ?? '')
    return match?.[1] === undefined ? undefined : Number(match[1]) * 1024
  }
  return {
    totalBytes: kib('MemTotal') ?? totalmem(),
    availableBytes: kib('MemAvailable') ?? freemem(),
  }
}

async function readCgroup(proc: string, root: string): Promise<MachineMemory | undefined> {
  const lines = ((await readText(join(proc, 'self/cgroup'))) ?? '').split('\n')
  const v2 = lines.find((line) => line.startsWith('0::'))?.slice(3)
  const v1 = lines.find((line) => /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:/u.test(line))
  if (v1 !== undefined) {
    const path = v1.slice(v1.indexOf(':', v1.indexOf(':') + 1) + 1)
    return readLimit(join(root, 'memory'), path, {
      limit: 'memory.limit_in_bytes',
      usage: 'memory.usage_in_bytes',
      droppable: 'total_inactive_file',
    })
  }
  if (v2 === undefined) return undefined
  return readLimit(root, v2, {
    limit: 'memory.max',
    usage: 'memory.current',
    droppable: 'inactive_file',
  })
}

interface LimitFiles {
  readonly limit: string
  readonly usage: string
  readonly droppable: string
}

/** The tightest limit from the process's own cgroup up to the root. */
async function readLimit(
  root: string,
  path: string,
  files: LimitFiles,
): Promise<MachineMemory | undefined> {
  let tightest: MachineMemory | undefined
  // In a container the path is the host's while the mount shows only our own subtree.
  const candidates = [...ancestors(path), '/']
  for (const candidate of new Set(candidates)) {
    const directory = join(root, candidate)
    const limit = Number(await readText(join(directory, files.limit)))
    if (!Number.isFinite(limit) || limit <= 0 || limit > Number.MAX_SAFE_INTEGER) continue
    const usage = Number(await readText(join(directory, files.usage)))
    if (!Number.isFinite(usage)) continue
    const stat = (await readText(join(directory, 'memory.stat'))) ?? ''
    const droppable = new RegExp(String.raw`^${files.droppable} (\d+)$`, 'mu').exec(stat)?.[1]
    const availableBytes = Math.max(0, limit - usage + Number(droppable ?? 0))
    if (tightest === undefined || availableBytes < tightest.availableBytes) {
      tightest = { totalBytes: limit, availableBytes }
    }
  }
  return tightest
}

function* ancestors(path: string): Generator<string> {
  for (let current = path; current !== '/' && current !== '';) {
    yield current
    current = current.slice(0, Math.max(0, current.lastIndexOf('/')))
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}
