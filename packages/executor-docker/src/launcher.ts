import { readFileSync, readlinkSync } from 'node:fs'

import { randomId } from '@scalr-agent/core'

/**
 * Names one attempt of one process to launch: `<boot>.<pid namespace>.<pid>.<start>.<random>`. A later
 * process on the same machine can tell from it whether the launcher still lives.
 */
export function newLauncher(): string {
  return `${ownPlace()}.${process.pid}.${startTimeOf(process.pid) ?? '-'}.${randomId('')}`
}

/** `unknown` when the launcher ran where we cannot look: another machine or container. */
export function launcherLife(launcher: string): 'alive' | 'dead' | 'unknown' {
  const [boot, namespace, pid, start] = launcher.split('.')
  if (`${boot}.${namespace}` !== ownPlace() || boot === '-' || start === '-') return 'unknown'
  return startTimeOf(Number(pid)) === start ? 'alive' : 'dead'
}

function ownPlace(): string {
  return `${read('/proc/sys/kernel/random/boot_id') ?? '-'}.${ownNamespace()}`
}

function ownNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replaceAll(/\D/gu, '')
  } catch {
    return '-'
  }
}

/** Clock ticks since boot: a pid alone may be given to another process. */
function startTimeOf(pid: number): string | undefined {
  const line = read(`/proc/${pid}/stat`)
  if (line === undefined) return undefined
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').trim()
  } catch {
    return undefined
  }
}
