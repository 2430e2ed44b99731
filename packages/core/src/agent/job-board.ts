import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import {
  isTerminal,
  JobJournal,
  JobRunner,
  newJobRecord,
  type JobEventIds,
  type JobServices,
} from '../job/index.ts'
import type { HeartbeatRequest, JobAssignment, RegisterRequest, Signal } from '../protocol/index.ts'
import type { Slot, Slots } from '../scheduler/index.ts'

/** The jobs that this agent holds, each with its slot. */
export class JobBoard {
  readonly #services: JobServices
  readonly #slots: Slots
  readonly #runners = new Map<string, JobRunner>()
  /** Jobs whose journal is being begun. */
  readonly #accepting = new Set<string>()
  readonly #idle = new Set<() => void>()
  #leaving = false
  #left = 0

  constructor(services: JobServices, slots: Slots) {
    this.#services = services
    this.#slots = slots
  }

  get size(): number {
    return this.#runners.size + this.#accepting.size
  }

  /** Jobs that were left for the next process. */
  get left(): number {
    return this.#left
  }

  /** Workloads that a job here owns; any other one of this agent is nobody's. */
  owns(workloadId: string): boolean {
    return [...this.#runners.values()].some((runner) => runner.workloadId === workloadId)
  }

  /** Takes up every job that an earlier process left. Jobs that had ended are only cleared away. */
  async adopt(): Promise<number> {
    const { logger, settings } = this.#services
    const journals = await JobJournal.openAll(
      join(settings.dataDir, 'jobs'),
      (directory, error) => {
        // Without a journal nothing was launched for it, or its disk is damaged: reaping finds the workload.
        logger.error(
          { err: error, directory },
          'A job directory without a readable journal is removed',
        )
        rm(directory, { recursive: true, force: true }).catch((fault: unknown) => {
          logger.error({ err: fault, directory }, 'Could not remove a job directory')
        })
      },
    )
    await this.#services.caches
      ?.recover(journals.map(({ record }) => record.jobId))
      // A job that needs the caches says it too; those that run need nothing of them.
      .catch((error: unknown) => logger.error({ err: error }, 'Cannot use the caches'))
    for (const journal of journals) {
      this.#run(journal, this.#slots.reserve(), true)
    }
    return journals.length
  }

  /** Takes a job that was just handed out. Never throws: what cannot be taken goes back by its lease. */
  accept(assignment: JobAssignment, slot: Slot): void {
    const { jobId, fencingToken, runId, workspaceId, phase } = assignment
    const ids: JobEventIds = { jobId, fencingToken, runId, workspaceId, phase }
    this.#services.emit('job:acquire', ids)
    const held = this.#runners.get(jobId)
    if (held !== undefined || this.#leaving || this.#accepting.has(jobId)) {
      // An older fencing token of the same job still winds down here; the lease gives it out again.
      this.#services.logger.warn({ ...ids, leaving: this.#leaving }, 'A job cannot be taken now')
      if (held !== undefined && held.ids.fencingToken < fencingToken) held.revoke()
      slot.release()
      return
    }
    this.#accepting.add(jobId)
    JobJournal.create(
      join(this.#services.settings.dataDir, 'jobs'),
      newJobRecord(assignment, this.#services),
    ).then(
      (journal) => this.#run(journal, slot, false),
      (error: unknown) => {
        this.#services.logger.error({ err: error, ...ids }, 'Could not write the journal of a job')
        this.#accepting.delete(jobId)
        slot.release()
        this.#wake()
      },
    )
  }

  /** What registration and heartbeat tell of the jobs here. */
  status(): HeartbeatRequest['jobs'] {
    return [...this.#runners.values()]
      .map((runner) => runner.status())
      .filter((status) => !isTerminal(status.state))
  }

  found(): RegisterRequest['found'] {
    return this.status().map(({ jobId, fencingToken, state }) => ({ jobId, fencingToken, state }))
  }

  /** The control plane says which leases live on. @param sentMs monotonic time before it was asked. */
  settle(
    leases: readonly {
      readonly jobId: string
      /** Of which attempt; absent where there can be only one. */
      readonly fencingToken?: number
      readonly alive: boolean
    }[],
    sentMs: number,
  ): void {
    for (const { jobId, fencingToken, alive } of leases) {
      const runner = this.#runners.get(jobId)
      if (fencingToken !== undefined && fencingToken !== runner?.ids.fencingToken) continue
      if (alive) runner?.renewed(sentMs)
      else runner?.revoke()
    }
  }

  cancel(signal: Signal): void {
    const runner = this.#runners.get(signal.jobId)
    if (runner?.ids.fencingToken === signal.fencingToken) runner.cancel(signal.cancel)
  }

  /** Stops every job: one interrupt each, or the end at once. */
  shutDown(level: 'soft' | 'kill'): void {
    for (const runner of this.#runners.values()) runner.shutDown(level)
  }

  /** Leaves every job to the next process of this agent. */
  leave(): void {
    this.#leaving = true
    for (const runner of this.#runners.values()) runner.leave()
  }

  /** Resolves when no job is held here. */
  async whenIdle(): Promise<void> {
    while (this.size > 0) {
      await new Promise<void>((resolve) => this.#idle.add(resolve))
    }
  }

  #run(journal: JobJournal, slot: Slot | undefined, adopted: boolean): void {
    const runner = new JobRunner({ journal, services: this.#services, adopted })
    this.#runners.set(runner.ids.jobId, runner)
    this.#accepting.delete(runner.ids.jobId)
    if (this.#leaving) runner.leave()
    void runner.run().then((ended) => {
      if (!ended) this.#left += 1
      this.#runners.delete(runner.ids.jobId)
      slot?.release()
      // The control plane learns at once that there is room, and that the job is gone.
      this.#services.renewNow()
      this.#wake()
    })
  }

  #wake(): void {
    for (const wake of this.#idle) wake()
    this.#idle.clear()
  }
}
