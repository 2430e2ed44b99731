import { posix } from 'node:path'

import type { WorkloadSpec } from '@scalr-agent/core'

import { dockerError } from '../docker-error.ts'
import { ownLabelPrefix } from './labels.ts'

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
export function checkSpec(
  spec: WorkloadSpec,
  options: { readonly metadata: 'block' | 'allow' },
): void {
  checkId('id', spec.id)
  checkId('directory', spec.directory)
  if (spec.agentId === '') refuse(spec, 'agentId is empty')
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
  for (const { name, source } of spec.caches) {
    if (!label.test(name)) refuse(spec, `the cache name ${JSON.stringify(name)} is wrong`)
    if (!posix.isAbsolute(source)) refuse(spec, `the source of cache ${name} is not absolute`)
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
  if (spec.user !== undefined && parseUser(spec.user) === undefined) {
    refuse(spec, 'its user must be numeric, `uid` or `uid:gid`')
  }
  const reserved = Object.keys(spec.labels).find((name) => name.startsWith(ownLabelPrefix))
  if (reserved !== undefined) refuse(spec, `the label ${reserved} is one of the executor's own`)
  if (options.metadata === 'block') checkNetwork(spec, spec.network)
}

/** Networks that are not the container's own cannot be kept from the metadata service. */
export function checkNetwork(spec: WorkloadSpec, network: string | undefined): void {
  if (network === undefined || !sharesNetwork(network)) return
  refuse(
    spec,
    `on the network ${network} it could reach the metadata service of the cloud; use a network of ` +
      "the engine, or say `metadata: 'allow'`",
  )
}

function sharesNetwork(network: string): boolean {
  return network === 'host' || network.startsWith('container:')
}

function checkId(what: string, id: string): void {
  if (label.test(id)) return
  throw dockerError(
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
  throw dockerError('INVALID_SPEC', 'launch', `Cannot launch workload \`${spec.id}\`: ${why}.`)
}
