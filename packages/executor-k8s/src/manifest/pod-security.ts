import type { V1PodSecurityContext, V1SecurityContext } from '@kubernetes/client-node'
import type { WorkloadSpec } from '@scalr-agent/core'
import { parseUser, type UnixUser } from '@scalr-agent/core/container'

import type { ManifestOptions } from './manifest-options.ts'

/** What a package manager needs, and what it takes to end its processes; without `root` there are none. */
const rootCapabilities = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
] as const

/** As whom the workload runs. */
export function userOf(
  spec: Pick<WorkloadSpec, 'user'>,
  options: Pick<ManifestOptions, 'root' | 'user'>,
): UnixUser {
  const text = spec.user ?? options.user ?? (options.root ? '0:0' : '1000:1000')
  const user = parseUser(text)
  if (user === undefined) throw new TypeError(`The user ${text} was not checked.`)
  return user
}

/** Of the whole pod: meets the Pod Security Standard `restricted`, unless the user is root. */
export function podSecurity({ uid, gid }: UnixUser): V1PodSecurityContext {
  return {
    runAsUser: uid,
    runAsGroup: gid,
    runAsNonRoot: uid !== 0,
    // Volumes belong to root; this is how others may write there.
    fsGroup: gid,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  }
}

/** Of a container. */
export function containerSecurity(
  options: Pick<ManifestOptions, 'root'>,
  readOnlyRootFilesystem: boolean,
): V1SecurityContext {
  return {
    privileged: false,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem,
    capabilities: { drop: ['ALL'], ...(options.root ? { add: [...rootCapabilities] } : {}) },
  }
}
