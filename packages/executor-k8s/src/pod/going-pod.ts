import type { V1Pod } from '@kubernetes/client-node'
import { exitRecordOf, parseTerminationMessage } from '@scalr-agent/core/container'

import type { KubeClient } from '../calls/kube-client.ts'
import { containerNames } from '../manifest/own-names.ts'
import { containerStatus, evictionOf, isRunning } from './pod-facts.ts'
import { exitRecordCommand } from './scripts.ts'

const limitMs = 10_000
const deleted = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'Deleted',
  message: 'it was deleted while its job ran',
}

/** Whether a pod is being taken away while its status still says that main runs. */
export function isGoing(pod: V1Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined && isRunning(pod, 'main')
}

/**
 * A kubelet that ends a pod tells nothing of its containers until the last of them has ended, and the companion
 * stays until its files were collected. So main's exit record is read where it was written: the pod as its
 * status will be. The pod as it is while there is no record, or nobody to ask.
 */
export async function withExitRecord(
  client: KubeClient,
  pod: V1Pod,
  signal: AbortSignal,
): Promise<V1Pod> {
  if (!isGoing(pod) || !isRunning(pod, 'keeper')) return pod
  const message = await askCompanion(client, pod, signal)
  const exit = exitRecordOf(parseTerminationMessage(message))
  if (exit === undefined) return pod
  const known = structuredClone(pod)
  const status = containerStatus(known, 'main')
  if (status !== undefined) status.state = { terminated: { exitCode: exit.exitCode, message } }
  // Main ran when it was deleted, else its status would say how it ended.
  if (evictionOf(pod) === undefined) known.status?.conditions?.push(deleted)
  return known
}

async function askCompanion(client: KubeClient, pod: V1Pod, signal: AbortSignal): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)])
  const name = pod.metadata?.name ?? ''
  const target = { pod: name, container: containerNames.keeper, command: exitRecordCommand }
  try {
    await using process = await client.pods.exec(target, limit)
    let said = ''
    for await (const chunk of process.stdout) said += String(chunk)
    return said
  } catch {
    // Asked again at the next look.
    signal.throwIfAborted()
    return ''
  }
}
