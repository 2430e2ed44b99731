import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Where groups for workloads can be made. */
export interface CgroupHierarchy {
  readonly version: 1 | 2
  readonly memory?: string
  readonly cpu?: string
  readonly cpuacct?: string
  /** `cgroup.procs` of the group that this process is in now, see `warmUpCgroups`. */
  readonly ownProcs?: string
}

const probePrefix = 'scalr-agent-probe-'

interface Mount {
  readonly root: string
  readonly point: string
  readonly type: string
  readonly options: readonly string[]
}

export interface FindCgroupOptions {
  /** Replaces `/`, for tests. */
  readonly root?: string
  /** Replaces trying it out, for tests: whether groups below the directory have the file. */
  readonly mayMakeGroups?: (directory: string, file: string) => boolean
}

/**
 * Finds the cgroup directories below which this process may make groups, or `undefined` where it may
 * not. Looks by trying: a group is made and removed, since modes, mounts and delegation say little.
 *
 * Version 1 uses the process's own group of each controller, so that limits of the agent hold for
 * its workloads too. Version 2 knows no processes in inner groups, so workloads become siblings of the
 * agent's own group, unless that one may have children.
 */
export function findCgroupHierarchy(options: FindCgroupOptions = {}): CgroupHierarchy | undefined {
  const { root = '/', mayMakeGroups = tryToMakeGroup } = options
  if (process.platform !== 'linux') return undefined
  const mounts = readMounts(join(root, 'proc/self/mountinfo'))
  const own = readOwnGroups(join(root, 'proc/self/cgroup'))
  const version1 = (controller: string, mark: string): string | undefined => {
    const mount = mounts.find((each) => each.type === 'cgroup' && each.options.includes(controller))
    const path = own.get(controller)
    if (mount === undefined || path === undefined) return undefined
    return candidates(root, mount, path).find((directory) => mayMakeGroups(directory, mark))
  }
  const memory = version1('memory', 'memory.limit_in_bytes')
  if (memory !== undefined) {
    const cpu = version1('cpu', 'cpu.cfs_quota_us')
    const cpuacct = version1('cpuacct', 'cpuacct.usage')
    return {
      version: 1,
      memory,
      ...(cpu === undefined ? {} : { cpu }),
      ...(cpuacct === undefined ? {} : { cpuacct }),
      ...ownProcsOf(root, mounts, own, 'memory'),
    }
  }
  return findVersion2(root, mounts, own, mayMakeGroups)
}

function findVersion2(
  root: string,
  mounts: readonly Mount[],
  own: ReadonlyMap<string, string>,
  mayMakeGroups: (directory: string, file: string) => boolean,
): CgroupHierarchy | undefined {
  const mount = mounts.find(({ type }) => type === 'cgroup2')
  const path = own.get('')
  if (mount === undefined || path === undefined) return undefined
  const [ownGroup = '', ...others] = candidates(root, mount, path)
  const found = [ownGroup, dirname(ownGroup), ...others].find(
    (directory) =>
      directory.startsWith(join(root, mount.point)) &&
      enableControllers(directory) &&
      mayMakeGroups(directory, 'memory.max'),
  )
  if (found === undefined) return undefined
  const hasCpu = readWords(join(found, 'cgroup.subtree_control')).includes('cpu')
  return {
    version: 2,
    memory: found,
    ...(hasCpu ? { cpu: found } : {}),
    ...ownProcsOf(root, mounts, own, ''),
  }
}

function ownProcsOf(
  root: string,
  mounts: readonly Mount[],
  own: ReadonlyMap<string, string>,
  controller: string,
): { readonly ownProcs?: string } {
  const mount = mounts.find(({ type, options }) =>
    controller === '' ? type === 'cgroup2' : type === 'cgroup' && options.includes(controller),
  )
  const path = own.get(controller)
  // The mount shows another part of the tree: a path in it may be somebody else's group.
  if (mount === undefined || path === undefined || !path.startsWith(mount.root)) return {}
  const inside = mount.root === '/' ? path : path.slice(mount.root.length)
  return { ownProcs: join(root, mount.point, inside, 'cgroup.procs') }
}

function enableControllers(directory: string): boolean {
  const file = join(directory, 'cgroup.subtree_control')
  if (!existsSync(file)) return false
  if (readWords(file).includes('memory')) return true
  try {
    writeFileSync(file, '+memory')
  } catch {
    return false
  }
  try {
    writeFileSync(file, '+cpu')
  } catch {
    // A limit of memory alone is still worth having.
  }
  return readWords(file).includes('memory')
}

function candidates(root: string, mount: Mount, path: string): readonly string[] {
  // Inside a container the mount may show only a part of the tree: `root` of it is what is cut off.
  const inside = path.startsWith(mount.root) ? path.slice(mount.root.length) : path
  const point = join(root, mount.point)
  return [...new Set([resolve(point, `./${mount.root === '/' ? path : inside}`), point])].filter(
    (directory) => existsSync(directory),
  )
}

function tryToMakeGroup(directory: string, file: string): boolean {
  const probe = join(directory, `${probePrefix}${process.pid}-${probeNumber()}`)
  try {
    removeOldProbes(directory)
    mkdirSync(probe)
  } catch {
    return false
  }
  try {
    return existsSync(join(probe, file))
  } finally {
    rmdirSync(probe)
  }
}

/** Those of agents that were killed between making and removing theirs. */
function removeOldProbes(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(probePrefix)) continue
    const pid = /^\d+/u.exec(name.slice(probePrefix.length))?.[0]
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue
    rmdirSync(join(directory, name))
  }
}

function probeNumber(): string {
  return Math.random().toString(36).slice(2, 10)
}

function readMounts(path: string): readonly Mount[] {
  return readLines(path).flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , mountRoot = '/', point = ''] = before.split(' ')
    const [type = '', , superOptions = ''] = after.split(' ')
    return type.startsWith('cgroup')
      ? [{ root: mountRoot, point, type, options: superOptions.split(',') }]
      : []
  })
}

/** Controller → path; version 2 is the one without a name. */
function readOwnGroups(path: string): ReadonlyMap<string, string> {
  const groups = new Map<string, string>()
  for (const line of readLines(path)) {
    const match = /^\d+:([^:]*):(.*)$/u.exec(line)
    for (const controller of match?.[1]?.split(',') ?? []) groups.set(controller, match?.[2] ?? '/')
  }
  return groups
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    return []
  }
}

function readWords(path: string): readonly string[] {
  return readLines(path).join(' ').split(/\s+/u)
}
