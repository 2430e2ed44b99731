import type { Finding } from '@scalr-agent/core'
import { z } from 'zod'

import type { KubeHttp } from '../calls/kube-http.ts'
import { isForbidden, isNotFound } from '../kubernetes-error.ts'

const claimSchema = z.looseObject({
  spec: z.looseObject({ accessModes: z.array(z.string()).default([]) }),
  status: z.looseObject({ phase: z.string().default('unknown') }).default({ phase: 'unknown' }),
})

/** Whether the claim that caches lie in can be mounted by jobs. */
export async function checkCacheClaim(
  http: KubeHttp,
  name: string,
  signal: AbortSignal,
): Promise<Finding> {
  const id = 'kubernetes.cache-volume'
  const { namespace } = http.cluster
  const claim = `The persistent volume claim \`${name}\` of the caches`
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/persistentvolumeclaims/${encodeURIComponent(name)}`
  const call = { verb: 'get', resource: 'persistentvolumeclaims', namespace, name }
  try {
    const { spec, status } = claimSchema.parse(
      await http.json({ method: 'GET', path, call }, signal),
    )
    if (status.phase === 'Lost') {
      return {
        id,
        level: 'error',
        message: `${claim} has lost its volume.`,
        remedy: 'Make it anew.',
      }
    }
    if (status.phase !== 'Bound') {
      return {
        id,
        level: 'warning',
        message: `${claim} is not bound to a volume (${status.phase}): jobs wait for it.`,
        remedy:
          'Look at `kubectl describe pvc`. A storage class that waits for its first pod binds with the first job.',
      }
    }
    if (!spec.accessModes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany')) {
      return {
        id,
        level: 'warning',
        message: `${claim} can be mounted on one node only (${spec.accessModes.join(', ')}): all jobs run there.`,
        remedy: 'Use a volume with the access mode ReadWriteMany.',
      }
    }
    return { id, level: 'ok', message: `${claim} is bound.` }
  } catch (error) {
    if (isNotFound(error)) {
      return {
        id,
        level: 'error',
        message: `${claim} is not in the namespace \`${namespace}\`: no job would start.`,
        remedy: 'Create it there, or name another one.',
      }
    }
    if (!isForbidden(error)) throw error
    return {
      id,
      level: 'ok',
      message: `${claim} was not looked at: the agent may not get persistentvolumeclaims.`,
    }
  }
}
