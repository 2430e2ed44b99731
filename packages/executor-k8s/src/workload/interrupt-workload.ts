import type { InterruptLevel } from '@scalr-agent/core'
import { interruptCommand, isInterruptAnswer } from '@scalr-agent/core/container'

import type { KubeClient } from '../calls/kube-client.ts'
import { persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import { kubernetesError } from '../kubernetes-error.ts'
import { annotationNames } from '../pod/record.ts'
import { killCommand } from '../pod/start-commands.ts'
import { readState } from '../pod/workload-state.ts'
import { tellMain, type RunningWorkload } from './tell-main.ts'

/** Most time for the note that explains a kill; the kill itself is not held up any longer. */
const noteLimitMs = 5000
/** How long main may take to end once all of it was killed, and its pod to go once it was asked to. */
const killLimitMs = 30_000

/** Sends that signal to the main process, once; after the end it does nothing. */
export async function interruptWorkload(
  context: KubernetesContext,
  client: KubeClient,
  which: { readonly id: string; readonly level: InterruptLevel },
  signal: AbortSignal,
): Promise<void> {
  const { id, level } = which
  const state = await readState(client, id, signal)
  if (state.phase !== 'running') return
  if (level === 'kill') {
    await kill(context, client, state, signal)
    return
  }
  const command = interruptCommand(level, 'stdout')
  const said = await tellMain(context, client, state, command, signal)
  if (said === undefined || isInterruptAnswer(said)) return
  throw kubernetesError(
    'UNAVAILABLE',
    'interrupt',
    `Cannot interrupt workload \`${id}\`: its container starts no further process (it may be at its limit of memory or processes, or its node is away). Try again, or kill it.`,
  )
}

async function kill(
  context: KubernetesContext,
  client: KubeClient,
  state: RunningWorkload,
  signal: AbortSignal,
): Promise<void> {
  const { id } = state.record
  await noteKill(context, client, state, signal)
  const said = await tellMain(context, client, state, killCommand, signal)
  if (said === undefined || said.startsWith('killed')) {
    const startedMs = context.clock.monotonicMs()
    do {
      const now = await persist(context.clock, signal, () => readState(client, id, signal))
      if (now.phase !== 'running') return
      await context.clock.sleep(100, { signal })
    } while (context.clock.monotonicMs() - startedMs <= killLimitMs)
  }
  await removePod(context, client, state, signal)
}

/** The intent first: a pod that is gone leaves no exit record that could explain it. */
async function noteKill(
  { clock, logger }: KubernetesContext,
  client: KubeClient,
  { name, record }: RunningWorkload,
  signal: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(noteLimitMs)])
  const note = { metadata: { annotations: { [annotationNames.killed]: 'true' } } }
  try {
    await persist(clock, limit, () => client.jobs.patch(name, note, limit))
  } catch (error) {
    signal.throwIfAborted()
    logger.warn(
      { workload: record.id, err: error },
      'Cannot note that a workload is killed; killing it',
    )
  }
}

/** No process can be started in it, or it does not die: its node has to end it. Its output goes, too. */
async function removePod(
  { clock, logger }: KubernetesContext,
  client: KubeClient,
  { pod, record }: RunningWorkload,
  signal: AbortSignal,
): Promise<void> {
  const { name = '', uid } = pod.metadata ?? {}
  logger.warn(
    { workload: record.id, pod: name },
    'Cannot kill a workload in its pod; removing the pod',
  )
  const startedMs = clock.monotonicMs()
  for (;;) {
    // By force in the end: a node that is gone never says that it ended the pod.
    const gracePeriodSeconds = clock.monotonicMs() - startedMs > killLimitMs ? 0 : 1
    const removal = { uid, gracePeriodSeconds }
    await persist(clock, signal, () => client.pods.remove(name, removal, signal))
    const now = await persist(clock, signal, () => readState(client, record.id, signal))
    if (now.phase !== 'running') return
    await clock.sleep(500, { signal })
  }
}
