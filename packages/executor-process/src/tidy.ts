import { lstat, readdir, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { randomId } from '@scalr-agent/core'
import { isId } from '@scalr-agent/core/container'

import { removeCgroup } from './cgroup/workload-cgroup.ts'
import type { ProcessContext } from './context.ts'
import { workloadPaths } from './data-directory.ts'
import { unless } from './process-error.ts'
import { isSameProcess, ownIdentity, type ProcessIdentity } from './process-identity.ts'
import { readRecord, workloadRecordSchema } from './records.ts'
import { removeTree } from './remove-tree.ts'

/** A place for a workload's description, named after its maker so that others know when it is rubbish. */
export async function draftPlace(context: ProcessContext): Promise<string> {
  const { pid, startTime, bootId } = await ownIdentity()
  const maker = [pid, startTime, bootId].map((part) => encodeURIComponent(part)).join(',')
  return join(context.directory.drafts, `${maker},${randomId('draft')}`)
}

/** Removes what agents left that were killed while they removed or described a workload. */
export async function tidy(context: ProcessContext): Promise<void> {
  const { directory } = context
  await emptyTrash(context)
  for (const name of await namesIn(directory.drafts)) {
    const maker = parseMaker(name)
    if (maker === undefined || !(await isSameProcess(maker))) {
      await removeTree(join(directory.drafts, name))
    }
  }
  const orphans: string[] = []
  for (const name of await namesIn(directory.owners)) {
    if (!(await hasOwner(context, name))) orphans.push(name)
  }
  if (orphans.length > 0) await context.lock.run(() => removeOrphans(context, orphans))
}

/** Several processes may do so at once. The groups go first: their names are known from the record. */
export async function emptyTrash(context: ProcessContext): Promise<void> {
  const { directory, clock } = context
  for (const name of await namesIn(directory.trash)) {
    const root = join(directory.trash, name)
    const { record } = workloadPaths(name, root)
    const known = await readRecord(record, workloadRecordSchema).catch(() => undefined)
    if (known?.cgroup !== undefined) await removeCgroup(known.cgroup, clock)
    await removeTree(root)
  }
}

async function removeOrphans(context: ProcessContext, names: readonly string[]): Promise<void> {
  const { directory } = context
  for (const name of names) {
    // Taken by a new workload between the look and the lock.
    if (await hasOwner(context, name)) continue
    await removeTree(directory.jobDirectory(name))
    await unless(['ENOENT'], () => rm(directory.owner(name)))
  }
}

async function hasOwner({ directory }: ProcessContext, name: string): Promise<boolean> {
  const owner = await unless(['ENOENT', 'EINVAL'], () => readlink(directory.owner(name)))
  if (owner === undefined || !isId(owner)) return false
  return (await unless(['ENOENT'], () => lstat(directory.workload(owner).root))) !== undefined
}

async function namesIn(path: string): Promise<readonly string[]> {
  return (await unless(['ENOENT'], () => readdir(path))) ?? []
}

function parseMaker(name: string): ProcessIdentity | undefined {
  const [pid = '', startTime = '', bootId = ''] = name.split(',').map(decodeURIComponent)
  return /^\d+$/u.test(pid) ? { pid: Number(pid), startTime, bootId } : undefined
}
