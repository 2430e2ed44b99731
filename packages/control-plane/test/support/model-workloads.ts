import type { JobRef } from '../../src/engine/index.ts'
import type { EngineFixture } from './engine-fixture.ts'

/** A workload that runs on an agent's machine, whatever the control plane thinks of it. */
interface Workload extends JobRef {
  readonly agent: number
  readonly workspaceId: string
  readonly phase: 'plan' | 'apply'
  readonly isDry: boolean
  renewedMs: number
  alive: boolean
}

/** What runs on the machines of agents. */
export class ModelWorkloads {
  readonly #all: Workload[] = []

  add(workload: Workload): void {
    this.#all.push(workload)
  }

  aliveOn(agent: number): readonly Workload[] {
    return this.#all.filter((one) => one.agent === agent && one.alive)
  }

  find({ jobId, fencingToken }: JobRef): Workload | undefined {
    return this.#all.find((one) => one.jobId === jobId && one.fencingToken === fencingToken)
  }

  /** Self-fencing, as agents do it by their own clock (I6). */
  stopByOwnClock({ clock, timing }: EngineFixture): void {
    for (const workload of this.#all) {
      const ageMs = clock.monotonicMs() - workload.renewedMs
      const endMs =
        workload.phase === 'plan'
          ? timing.leaseMs * (11 / 12)
          : timing.leaseMs + timing.applyGraceMs
      if (ageMs >= endMs) workload.alive = false
    }
  }

  checkOneAtATime(): void {
    const busy = new Set<string>()
    for (const { workspaceId, isDry, alive } of this.#all) {
      if (!alive || isDry) continue
      if (busy.has(workspaceId)) throw new Error(`I6: two workloads on ${workspaceId}`)
      busy.add(workspaceId)
    }
  }
}
