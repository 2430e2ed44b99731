import type { V1Job, V1Pod, V1ContainerStatus, CoreV1Event } from '@kubernetes/client-node'
import type { NotStartedOutcome } from '@scalr-agent/core'

import { containerStatus, evictionOf, isOver, sentence } from '../pod/pod-facts.ts'

/** What keeps a pod from starting. */
export interface StartProblem {
  readonly cause: NotStartedOutcome['cause']
  /** The cluster's own words. */
  readonly evidence: string
  /** Whether waiting any longer is of no use. */
  readonly isFinal: boolean
}

/** A registry that says so says it tomorrow, too. */
const imageIsMissing =
  /not found|manifest unknown|does not exist|unauthorized|denied|authentication required|no basic auth|invalid reference/iu

/** What keeps that pod from starting now, if anything does. */
export function startProblem(pod: V1Pod): StartProblem | undefined {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  if (scheduled?.status === 'False') {
    return {
      cause: 'unschedulable',
      evidence: sentence([scheduled.reason, scheduled.message]),
      isFinal: false,
    }
  }
  for (const name of ['keeper', 'main'] as const) {
    const status = containerStatus(pod, name)
    const problem = status === undefined ? undefined : containerProblem(status)
    if (problem !== undefined) return problem
  }
  if (isOver(pod)) {
    const why = evictionOf(pod) ?? sentence([pod.status?.reason, pod.status?.message])
    return { cause: 'rejected', evidence: why === '' ? 'The pod failed' : why, isFinal: false }
  }
  return undefined
}

function containerProblem({
  lastState,
  state,
  image,
}: V1ContainerStatus): StartProblem | undefined {
  const ended = state?.terminated ?? lastState?.terminated
  if (ended !== undefined && /^(?:StartError|ContainerCannotRun)$/u.test(ended.reason ?? '')) {
    return { cause: 'rejected', evidence: cannotRun(ended.message ?? '', image), isFinal: true }
  }
  const { message = '', reason = '' } = state?.waiting ?? {}
  switch (reason) {
    case 'ErrImageNeverPull':
    case 'InvalidImageName':
      return { cause: 'image-pull', evidence: sentence([reason, message]), isFinal: true }
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'ImageInspectError':
    case 'RegistryUnavailable':
    case 'SignatureValidationFailed':
      return {
        cause: 'image-pull',
        evidence: sentence([reason, message]) + remedyOfPull(message),
        isFinal: imageIsMissing.test(message),
      }
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'RunContainerError':
      return {
        cause: 'rejected',
        evidence: cannotRun(sentence([reason, message]), image),
        isFinal: true,
      }
    default:
      return undefined
  }
}

/** A registry often tells a stranger no more than that there is no such image. */
function remedyOfPull(message: string): string {
  return /unauthorized|denied|authentication required|no basic auth|authorization failed/iu.test(
    message,
  )
    ? '. If the registry wants credentials: name their secret in `template.imagePullSecrets`'
    : ''
}

function cannotRun(said: string, image: string): string {
  if (/exec format error/iu.test(said)) {
    return `The image ${image} is made for another kind of processor than the node's: ${said}`
  }
  if (/\/bin\/sh"?:? .*(?:no such file|not found|permission denied)/isu.test(said)) {
    return `The image ${image} has no /bin/sh that can run; jobs need a POSIX shell and tar: ${said}`
  }
  return said
}

/** What keeps a kubeJob from having a pod at all, by its events. */
export function creationProblem(
  kubeJob: V1Job | undefined,
  events: readonly CoreV1Event[],
): StartProblem | undefined {
  const failed = kubeJob?.status?.conditions?.find(
    ({ status, type }) => type === 'Failed' && status === 'True',
  )
  if (failed !== undefined) {
    return {
      cause: 'start-timeout',
      evidence: sentence([failed.reason, failed.message]),
      isFinal: true,
    }
  }
  const event = events.findLast(({ reason }) => reason === 'FailedCreate')
  if (event === undefined) return undefined
  const evidence = sentence([event.reason, event.message])
  // Others that end make room, and a webhook's service comes back.
  const passes = /exceeded quota|failed calling webhook|connection refused|timeout/iu.test(evidence)
  return {
    cause: /exceeded quota/iu.test(evidence) ? 'unschedulable' : 'rejected',
    evidence,
    isFinal: !passes,
  }
}
