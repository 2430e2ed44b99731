import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node'

import { containerNames } from '../manifest/own-names.ts'

/** Status of one of our containers, wherever the server lists it. */
export function containerStatus(
  pod: V1Pod,
  name: keyof typeof containerNames,
): V1ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
  return [...containerStatuses, ...initContainerStatuses].find(
    (status) => status.name === containerNames[name],
  )
}

export function isRunning(pod: V1Pod, name: keyof typeof containerNames): boolean {
  return containerStatus(pod, name)?.state?.running !== undefined
}

/** Whether nothing of it runs any more, or ever will. */
export function isOver(pod: V1Pod): boolean {
  return pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded'
}

/** Why somebody else took the pod away, if so. Kubernetes tells it since 1.26; before, only some of it. */
export function evictionOf(pod: V1Pod): string | undefined {
  const { conditions = [], message, reason } = pod.status ?? {}
  const disruption = conditions.find(
    ({ status, type }) => type === 'DisruptionTarget' && status === 'True',
  )
  if (disruption !== undefined) {
    return sentence([disruption.reason, disruption.message])
  }
  return reason !== undefined &&
    /^(?:Evicted|Preempt|Shutdown|Terminated|NodeShutdown|NodeAffinity|UnexpectedAdmission)/u.test(
      reason,
    )
    ? sentence([reason, message])
    : undefined
}

/** What a container's end, or its waiting, is told with. */
export function sentence(parts: readonly (string | undefined)[]): string {
  return parts
    .filter((part) => part !== undefined && part !== '')
    .join(': ')
    .replaceAll(/\s+/gu, ' ')
    .replace(/\.$/u, '')
    .slice(0, 2000)
}
