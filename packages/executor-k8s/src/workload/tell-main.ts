import { execText } from '../calls/exec-text.ts'
import type { KubeClient } from '../calls/kube-client.ts'
import { persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import { isAway } from '../kubernetes-error.ts'
import { containerNames } from '../manifest/own-names.ts'
import { isRunning } from '../pod/pod-facts.ts'
import { readState, type WorkloadState } from '../pod/workload-state.ts'

/** How often to try, and how far apart, while a running container starts no process. */
const attempts = 10
const pauseMs = 500

export type RunningWorkload = Extract<WorkloadState, { phase: 'running' }>

/** What a process in main says; `''` where main does not run. */
export async function askMain(
  client: KubeClient,
  state: RunningWorkload,
  command: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string> {
  if (!isRunning(state.pod, 'main')) return ''
  const pod = state.pod.metadata?.name ?? ''
  return await execText(client, { pod, container: containerNames.main, command }, { signal })
}

/**
 * The same for what must be done, tried again and again. `''` when no process could be started there, `undefined` when main
 * has ended.
 */
export async function tellMain(
  { clock, logger }: Pick<KubernetesContext, 'clock' | 'logger'>,
  client: KubeClient,
  state: RunningWorkload,
  command: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string | undefined> {
  const { id } = state.record
  let now: WorkloadState = state
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (now.phase !== 'running') return undefined
    try {
      const said = await askMain(client, now, command, signal)
      if (said !== '') return said
    } catch (error) {
      signal.throwIfAborted()
      logger.debug({ workload: id, err: error }, 'No process could be started in main')
      if (isAway(error)) await clock.sleep(pauseMs, { signal })
    }
    // Often it is about to end, or to begin.
    await clock.sleep(pauseMs, { signal })
    now = await persist(clock, signal, () => readState(client, id, signal))
  }
  return now.phase === 'running' ? '' : undefined
}
