import { isAbsolute, posix } from 'node:path'

import type { V1Affinity, V1Volume } from '@kubernetes/client-node'
import { jobDirectory, ownPaths } from '@scalr-agent/core/container'
import { z } from 'zod'

import { isReservedKey, ownVolumePrefix } from './own-names.ts'

const labelName =
  /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/u
const labelValue = /^(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?$/u

/**
 * Pairs whose keys are checked by hand, and before the values: zod says no more of a wrong key than that it is one, and
 * drops `__proto__` unseen.
 */
function pairs(value: z.ZodString, mayBeOwn: boolean) {
  return z
    .custom<Record<string, string>>()
    .superRefine((given, context) => {
      for (const key of Object.keys(given ?? {})) {
        const message = labelName.test(key)
          ? mayBeOwn || !isReservedKey(key)
            ? undefined
            : 'is one by which the executor or Kubernetes knows its jobs'
          : 'must be a name that Kubernetes accepts'
        if (message !== undefined) context.addIssue({ code: 'custom', path: [key], message })
      }
    })
    .pipe(z.record(z.string(), value))
}

const labelText = z.string().regex(labelValue, 'must be a value that Kubernetes accepts')
const objectName = z
  .string()
  .regex(/^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/u, 'must be the name of an object')

/** Our own mounts, and what a container cannot do without. */
const reservedPaths = [jobDirectory, ownPaths.root, '/dev', '/proc', '/sys']

const mountPath = z
  .string()
  .refine(isAbsolute, 'must be an absolute path')
  .refine((path) => !hidesReserved(path), {
    error: `must not be at, in or above ${reservedPaths.join(', ')}, nor at /tmp`,
  })

const toleration = z.strictObject({
  key: z.string().exactOptional(),
  operator: z.enum(['Exists', 'Equal', 'Lt', 'Gt']).exactOptional(),
  value: z.string().exactOptional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).exactOptional(),
  tolerationSeconds: z.int().exactOptional(),
})

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const volume = z.custom<V1Volume>(
  (value) => isObject(value),
  'must be a volume as in the specification of a pod',
)

/**
 * What of a pod is the operator's to choose. All else, and above all what isolates a job and keeps it from
 * running twice, is the executor's: images, commands, environment, security context, restart policy, service
 * account token, grace period, process and network namespaces.
 */
export const podTemplateSchema = z
  .strictObject({
    /** Of kubeJobs and pods. Those that the executor goes by cannot be set. */
    labels: pairs(labelText, false).default({}),
    /** Of kubeJobs and pods. */
    annotations: pairs(z.string(), false).default({}),
    nodeSelector: pairs(labelText, true).default({}),
    tolerations: z.array(toleration).default([]),
    affinity: z.custom<V1Affinity>((value) => isObject(value), 'must be an object').optional(),
    /** @default the namespace's `default` */
    serviceAccountName: objectName.optional(),
    /**
     * Whether jobs get the token of that service account. Whoever writes Terraform code then may do all
     * that it may.
     * @default false
     */
    automountServiceAccountToken: z.boolean().default(false),
    runtimeClassName: objectName.optional(),
    priorityClassName: objectName.optional(),
    /** Names of secrets with credentials of registries. */
    imagePullSecrets: z.array(objectName).default([]),
    /** More volumes, as in the specification of a pod. */
    volumes: z
      .array(
        volume
          .refine(
            ({ name }) => /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/u.test(name),
            'must have a name',
          )
          .refine(
            ({ name }) => !name.startsWith(ownVolumePrefix),
            `must not have a name that begins with ${ownVolumePrefix}`,
          ),
      )
      .default([]),
    /** Where jobs see them. */
    volumeMounts: z
      .array(
        z.strictObject({
          name: z.string(),
          mountPath,
          readOnly: z.boolean().exactOptional(),
          subPath: z.string().exactOptional(),
        }),
      )
      .default([]),
  })
  .superRefine(({ volumes, volumeMounts }, context) => {
    const names = volumes.map(({ name }) => name)
    if (new Set(names).size < names.length) {
      context.addIssue({ code: 'custom', path: ['volumes'], message: 'must have a name each' })
    }
    volumeMounts.forEach(({ name }, index) => {
      if (names.includes(name)) return
      const path = ['volumeMounts', index, 'name']
      context.addIssue({ code: 'custom', path, message: 'must be the name of one of `volumes`' })
    })
  })

/** What of the pods of jobs is chosen by whoever runs the agent. */
export type PodTemplateOptions = z.input<typeof podTemplateSchema>
export type PodTemplate = z.output<typeof podTemplateSchema>

function hidesReserved(path: string): boolean {
  const normal = posix.normalize(path).replace(/(?<=.)\/$/u, '')
  if (normal === '/' || normal === '/tmp') return true
  return reservedPaths.some(
    (reserved) =>
      normal === reserved || normal.startsWith(`${reserved}/`) || reserved.startsWith(`${normal}/`),
  )
}
