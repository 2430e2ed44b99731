import { readFileSync, readlinkSync } from 'node:fs'

import { randomId } from '../runtime/index.ts'

/** Of this copy of this module: threads and copies share a pid, but not what is under way. */
const instance = randomId('').slice(1)
const underWay = new Set<string>()

/**
 * Names one attempt of one process to launch:
 * `<boot>.<pid namespace>.<pid>.<start>.<instance>.<attempt>`. Any process can tell from it whether
 * somebody is still there to finish it. Disposed when the attempt is over.
 */
export class Launcher implements Disposable {
  readonly name: string
  readonly #start = startTimeOf(process.pid) ?? '-'

  constructor() {
    this.name = `${ownPlace()}.${process.pid}.${this.#start}.${instance}.${randomId('').slice(1)}`
    underWay.add(this.name)
  }

  [Symbol.dispose](): void {
    underWay.delete(this.name)
  }
}

/** The last part of a launcher's name, which no other attempt has. */
export function attemptOf(launcher: string): string {
  return launcher.slice(launcher.lastIndexOf('.') + 1)
}

/** `unknown` when the launcher ran where we cannot look: another machine or container. */
export function launcherLife(launcher: string): 'alive' | 'dead' | 'unknown' {
  const [boot, namespace, pid, start, launchedBy] = launcher.split('.')
  if (launchedBy === instance) return underWay.has(launcher) ? 'alive' : 'dead'
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
