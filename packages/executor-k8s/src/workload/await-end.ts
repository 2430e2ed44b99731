import type { KubeClient, KubeWatch } from '../calls/kube-client.ts'
import { persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import { isAbandoned } from '../launch/is-abandoned.ts'
import { isGoing } from '../pod/going-pod.ts'
import { recordOf, startedPodOf } from '../pod/record.ts'
import { readState, stateOf, type WorkloadState } from '../pod/workload-state.ts'

/** How long a watch may tell nothing before the server is asked. */
const beltMs = 10_000
/** The same where no watch tells what is waited for. */
const pendingPollMs = 500

/** How a workload ended, or that it is `absent`, or `abandoned` before it was started. */
export type WorkloadEnd =
  | Extract<WorkloadState, { phase: 'absent' | 'ended' }>
  | { readonly phase: 'abandoned' }

/** Waits until a workload has ended. The watch decides when to look; what it saw is asked for once more before it counts. */
export async function awaitEnd(
  { clock }: Pick<KubernetesContext, 'clock'>,
  connection: { readonly client: KubeClient; readonly watch: KubeWatch },
  id: string,
  signal: AbortSignal,
): Promise<WorkloadEnd> {
  const { client, watch } = connection
  let name: string | undefined
  for (;;) {
    const state = await persist(clock, signal, () => readState(client, id, signal, name))
    if (state.phase === 'ended' || state.phase === 'absent') return state
    if (state.phase === 'starting' && isAbandoned(state, clock)) return { phase: 'abandoned' }
    name = state.name
    const startedMs = clock.monotonicMs()
    const isSlow = state.phase === 'starting' || isGoing(state.pod)
    const lookMs = isSlow ? pendingPollMs : beltMs
    do {
      await watch.next(lookMs, signal)
    } while (clock.monotonicMs() - startedMs < lookMs && seenIn(watch, state) === state.phase)
  }
}

/** The phase as the watch last saw it; `unknown` makes the caller look for itself. */
function seenIn(
  watch: KubeWatch,
  { name, uid }: { readonly name: string; readonly uid: string },
): WorkloadState['phase'] | 'unknown' {
  const kubeJob = watch.kubeJobs?.get(name)
  if (kubeJob === undefined || kubeJob.metadata?.uid !== uid || recordOf(kubeJob) === undefined) {
    return watch.kubeJobs === undefined ? 'unknown' : 'absent'
  }
  const started = startedPodOf(kubeJob)
  if (started !== undefined && watch.pods === undefined) return 'unknown'
  const pod = started === undefined ? undefined : watch.pods?.get(started.name)
  // Its end is told by nothing that is watched.
  if (pod !== undefined && isGoing(pod)) return 'unknown'
  const state = stateOf(kubeJob, pod)
  return state === undefined || state === 'gone' ? 'unknown' : state.phase
}
