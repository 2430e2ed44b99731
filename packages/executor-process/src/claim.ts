import { lstat, readlink, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'

import { randomId } from '@scalr-agent/core'
import { isId } from '@scalr-agent/core/container'

import type { ProcessContext } from './context.ts'
import { endProcesses } from './end-processes.ts'
import { processError, unless } from './process-error.ts'
import type { WorkloadRecord } from './records.ts'
import { emptyTrash } from './tidy.ts'
import { readWorkloadState } from './workload-state.ts'

/**
 * - `claimed`: the draft is the workload now, and the caller alone may go on with it.
 * - `present`: it runs or has ended.
 * - `pending`: somebody else is launching it.
 */
export type Claim = 'claimed' | 'present' | 'pending'

/**
 * Makes a described workload ours, and the job directory its own. What a launcher that was killed left
 * behind is removed first.
 * @throws `REJECTED` when another live workload has the directory.
 */
export async function claimWorkload(
  context: ProcessContext,
  record: WorkloadRecord,
  draft: string,
  signal: AbortSignal | undefined,
): Promise<Claim> {
  const { directory, lock, clock } = context
  const paths = directory.workload(record.id)
  return await lock.run(
    async (): Promise<Claim> => {
      const state = await readWorkloadState(paths, clock)
      switch (state.phase) {
        case 'running':
        case 'ended':
          return 'present'
        case 'launching':
          if (state.pending) return 'pending'
          await moveToTrash(context, state.record)
          break
        case 'absent':
          break
      }
      await takeJobDirectory(context, record)
      await rename(draft, paths.root)
      return 'claimed'
    },
    { signal },
  )
}

/** Removes all of a workload; its processes must have ended. */
export async function discardWorkload(
  context: ProcessContext,
  record: WorkloadRecord,
): Promise<void> {
  await context.lock.run(() => moveToTrash(context, record))
  await emptyTrash(context)
}

/** Removes what a killed launcher left, unless it came to life after all. */
export async function discardLeftover(context: ProcessContext, id: string): Promise<void> {
  const paths = context.directory.workload(id)
  await context.lock.run(async () => {
    const state = await readWorkloadState(paths, context.clock)
    if (state.phase !== 'launching' || state.pending) return
    await endProcesses(paths, state.record, state.processes, context.clock)
    await moveToTrash(context, state.record)
  })
  await emptyTrash(context)
}

/** Where the job directory of a workload is now: another one may have taken over its place. */
export async function findJobDirectory(
  context: ProcessContext,
  record: WorkloadRecord,
): Promise<string> {
  const { directory } = context
  const owner = await unless(['ENOENT'], () => readlink(directory.owner(record.directory)))
  return owner === record.id
    ? directory.jobDirectory(record.directory)
    : directory.workload(record.id).retired
}

async function takeJobDirectory(context: ProcessContext, record: WorkloadRecord): Promise<void> {
  const { directory, clock } = context
  const link = directory.owner(record.directory)
  const previous = await unless(['ENOENT'], () => readlink(link))
  if (previous !== undefined && previous !== record.id && isId(previous)) {
    const state = await readWorkloadState(directory.workload(previous), clock)
    if (state.phase === 'running' || (state.phase === 'launching' && state.pending)) {
      throw processError(
        'REJECTED',
        'launch',
        `Cannot launch workload \`${record.id}\`: its directory \`${record.directory}\` belongs to ` +
          `workload \`${previous}\`, which still runs. Wait for its end, or use another directory.`,
      )
    }
  }
  await retireJobDirectory(context, record.directory, previous)
  await unless(['ENOENT'], () => rm(link))
  await symlink(record.id, link)
}

/** The files of an ended workload stay readable until it is destroyed, at another place. */
async function retireJobDirectory(
  context: ProcessContext,
  name: string,
  owner: string | undefined,
): Promise<void> {
  const { directory } = context
  const place = directory.jobDirectory(name)
  const known = owner !== undefined && isId(owner) ? directory.workload(owner) : undefined
  const keeps =
    known !== undefined && (await isThere(known.root)) && !(await isThere(known.retired))
  await unless(['ENOENT'], () => rename(place, keeps ? known.retired : trashPlace(context)))
}

/** In steps of which each leaves something that is still known, or is trash. */
async function moveToTrash(context: ProcessContext, record: WorkloadRecord): Promise<void> {
  const { directory } = context
  const link = directory.owner(record.directory)
  const owner = await unless(['ENOENT'], () => readlink(link))
  if (owner === record.id) {
    await retireJobDirectory(context, record.directory, record.id)
    await unless(['ENOENT'], () => rm(link))
  }
  await unless(['ENOENT'], () => rename(directory.workload(record.id).root, trashPlace(context)))
}

function trashPlace(context: ProcessContext): string {
  return join(context.directory.trash, randomId('trash'))
}

async function isThere(path: string): Promise<boolean> {
  return (await unless(['ENOENT', 'ENOTDIR'], () => lstat(path))) !== undefined
}
