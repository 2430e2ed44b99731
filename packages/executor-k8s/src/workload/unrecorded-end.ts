import type { KubeWatch } from '../calls/kube-client.ts'
import { podEnd, type PodEnd } from '../pod/pod-outcome.ts'
import type { WorkloadState } from '../pod/workload-state.ts'

/** How often to look though the watch tells nothing. */
const beltMs = 10_000

/**
 * Aborted once the watch shows that main ended without an exit record, as when the kernel took its process 1 for memory, or
 * it never started: who waits in the companion for a record waits in vain. Watches until it is disposed of.
 */
export function unrecordedEnd(
  watch: KubeWatch,
  state: Extract<WorkloadState, { phase: 'running' }>,
  signal: AbortSignal,
): { readonly signal: AbortSignal } & Disposable {
  const seen = new AbortController()
  const left = new AbortController()
  watchFor(watch, state, AbortSignal.any([signal, left.signal])).then(
    () => seen.abort(),
    // It was left.
    () => {},
  )
  return { signal: seen.signal, [Symbol.dispose]: () => left.abort() }
}

async function watchFor(
  watch: KubeWatch,
  { pod, record }: Extract<WorkloadState, { phase: 'running' }>,
  signal: AbortSignal,
): Promise<void> {
  const { name = '', uid } = pod.metadata ?? {}
  for (;;) {
    const now = watch.pods?.get(name)
    if (now !== undefined && now.metadata?.uid === uid) {
      const end = podEnd(now, record, false)
      if (end !== undefined && isUnrecorded(end)) return
    }
    await watch.next(beltMs, signal)
  }
}

function isUnrecorded({ outcome, outputBytes }: PodEnd): boolean {
  return outputBytes === undefined || outcome.kind === 'not-started'
}
