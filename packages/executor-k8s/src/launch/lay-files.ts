import { Readable } from 'node:stream'

import type { WorkloadSpec } from '@scalr-agent/core'
import { packJob } from '@scalr-agent/core/container'

import type { KubeClient } from '../calls/kube-client.ts'
import type { KubernetesContext } from '../context.ts'
import { kubernetesError } from '../kubernetes-error.ts'
import { containerNames } from '../manifest/own-names.ts'
import { userOf } from '../manifest/pod-security.ts'
import { layCommand, podMarks } from '../pod/scripts.ts'

/** What the companion said in the end. */
export type Laid = { readonly said: 'started' | 'refused' | 'late' } | { readonly failed: string }

/** How long the archive will be: old servers cannot be told where standard input ends. */
export async function archiveBytes(
  context: KubernetesContext,
  spec: WorkloadSpec,
  signal: AbortSignal,
): Promise<number> {
  let bytes = 0
  for await (const chunk of archiveOf(context, spec, signal)) {
    if (chunk instanceof Uint8Array) bytes += chunk.byteLength
  }
  return bytes
}

/**
 * Lays the files of a workload into its pod and resolves once its main process runs. Secrets go this way, too: they
 * stand in no object of the cluster.
 */
export async function layFiles(
  context: KubernetesContext,
  client: KubeClient,
  options: {
    readonly spec: WorkloadSpec
    readonly pod: string
    readonly bytes: number
    readonly waitMs: number
    readonly signal: AbortSignal
  },
): Promise<Laid> {
  const { bytes, pod, signal, spec, waitMs } = options
  const archive = Readable.from(atMost(archiveOf(context, spec, signal), bytes, spec))
  await using process = await client.pods.exec(
    { pod, container: containerNames.keeper, command: layCommand(bytes, waitMs), stdin: archive },
    signal,
  )
  let said = ''
  for await (const chunk of process.stdout) {
    said += String(chunk)
    // It says nothing more, and the connection may take a while to end.
    const last = /(?:^|\n)(started|refused|late)\n/u.exec(said)?.[1]
    if (last === 'started' || last === 'refused' || last === 'late') return { said: last }
  }
  await process.ended
  return {
    failed: said
      .replace(/^laid\n/u, '')
      .trim()
      .slice(0, 1000),
  }
}

/** More than was counted would be taken for something else. */
async function* atMost(
  archive: AsyncIterable<unknown>,
  bytes: number,
  spec: WorkloadSpec,
): AsyncGenerator<Uint8Array, void> {
  let sent = 0
  for await (const chunk of archive) {
    if (!(chunk instanceof Uint8Array)) continue
    sent += chunk.byteLength
    if (sent > bytes) throw changed(spec)
    yield chunk
  }
}

function archiveOf(context: KubernetesContext, spec: WorkloadSpec, signal: AbortSignal): Readable {
  return packJob(spec, {
    user: userOf(spec, context.options),
    signal,
    makeError: kubernetesError,
    hasJobDirectory: true,
    lastMark: podMarks.laid,
  })
}

function changed(spec: WorkloadSpec): Error {
  return kubernetesError(
    'INVALID_FILES',
    'launch',
    `Cannot launch workload \`${spec.id}\`: its files became longer while they were sent.`,
  )
}
