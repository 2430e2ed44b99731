import { posix } from 'node:path'

import type { WorkloadSpec } from '../executor/index.ts'
import type { MakeExecutorError } from './executor-errors.ts'
import { parseUser } from './unix-user.ts'

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u
const variable = /^[A-Za-z_][A-Za-z0-9_]*$/u

/**
 * Refuses what no executor could carry out, before anything is touched. Rules of one executor alone stay
 * with it; see {@link refuseSpec}.
 * @throws `INVALID_SPEC`; never shows a value of the environment.
 */
export function checkSpec(spec: WorkloadSpec, makeError: MakeExecutorError): void {
  const refuse = (why: string): never => refuseSpec(spec, why, makeError)
  checkId('id', spec.id, makeError)
  checkId('directory', spec.directory, makeError)
  if (spec.agentId === '') refuse('agentId is empty')
  if (spec.argv.length === 0 || spec.argv[0] === '') refuse('argv is empty')
  if (spec.argv.some((part) => part.includes('\0'))) refuse('argv holds a NUL character')
  for (const [name, value] of [...Object.entries(spec.env), ...Object.entries(spec.secretEnv)]) {
    // A POSIX shell drops variables with other names without a word; saying so is better.
    if (!variable.test(name)) {
      refuse(
        `the environment variable ${JSON.stringify(name)} has a name that /bin/sh cannot hand on; ` +
          'use letters, digits and _ alone',
      )
    }
    if (value.includes('\0')) refuse(`the environment variable ${name} holds a NUL character`)
  }
  for (const { name, source } of spec.caches) {
    if (!label.test(name)) refuse(`the cache name ${JSON.stringify(name)} is wrong`)
    if (!posix.isAbsolute(source)) refuse(`the source of cache ${name} is not absolute`)
  }
  for (const [name, value] of Object.entries(spec.resources)) {
    if (value !== undefined && !(Number.isFinite(value) && value > 0)) {
      refuse(`resources.${name} is not above 0`)
    }
  }
  if (!(spec.startTimeoutMs > 0)) refuse('startTimeoutMs is not above 0')
  if (spec.deadlineMs !== undefined && !(spec.deadlineMs > 0)) refuse('deadlineMs is not above 0')
  if (spec.user !== undefined && parseUser(spec.user) === undefined) {
    refuse('its user must be numeric, `uid` or `uid:gid`')
  }
}

/** @throws `INVALID_SPEC` for anything but an RFC 1123 label: ids become names of files and objects. */
export function checkId(what: string, id: string, makeError: MakeExecutorError): void {
  if (isId(id)) return
  throw makeError(
    'INVALID_SPEC',
    'launch',
    `Cannot use ${what} ${JSON.stringify(id.slice(0, 100))} of a workload: use 1 to 63 lower-case ` +
      'letters, digits and -, with no - at either end.',
  )
}

/** Whether it may be the id of a workload. */
export function isId(id: string): boolean {
  return label.test(id)
}

/** @throws `INVALID_SPEC` with that reason. */
export function refuseSpec(spec: WorkloadSpec, why: string, makeError: MakeExecutorError): never {
  throw makeError('INVALID_SPEC', 'launch', `Cannot launch workload \`${spec.id}\`: ${why}.`)
}
