import { isAbsolute, posix } from 'node:path'

import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node'
import type { WorkloadSpec } from '@scalr-agent/core'
import { jobDirectory, refuseSpec } from '@scalr-agent/core/container'
import { z } from 'zod'

import { kubernetesError } from '../kubernetes-error.ts'
import { ownVolumes } from './own-names.ts'

const path = z.string().refine(isAbsolute, 'must be an absolute path')

export const cacheVolumeSchema = z
  .strictObject({
    /** Where the agent has that volume: its `cacheDir`, or a directory above it. */
    agentPath: path,
    /** Directory that every node has, such as a network file system. */
    hostPath: path.optional(),
    /** Claim in the namespace of the jobs, which every node can mount (`ReadWriteMany`). */
    persistentVolumeClaim: z.string().min(1).optional(),
  })
  .refine(
    ({ hostPath, persistentVolumeClaim }) =>
      (hostPath === undefined) !== (persistentVolumeClaim === undefined),
    'must have either `hostPath` or `persistentVolumeClaim`',
  )

/** Where jobs find what the agent's caches hold. */
export type CacheVolume = z.output<typeof cacheVolumeSchema>

/** What a pod needs to see its caches, read-only. */
export interface MountedCaches {
  readonly volumes: readonly V1Volume[]
  readonly mounts: readonly V1VolumeMount[]
}

/** @throws `INVALID_SPEC` for a cache that does not lie in that volume. */
export function mountCaches(
  spec: WorkloadSpec,
  cacheVolume: CacheVolume | undefined,
): MountedCaches {
  if (spec.caches.length === 0) return { volumes: [], mounts: [] }
  if (cacheVolume === undefined) {
    const why =
      'it has caches, and the executor has no `cacheVolume` from which pods could mount them'
    return refuseSpec(spec, why, kubernetesError)
  }
  const { agentPath, hostPath, persistentVolumeClaim } = cacheVolume
  const mounts = spec.caches.map(({ name, source }) => {
    const subPath = posix.relative(agentPath, source)
    if (subPath === '..' || subPath.startsWith('../')) {
      const why = `its cache ${name} at ${source} is not in \`cacheVolume.agentPath\` ${agentPath}`
      return refuseSpec(spec, why, kubernetesError)
    }
    return {
      name: ownVolumes.caches,
      mountPath: `${jobDirectory}/caches/${name}`,
      readOnly: true,
      ...(subPath === '' ? {} : { subPath }),
    }
  })
  const volume: V1Volume =
    hostPath === undefined
      ? {
          name: ownVolumes.caches,
          persistentVolumeClaim: { claimName: persistentVolumeClaim ?? '', readOnly: true },
        }
      : { name: ownVolumes.caches, hostPath: { path: hostPath, type: 'Directory' } }
  return { volumes: [volume], mounts }
}
