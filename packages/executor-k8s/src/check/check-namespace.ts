import type { Finding } from '@scalr-agent/core'

import type { KubeHttp } from '../calls/kube-http.ts'
import { collections } from '../calls/kube-resources.ts'
import {
  isForbidden,
  isNamespaceTerminating,
  isNotFound,
  isQuotaExceeded,
  toKubernetesError,
} from '../kubernetes-error.ts'

/**
 * Asks the API server whether a kubeJob could be made in the namespace, without making one: it must exist, not
 * be going, and no quota or webhook may stand against it.
 */
export async function checkNamespace(http: KubeHttp, signal: AbortSignal): Promise<Finding> {
  const id = 'kubernetes.namespace'
  const { namespace } = http.cluster
  const call = { verb: 'create', resource: 'jobs.batch', namespace }
  try {
    await http.json(
      {
        method: 'POST',
        path: `${collections.jobs(namespace)}?dryRun=All&fieldManager=scalr-agent`,
        call,
        body: probeJob,
      },
      signal,
    )
    return { id, level: 'ok', message: `Jobs can be made in the namespace \`${namespace}\`.` }
  } catch (error) {
    if (isNotFound(error)) {
      return {
        id,
        level: 'error',
        message: `There is no namespace \`${namespace}\`.`,
        remedy: `Create it (\`kubectl create namespace ${namespace}\`), or name another one (\`cluster.namespace\`).`,
      }
    }
    if (isNamespaceTerminating(error)) {
      return {
        id,
        level: 'error',
        message: `The namespace \`${namespace}\` is being deleted.`,
        remedy: 'Wait until it is gone and create it again, or name another one.',
      }
    }
    if (isQuotaExceeded(error)) {
      return {
        id,
        level: 'warning',
        message: toKubernetesError(error, { phase: 'check', doing: 'make one more job' }).message,
      }
    }
    // Told with all that is missing by the check of access.
    if (isForbidden(error)) {
      return {
        id,
        level: 'warning',
        message: `Whether jobs can be made in the namespace \`${namespace}\` is unknown: the agent may not.`,
      }
    }
    signal.throwIfAborted()
    if (/does not support dry ?run|dryRun/iu.test(error instanceof Error ? error.message : '')) {
      return {
        id,
        level: 'ok',
        message: `Whether jobs can be made in the namespace \`${namespace}\` shows with the first: a webhook of the cluster cannot be asked beforehand.`,
      }
    }
    const { message } = toKubernetesError(error, { phase: 'check', doing: 'make jobs' })
    return { id, level: 'error', message }
  }
}

/** As little as a kubeJob can be; its security is that of those which the executor makes. */
const probeJob = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    generateName: 'scalr-agent-check-',
    labels: { 'app.kubernetes.io/managed-by': 'scalr-agent' },
  },
  spec: {
    backoffLimit: 0,
    template: {
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 1000,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'main',
            image: 'scalr.invalid/check',
            command: ['true'],
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { drop: ['ALL'] },
              readOnlyRootFilesystem: true,
            },
            resources: {
              requests: { cpu: '10m', memory: '16Mi' },
              limits: { cpu: '1', memory: '16Mi' },
            },
          },
        ],
      },
    },
  },
}
