import { isAbsolute } from 'node:path'

import type { WorkloadSpec } from '@scalr-agent/core'

import { processError } from './process-error.ts'

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u
const variable = /^[A-Za-z_][A-Za-z0-9_]*$/u

/** A user and group by number. */
export interface UnixUser {
  readonly uid: number
  readonly gid: number
}

/**
 * Refuses what could not be carried out, before anything is touched.
 * @throws `INVALID_SPEC`; never shows a value of the environment.
 */
export function checkSpec(spec: WorkloadSpec): void {
  checkId('id', spec.id)
  checkId('directory', spec.directory)
  if (spec.argv.length === 0 || spec.argv[0] === '') refuse(spec, 'argv is empty')
  if (spec.argv.some((part) => part.includes('\0'))) refuse(spec, 'argv holds a NUL character')
  for (const [name, value] of [...Object.entries(spec.env), ...Object.entries(spec.secretEnv)]) {
    // A POSIX shell drops variables with other names without a word; saying so is better.
    if (!variable.test(name)) {
      refuse(
        spec,
        `the environment variable ${JSON.stringify(name)} has a name that /bin/sh cannot hand on; ` +
          'use letters, digits and _ alone',
      )
    }
    if (value.includes('\0')) refuse(spec, `the environment variable ${name} holds a NUL character`)
  }
  for (const cache of spec.caches) {
    if (!label.test(cache.name))
      refuse(spec, `the cache name ${JSON.stringify(cache.name)} is wrong`)
    if (!isAbsolute(cache.source)) refuse(spec, `the source of cache ${cache.name} is not absolute`)
  }
  for (const [name, value] of Object.entries(spec.resources)) {
    if (value !== undefined && !(Number.isFinite(value) && value > 0)) {
      refuse(spec, `resources.${name} is not above 0`)
    }
  }
  if (!(spec.startTimeoutMs > 0)) refuse(spec, 'startTimeoutMs is not above 0')
  if (spec.deadlineMs !== undefined && !(spec.deadlineMs > 0)) {
    refuse(spec, 'deadlineMs is not above 0')
  }
}

/** @throws `INVALID_SPEC` for anything but an RFC 1123 label: ids become file names. */
function checkId(what: string, id: string): void {
  if (label.test(id)) return
  throw processError(
    'INVALID_SPEC',
    'launch',
    `Cannot use ${what} ${JSON.stringify(id.slice(0, 100))} of a workload: use 1 to 63 lower-case ` +
      'letters, digits and -, with no - at either end.',
  )
}

export function isId(id: string): boolean {
  return label.test(id)
}

/** `uid` or `uid:gid`; the group is the same number as the user when it is not given. */
export function parseUser(text: string): UnixUser | undefined {
  const match = /^(\d{1,10})(?::(\d{1,10}))?$/u.exec(text)
  if (match === null) return undefined
  const uid = Number(match[1])
  const gid = match[2] === undefined ? uid : Number(match[2])
  // 2^32 - 1 means "leave as it is" to the system, which would be root.
  return Math.max(uid, gid) < 2 ** 32 - 1 ? { uid, gid } : undefined
}

function refuse(spec: WorkloadSpec, why: string): never {
  throw processError('INVALID_SPEC', 'launch', `Cannot launch workload \`${spec.id}\`: ${why}.`)
}
