import { execFile } from 'node:child_process'
import { statfs, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { randomId, type Finding } from '@scalr-agent/core'

import type { ProcessContext } from './context.ts'
import { findBlocked } from './launch.ts'
import { errorCode, toProcessError, unless } from './process-error.ts'

const run = promisify(execFile)

const mebibyte = 1024 ** 2
const lowDiskBytes = 1024 * mebibyte
const fullDiskBytes = 64 * mebibyte
const fewInodes = 10_000
const socketPathBytes = 107
/** As go-plugin names it, in the job directory of a run. */
const socketBelowRoot = '/work/run-v0abcdefghijklmnop/tmp/plugin1234567890'

/** Looks at what workloads will need. A thing that cannot be looked at is a finding as well. */
export async function checkMachine(
  context: ProcessContext,
  cgroup: 'auto' | 'off',
): Promise<readonly Finding[]> {
  const shell = await checkShell()
  const dataDir = await checkDataDir(context)
  if (dataDir.level === 'error') return [dataDir, shell]
  return [
    dataDir,
    shell,
    checkPathLength(context),
    await checkExec(context),
    await checkDisk(context),
    checkCgroup(context, cgroup),
    await checkUser(context),
  ]
}

async function checkDataDir({ directory }: ProcessContext): Promise<Finding> {
  const id = 'process.data-dir'
  const { root } = directory
  const probe = join(directory.drafts, randomId('check'))
  try {
    await directory.create()
    await writeFile(probe, 'probe', { flush: true })
    await unlink(probe)
    return { id, level: 'ok', message: `The data directory ${root} can be written to.` }
  } catch (error) {
    const { message } = toProcessError(error, { phase: 'check', doing: `write to ${root}` })
    return {
      id,
      level: 'error',
      message,
      remedy: `Give the agent's user a directory of its own at ${root}.`,
    }
  }
}

async function checkShell(): Promise<Finding> {
  const id = 'process.shell'
  try {
    const script =
      'trap : TERM && [ -n "$1" ] && for tool in mv wc sleep; do command -v "$tool"; done'
    await run('/bin/sh', ['-c', script, 'check', 'x'], { env: { PATH: '/usr/bin:/bin' } })
    return { id, level: 'ok', message: 'There is a POSIX shell at /bin/sh.' }
  } catch (error) {
    return {
      id,
      level: 'error',
      message: `/bin/sh cannot be used: ${describe(error)}.`,
      remedy: 'Install a POSIX shell as /bin/sh and coreutils or busybox (mv, wc, sleep).',
    }
  }
}

async function checkExec({ directory }: ProcessContext): Promise<Finding> {
  const id = 'process.exec'
  const probe = join(directory.drafts, randomId('check'))
  try {
    await writeFile(probe, '#!/bin/sh\nexit 0\n', { mode: 0o700 })
    await run(probe)
    return { id, level: 'ok', message: 'Programs below the data directory can be run.' }
  } catch (error) {
    const denied = errorCode(error) === 'EACCES'
    return {
      id,
      level: 'error',
      message: denied
        ? `Programs below ${directory.root} may not be run: it is mounted noexec.`
        : `Programs below ${directory.root} cannot be run: ${describe(error)}.`,
      remedy: 'Providers run from the job directory: mount it with exec or choose another one.',
    }
  } finally {
    await unless(['ENOENT'], () => unlink(probe))
  }
}

/**
 * Providers listen on a Unix socket in the job's `TMPDIR`, whose path may have 107 bytes (`sun_path` of
 * Linux). Where it does not fit, tools say no more than "Unrecognized remote plugin message".
 */
function checkPathLength({ directory }: ProcessContext): Finding {
  const id = 'process.path-length'
  const longest = socketPathBytes - Buffer.byteLength(socketBelowRoot)
  const bytes = Buffer.byteLength(directory.root)
  if (bytes <= longest) {
    return { id, level: 'ok', message: 'Sockets of providers fit below the data directory.' }
  }
  return {
    id,
    level: 'warning',
    message: `The path of the data directory ${directory.root} has ${bytes} bytes: providers cannot make their sockets below it.`,
    remedy: `Choose a data directory whose path has at most ${longest} bytes.`,
  }
}

async function checkDisk({ directory }: ProcessContext): Promise<Finding> {
  const id = 'process.disk'
  const remedy =
    'Free space below the data directory: jobs write configuration, providers and logs.'
  try {
    const { bavail, bsize, ffree, files } = await statfs(directory.root)
    const freeBytes = bavail * bsize
    const message = `${Math.floor(freeBytes / mebibyte)} MiB are free below ${directory.root}.`
    if (freeBytes < fullDiskBytes) return { id, level: 'error', message, remedy }
    if (freeBytes < lowDiskBytes) return { id, level: 'warning', message, remedy }
    // Some file systems make inodes as they need them and tell 0 of 0.
    if (files > 0 && ffree < fewInodes) {
      return { id, level: 'warning', message: `Only ${ffree} files can be made there.`, remedy }
    }
    return { id, level: 'ok', message }
  } catch (error) {
    return { id, level: 'warning', message: `Free space is unknown: ${describe(error)}.`, remedy }
  }
}

function checkCgroup(context: ProcessContext, cgroup: 'auto' | 'off'): Finding {
  const id = 'process.cgroup'
  const hierarchy = context.cgroups()
  if (hierarchy !== undefined) {
    const what = hierarchy.cpu === undefined ? 'Memory is' : 'Memory and CPU are'
    return { id, level: 'ok', message: `${what} limited by cgroup version ${hierarchy.version}.` }
  }
  return {
    id,
    level: 'warning',
    message:
      cgroup === 'off'
        ? 'Limits of memory and CPU are switched off (`cgroup: off`).'
        : 'Limits of memory and CPU are not enforced: the agent may not make cgroups here.',
    remedy:
      'Run the agent as root on Linux, or give its service a delegated cgroup (`Delegate=yes`).',
  }
}

async function checkUser({ defaultUser, directory }: ProcessContext): Promise<Finding> {
  const id = 'process.user'
  const own = process.getuid?.()
  if (defaultUser === undefined) {
    return own === 0
      ? {
          id,
          level: 'warning',
          message: 'Workloads run as root, as the agent does.',
          remedy: 'Set `user` to a user without rights, e.g. `1000:1000`.',
        }
      : { id, level: 'ok', message: `Workloads run as the agent's own user (${own ?? 'unknown'}).` }
  }
  const name = `${defaultUser.uid}:${defaultUser.gid}`
  if (own !== 0 && defaultUser.uid !== own) {
    return {
      id,
      level: 'error',
      message: `Workloads cannot run as ${name}: the agent is not root.`,
      remedy: 'Run the agent as root, or leave `user` out.',
    }
  }
  const blocked = await findBlocked(directory.workloads, defaultUser)
  return blocked === undefined
    ? { id, level: 'ok', message: `Workloads run as ${name}.` }
    : {
        id,
        level: 'error',
        message: `User ${name} may not pass through ${blocked}.`,
        remedy: `Allow it with \`chmod o+x ${blocked}\`, or choose another data directory.`,
      }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error)
}
