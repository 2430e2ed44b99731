import { lchown, mkdir, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { OperationOptions, WorkloadSpec } from '@scalr-agent/core'
import { checkSpec, parseUser, type UnixUser } from '@scalr-agent/core/container'

import { createCgroup, planCgroup, warmUpCgroups } from './cgroup/workload-cgroup.ts'
import { claimWorkload, discardWorkload } from './claim.ts'
import type { ProcessContext } from './context.ts'
import { workloadPaths, type WorkloadPaths } from './data-directory.ts'
import { endProcesses } from './end-processes.ts'
import { processError, toProcessError } from './process-error.ts'
import { ownIdentity } from './process-identity.ts'
import { writeRecord, type EndedRecord, type WorkloadRecord } from './records.ts'
import { removeTree } from './remove-tree.ts'
import { startSupervisor } from './start-supervisor.ts'
import { draftPlace } from './tidy.ts'
import { unpackFiles } from './unpack-files.ts'
import { readWorkloadState } from './workload-state.ts'

const startTimeout = Symbol('start time-out')
const pendingPollMs = 2
/** Longer ones make Node's timers fire at once. */
const maxTimerMs = 2 ** 31 - 1

/** Launches a workload, or finds that it was launched. Afterwards its directory tells everything. */
export async function launchWorkload(
  context: ProcessContext,
  spec: WorkloadSpec,
  options: OperationOptions = {},
): Promise<void> {
  const { clock, directory } = context
  options.signal?.throwIfAborted()
  checkSpec(spec, processError)
  const timeout = new AbortController()
  const done = new AbortController()
  clock.sleep(Math.min(spec.startTimeoutMs, maxTimerMs), { signal: done.signal }).then(
    () => timeout.abort(startTimeout),
    () => {},
  )
  const signal = AbortSignal.any([timeout.signal, ...(options.signal ? [options.signal] : [])])
  try {
    await directory.create()
    const record = await describe(context, spec)
    if (await claim(context, record, signal)) await start(context, record, spec, signal)
  } catch (error) {
    options.signal?.throwIfAborted()
    if (error === startTimeout) throw stillPending(spec)
    throw toProcessError(error, { phase: 'launch', doing: `launch workload \`${spec.id}\`` })
  } finally {
    done.abort()
  }
}

/** `true` when it is ours to start, `false` when somebody else did. */
async function claim(
  context: ProcessContext,
  record: WorkloadRecord,
  signal: AbortSignal,
): Promise<boolean> {
  const draft = await draftPlace(context)
  try {
    await mkdir(draft, { mode: record.user === undefined ? 0o700 : 0o711 })
    await writeFile(workloadPaths(record.id, draft).record, `${JSON.stringify(record)}\n`, {
      mode: 0o600,
      flush: true,
    })
    for (;;) {
      const result = await claimWorkload(context, record, draft, signal)
      if (result !== 'pending') return result === 'claimed'
      await context.clock.sleep(pendingPollMs, { signal })
    }
  } finally {
    await removeTree(draft)
  }
}

async function start(
  context: ProcessContext,
  record: WorkloadRecord,
  spec: WorkloadSpec,
  signal: AbortSignal,
): Promise<void> {
  const { directory, clock } = context
  const paths = directory.workload(record.id)
  const cwd = directory.jobDirectory(record.directory)
  const failed = new AbortController()
  // The record that names them is in place, so they are found again; they need nothing of what follows.
  const groups = createGroups(record)
  groups.catch(() => {})
  let files: Promise<void> | undefined
  try {
    await mkdir(paths.staging, { mode: 0o700 })
    files = layOut(paths, record, spec, AbortSignal.any([signal, failed.signal]))
    files.catch(() => {})
    const inPlace = async (): Promise<void> => {
      await files
      signal.throwIfAborted()
      await rename(paths.staging, cwd)
    }
    await startSupervisor({ paths, record, spec, cwd, groups, inPlace, signal })
  } catch (error) {
    // What is still being made could not be removed.
    failed.abort(error)
    await Promise.allSettled([groups, files])
    const reason: unknown = signal.aborted ? signal.reason : error
    const wasAborted = signal.aborted && reason !== startTimeout
    const state = await readWorkloadState(paths, clock).catch(() => undefined)
    // Leave to start was given before the failure: what runs, runs.
    if (!wasAborted && (state?.phase === 'running' || state?.phase === 'ended')) return
    const processes = state?.phase === 'running' ? state.processes : undefined
    await endProcesses(paths, record, processes, clock)
    if (reason === startTimeout) {
      const outcome = {
        kind: 'not-started' as const,
        cause: 'start-timeout' as const,
        evidence: `Its main process did not run within ${spec.startTimeoutMs} ms (startTimeoutMs).`,
      }
      await writeRecord(paths.ended, { version: 1, outcome } satisfies EndedRecord)
      return
    }
    await discardWorkload(context, record)
    throw reason
  }
}

async function createGroups(record: WorkloadRecord): Promise<void> {
  if (record.cgroup !== undefined) await createCgroup(record.cgroup, record)
}

/** Makes the job directory complete, where no workload can reach it. */
async function layOut(
  paths: WorkloadPaths,
  record: WorkloadRecord,
  spec: WorkloadSpec,
  signal: AbortSignal,
): Promise<void> {
  const { user } = record
  if (spec.files !== undefined) {
    await unpackFiles(spec.files(), { target: paths.staging, user, signal, workload: spec.id })
  }
  if (spec.caches.length > 0) {
    const caches = join(paths.staging, 'caches')
    await mkdir(caches, { recursive: true, mode: 0o755 })
    for (const { name, source } of spec.caches) await symlink(source, join(caches, name))
  }
  if (user !== undefined) await lchown(paths.staging, user.uid, user.gid)
}

/** All that is written down of a spec: neither environment nor argv, so no secret. */
async function describe(context: ProcessContext, spec: WorkloadSpec): Promise<WorkloadRecord> {
  const user = await chooseUser(context, spec)
  const { memoryBytes, cpus } = spec.resources
  const hierarchy = context.cgroups()
  if (hierarchy !== undefined) warmUpCgroups(hierarchy)
  return {
    version: 1,
    id: spec.id,
    agentId: spec.agentId,
    directory: spec.directory,
    labels: { ...spec.labels },
    createdAt: context.clock.now().toISOString(),
    launcher: await ownIdentity(),
    user,
    memoryBytes,
    cpus,
    deadlineMs: spec.deadlineMs,
    cgroup: hierarchy && planCgroup(hierarchy, context.directory.root, spec.id),
  }
}

async function chooseUser(
  context: ProcessContext,
  spec: WorkloadSpec,
): Promise<UnixUser | undefined> {
  const user = spec.user === undefined ? context.defaultUser : parseUser(spec.user)
  const ownUid = process.getuid?.()
  if (user === undefined || (user.uid === ownUid && user.gid === process.getgid?.())) {
    return undefined
  }
  if (ownUid !== 0) {
    throw processError(
      'REJECTED',
      'launch',
      `Cannot launch workload \`${spec.id}\` as user ${user.uid}:${user.gid}: only root may start ` +
        'processes of other users. Run the agent as root, or do not name a user.',
    )
  }
  const blocked = await findBlocked(context.directory.workloads, user)
  if (blocked !== undefined) {
    throw processError(
      'REJECTED',
      'launch',
      `Cannot launch workload \`${spec.id}\` as user ${user.uid}:${user.gid}: that user may not pass ` +
        `through ${blocked}. Allow it (\`chmod o+x\`), or choose another data directory.`,
    )
  }
  return user
}

/** The first directory on the way that the user may not pass through. */
export async function findBlocked(path: string, user: UnixUser): Promise<string | undefined> {
  const parent = dirname(path)
  const above = parent === path ? undefined : await findBlocked(parent, user)
  if (above !== undefined) return above
  const { mode, uid, gid } = await stat(path)
  const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
  return user.uid === 0 || (mode & bit) !== 0 ? undefined : path
}

function stillPending(spec: WorkloadSpec): Error {
  return processError(
    'UNAVAILABLE',
    'launch',
    `Cannot launch workload \`${spec.id}\`: another process has been launching it for ` +
      `${spec.startTimeoutMs} ms (startTimeoutMs). Try again, or look at that process.`,
  )
}
