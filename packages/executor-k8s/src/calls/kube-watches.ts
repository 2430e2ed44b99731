import type { V1Job, V1Pod } from '@kubernetes/client-node'
import type { Clock, Logger } from '@scalr-agent/core'

import type { Cluster } from '../cluster/cluster.ts'
import { KindWatch } from './kind-watch.ts'
import type { KubeWatch, KubeWatches } from './kube-client.ts'
import { KubeHttp } from './kube-http.ts'

/** Lists and watches, one for all who look at the same selector, and only while somebody does. */
export function createKubeWatches(
  cluster: Cluster,
  clock: Clock,
  logger: Logger,
  http = new KubeHttp(cluster),
): KubeWatches {
  const shared = new Map<string, SelectorWatch>()
  return {
    watch(labelSelector) {
      let watch = shared.get(labelSelector)
      if (watch === undefined) {
        watch = new SelectorWatch(http, labelSelector, clock, logger)
        shared.set(labelSelector, watch)
      }
      const held = watch
      held.users += 1
      return new WatchHandle(held, clock, () => {
        held.users -= 1
        if (held.users > 0) return
        held.stop()
        if (shared.get(labelSelector) === held) shared.delete(labelSelector)
      })
    },
  }
}

/** What all who look at one selector share. */
class SelectorWatch {
  users = 0
  /** Counts changes, so that nobody misses one that came while nobody waited. */
  changes = 0
  readonly waiting = new Set<() => void>()
  readonly pods: KindWatch<'pods'>
  readonly kubeJobs: KindWatch<'jobs'>
  readonly #stopping = new AbortController()

  constructor(http: KubeHttp, labelSelector: string, clock: Clock, logger: Logger) {
    const onChange = (): void => {
      this.changes += 1
      for (const wake of this.waiting) wake()
    }
    const options = { labelSelector, clock, logger, onChange }
    this.pods = new KindWatch(http, { ...options, kind: 'pods' })
    this.kubeJobs = new KindWatch(http, { ...options, kind: 'jobs' })
    for (const watch of [this.pods, this.kubeJobs]) {
      watch.run(this.#stopping.signal).catch(() => {})
    }
  }

  stop(): void {
    this.#stopping.abort()
  }
}

/** The view of one who looks. */
class WatchHandle implements KubeWatch {
  readonly #shared: SelectorWatch
  readonly #clock: Clock
  readonly #release: () => void
  #seen: number
  #isOver = false

  constructor(shared: SelectorWatch, clock: Clock, release: () => void) {
    this.#shared = shared
    this.#clock = clock
    this.#release = release
    this.#seen = shared.changes
  }

  get pods(): ReadonlyMap<string, V1Pod> | undefined {
    return this.#shared.pods.objects
  }

  get kubeJobs(): ReadonlyMap<string, V1Job> | undefined {
    return this.#shared.kubeJobs.objects
  }

  async next(timeoutMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const shared = this.#shared
    if (shared.changes === this.#seen) {
      const woken = new AbortController()
      const wake = (): void => woken.abort()
      shared.waiting.add(wake)
      try {
        await this.#clock.sleep(timeoutMs, { signal: AbortSignal.any([signal, woken.signal]) })
      } catch (error) {
        signal.throwIfAborted()
        if (!woken.signal.aborted) throw error
      } finally {
        shared.waiting.delete(wake)
      }
    }
    this.#seen = shared.changes
  }

  [Symbol.dispose](): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#release()
  }
}
