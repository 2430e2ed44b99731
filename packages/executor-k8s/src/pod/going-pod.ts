import type { V1Pod } from '@kubernetes/client-node'
import { exitRecordOf, parseTerminationMessage } from '@scalr-agent/core/container'

import { execText } from '../calls/exec-text.ts'
import type { KubeClient } from '../calls/kube-client.ts'
import { containerNames } from '../manifest/own-names.ts'
import { containerStatus, evictionOf, isRunning } from './pod-facts.ts'
import { exitRecordCommand } from './read-commands.ts'
import { readSealedRecord } from './sealed-record.ts'
import { releaseCommand } from './start-commands.ts'

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
 * stays until its files were collected. So main's exit record is read where it was written, and believed for its seal in
 * place of the exit code that the kubelet would have seen: the pod as its status will be. The pod as it is while there is
 * no record, or nobody to ask.
 *
 * A record without the seal keeps nobody waiting: its companion is let go, so that the kubelet tells how main ended.
 */
export async function withExitRecord(
  client: KubeClient,
  pod: V1Pod,
  record: { readonly sealDigest: string },
  signal: AbortSignal,
): Promise<V1Pod> {
  if (!isGoing(pod) || !isRunning(pod, 'keeper')) return pod
  const said = readSealedRecord(
    await tellCompanion(client, pod, exitRecordCommand, signal),
    record.sealDigest,
  )
  if (said.kind === 'forged') await tellCompanion(client, pod, releaseCommand, signal)
  if (said.kind !== 'proven') return pod
  const { message } = said
  const exit = exitRecordOf(parseTerminationMessage(message))
  if (exit === undefined) return pod
  const known = structuredClone(pod)
  const status = containerStatus(known, 'main')
  if (status !== undefined) status.state = { terminated: { exitCode: exit.exitCode, message } }
  // Main ran when it was deleted, else its status would say how it ended.
  if (evictionOf(pod) === undefined) known.status?.conditions?.push(deleted)
  return known
}

async function tellCompanion(
  client: KubeClient,
  pod: V1Pod,
  command: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string> {
  const target = { pod: pod.metadata?.name ?? '', container: containerNames.keeper, command }
  try {
    return await execText(client, target, { signal, limitMs })
  } catch {
    // Asked again at the next look.
    signal.throwIfAborted()
    return ''
  }
}
