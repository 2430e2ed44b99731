import { Readable } from 'node:stream'

import type { WorkloadSpec } from '@scalr-agent/core'
import { packJob } from '@scalr-agent/core/container'

import type { KubeClient } from '../calls/kube-client.ts'
import type { KubernetesContext } from '../context.ts'
import { kubernetesError } from '../kubernetes-error.ts'
import { containerNames } from '../manifest/own-names.ts'
import { userOf } from '../manifest/pod-security.ts'
import { podMarks } from '../pod/pod-commands.ts'
import { layCommand } from '../pod/start-commands.ts'

/** What the companion said in the end. */
export type Laid = { readonly said: 'started' | 'refused' | 'late' } | { readonly failed: string }

/** Archives up to this size are made once and kept meanwhile; of larger ones the files are read twice. */
const keptBytes = 4 * 1024 ** 2

/** How often an archive is sent that did not arrive whole. */
const layAttempts = 8
const layPauseMs = 250

interface LayOptions {
  readonly spec: WorkloadSpec
  readonly pod: string
  readonly archive: CountedArchive
  readonly waitMs: number
  readonly signal: AbortSignal
}

/** An archive whose length is known: old servers cannot be told where standard input ends. */
export interface CountedArchive {
  readonly bytes: number
  readonly open: () => AsyncIterable<unknown> | Iterable<unknown>
}

/** Makes the archive of a workload, to know how long it is. The same seal goes into each one of them. */
export async function countArchive(
  context: KubernetesContext,
  spec: WorkloadSpec,
  seal: string,
  signal: AbortSignal,
): Promise<CountedArchive> {
  const kept: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of archiveOf(context, spec, seal, signal)) {
    if (!(chunk instanceof Uint8Array)) continue
    bytes += chunk.byteLength
    if (bytes <= keptBytes) kept.push(chunk)
    else kept.length = 0
  }
  return {
    bytes,
    open: () => (bytes <= keptBytes ? kept : archiveOf(context, spec, seal, signal)),
  }
}

/**
 * Lays the files of a workload into its pod and resolves once its main process runs. Secrets go this way, too: they
 * stand in no object of the cluster.
 */
export async function layFiles(
  { clock }: Pick<KubernetesContext, 'clock'>,
  client: KubeClient,
  options: LayOptions,
): Promise<Laid> {
  for (let attempt = 1; ; attempt += 1) {
    const laid = await layOnce(client, options)
    // Its own words, so its process is over and main was not told to start. Runtimes that are busy were seen to
    // close the input of a process before it was read.
    const wasCut = 'failed' in laid && /archive was cut|tar failed/u.test(laid.failed)
    if (!wasCut || attempt === layAttempts) return laid
    await clock.sleep(layPauseMs, { signal: options.signal })
  }
}

async function layOnce(client: KubeClient, options: LayOptions): Promise<Laid> {
  const { pod, signal, waitMs } = options
  const { bytes } = options.archive
  const ready = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  const archive = Readable.from(atMost(options, ready.promise, over.promise))
  await using process = await client.pods.exec(
    { pod, container: containerNames.keeper, command: layCommand(bytes, waitMs), stdin: archive },
    signal,
  )
  let said = ''
  try {
    for await (const chunk of process.stdout) {
      said += String(chunk)
      if (said.startsWith('send\n')) ready.resolve()
      // It says nothing more, and the connection may take a while to end.
      const last = /(?:^|\n)(started|refused|late)\n/u.exec(said)?.[1]
      if (last === 'started' || last === 'refused' || last === 'late') return { said: last }
    }
  } finally {
    ready.resolve()
    over.resolve()
  }
  await process.ended
  return {
    failed: said
      .replace(/^laid\n/u, '')
      .trim()
      .slice(0, 1000),
  }
}

/** Sends when it is asked for. More than was counted would be taken for something else. */
async function* atMost(
  { archive, spec }: { readonly archive: CountedArchive; readonly spec: WorkloadSpec },
  ready: Promise<void>,
  over: Promise<void>,
): AsyncGenerator<Uint8Array, void> {
  let sent = 0
  await ready
  for await (const chunk of archive.open()) {
    if (!(chunk instanceof Uint8Array)) continue
    sent += chunk.byteLength
    if (sent > archive.bytes) throw changed(spec)
    yield chunk
  }
  // Closed early, it would be cut where the process is slow to read.
  await over
}

function archiveOf(
  context: KubernetesContext,
  spec: WorkloadSpec,
  seal: string,
  signal: AbortSignal,
): Readable {
  return packJob(spec, {
    user: userOf(spec, context.options),
    signal,
    makeError: kubernetesError,
    hasJobDirectory: true,
    lastMark: podMarks.laid,
    seal,
  })
}

function changed(spec: WorkloadSpec): Error {
  return kubernetesError(
    'INVALID_FILES',
    'launch',
    `Cannot launch workload \`${spec.id}\`: its files became longer while they were sent.`,
  )
}
