import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { chown, mkdir, open } from 'node:fs/promises'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'

import type { WorkloadSpec } from '@scalr-agent/core'

import { joinCgroup } from './cgroup/workload-cgroup.ts'
import type { WorkloadPaths } from './data-directory.ts'
import { processError } from './process-error.ts'
import { identifyProcess } from './process-identity.ts'
import {
  reserveExitRecord,
  syncDirectory,
  wasStarted,
  writeRecord,
  type ProcessesRecord,
  type WorkloadRecord,
} from './records.ts'
import { supervisorScript, wrapperScript } from './supervisor-script.ts'

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const madeUpByShells = ['PWD', 'OLDPWD', 'SHLVL', '_']

export interface StartOptions {
  readonly paths: WorkloadPaths
  readonly record: WorkloadRecord
  readonly spec: WorkloadSpec
  /** Where the job directory is to be. */
  readonly cwd: string
  /** Resolves when the cgroups are there. */
  readonly groups: Promise<void>
  /** Waits for the files and moves them to `cwd`. Called once. */
  readonly inPlace: () => Promise<void>
  readonly signal: AbortSignal
}

/**
 * Starts the supervisor, puts the main process into its cgroup, writes down who they are, and only then
 * gives leave to start. When this process dies or throws before that, nothing of argv ever runs.
 *
 * While the supervisor starts, the files are laid out: it waits in their directory, which takes it along
 * when it is moved to its place.
 */
export async function startSupervisor(options: StartOptions): Promise<void> {
  const { paths, record, groups } = options
  const env = { PATH: defaultPath, ...options.spec.env, ...options.spec.secretEnv }
  // Another user may not be in the directory before it is complete; and a shell would make up a PWD of it.
  const isAhead = record.user === undefined && !('PWD' in env)
  if (!isAhead) await options.inPlace()
  const output = await prepare(paths, record)
  const durable = Promise.all([syncDirectory(paths.root), groups])
  durable.catch(() => {})
  let child: ChildProcess
  let exited: Promise<unknown>
  try {
    child = spawnSupervisor(options, {
      output: output.fd,
      env,
      cwd: isAhead ? paths.staging : options.cwd,
    })
    // Listened for from the first moment: it may end before we get around to anything.
    exited = once(child, 'exit').catch(() => {})
    await once(child, 'spawn')
  } finally {
    await output.close()
  }
  try {
    child.unref()
    await handshake(child, options, { durable, inPlace: isAhead ? options.inPlace : undefined })
  } catch (error) {
    if (child.pid !== undefined && !(await wasStarted(paths.main))) {
      // Nobody but us knows of it yet: it waits for leave, as the leader of its own group.
      if (child.exitCode === null && child.signalCode === null) killGroup(child.pid)
      await exited
    }
    throw error
  }
}

async function handshake(
  child: ChildProcess,
  { paths, record, signal }: StartOptions,
  {
    durable,
    inPlace,
  }: { readonly durable: Promise<unknown>; readonly inPlace: (() => Promise<void>) | undefined },
): Promise<void> {
  const gate = child.stdio[3]
  if (!(gate instanceof Socket)) throw new TypeError('the supervisor has no descriptor 3')
  const abort = (): void => {
    gate.destroy()
  }
  signal.addEventListener('abort', abort, { once: true })
  const lines = createInterface({ input: gate })[Symbol.asyncIterator]()
  gate.on('error', () => {})
  try {
    const mainPid = Number((await lines.next()).value)
    signal.throwIfAborted()
    const supervisor = await identifyProcess(child.pid ?? 0)
    const main = Number.isInteger(mainPid) ? await identifyProcess(mainPid) : undefined
    if (supervisor === undefined || main === undefined) throw endedEarly(record)
    const processes: ProcessesRecord = { version: 1, supervisor, main }
    const joined = durable.then(async () => {
      if (record.cgroup !== undefined) await joinCgroup(record.cgroup, mainPid)
    })
    joined.catch(() => {})
    await writeRecord(paths.processes, processes)
    await syncDirectory(paths.root)
    await joined
    await inPlace?.()
    signal.throwIfAborted()
    gate.write('go\n')
    const answer: unknown = (await lines.next()).value
    if (answer !== 'started' && !(await wasStarted(paths.main))) {
      signal.throwIfAborted()
      throw endedEarly(record)
    }
  } finally {
    signal.removeEventListener('abort', abort)
    gate.destroy()
  }
}

/** Everything the supervisor writes to is made beforehand: it may run as another user. */
async function prepare(
  paths: WorkloadPaths,
  record: WorkloadRecord,
): Promise<Awaited<ReturnType<typeof open>>> {
  await mkdir(paths.run, { mode: 0o700 })
  await reserveExitRecord(paths.exitDraft)
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL
  const output = await open(paths.output, flags, 0o600)
  const { user } = record
  if (user !== undefined) {
    await output.chown(user.uid, user.gid)
    await chown(paths.exitDraft, user.uid, user.gid)
    await chown(paths.run, user.uid, user.gid)
  }
  return output
}

function spawnSupervisor(
  { paths, record, spec }: StartOptions,
  {
    output,
    env,
    cwd,
  }: {
    readonly output: number
    readonly env: Readonly<Record<string, string>>
    readonly cwd: string
  },
): ChildProcess {
  const deadline = record.deadlineMs === undefined ? '' : (record.deadlineMs / 1000).toFixed(3)
  const memory = record.cgroup?.memory ?? ''
  const wrapper = wrapperScript(madeUpByShells.filter((name) => !(name in env)))
  const argv = ['scalr-agent', paths.run, paths.output, deadline, memory]
  argv.push(String(record.cgroup?.version ?? ''), wrapper, ...spec.argv)
  return spawn('/bin/sh', ['-c', supervisorScript, ...argv], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', output, output, 'pipe'],
    ...record.user,
  })
}

function endedEarly(record: WorkloadRecord): Error {
  return processError(
    'ENGINE_FAILURE',
    'launch',
    `Cannot launch workload \`${record.id}\`: its supervisor ended before it could start anything. ` +
      'Run the preflight (`check`): /bin/sh must work for its user, and that user must reach the ' +
      'data directory.',
  )
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
