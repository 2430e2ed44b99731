import { statfs } from 'node:fs/promises'

import { systemClock, type Clock } from '../runtime/index.ts'
import { readMachineMemory, type MachineMemory } from './machine-memory.ts'

/** Whether there is room for one more job now, and if not, why: shown in logs and events. */
export type AdmissionVerdict =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly reason: string }

/** Decides before work is asked for. */
export interface Admission {
  /** @param holding jobs held or asked for already. */
  check(holding: number): Promise<AdmissionVerdict>
}

/** How much of the machine must be free for one more job. */
export interface MachineAdmissionOptions {
  /** Memory of one job. */
  readonly jobMemoryBytes: number
  /** Memory that stays free for the agent and the machine. */
  readonly memoryReserveBytes: number
  readonly dataDir: string
  /** Disk space that stays free below `dataDir`. */
  readonly diskReserveBytes: number
  readonly readMemory?: () => Promise<MachineMemory>
  readonly readFreeDiskBytes?: (path: string) => Promise<number>
  readonly clock?: Clock
}

/** The slots of one round are decided by one look: the files of /proc and cgroups are slow to read. */
const lookMs = 250

interface Look {
  readonly atMs: number
  readonly memory: MachineMemory
  readonly freeDiskBytes: number
}

/**
 * RAM × concurrency, cgroup-aware: a job is admitted only while all jobs held could take their whole
 * memory at once and this one too, and while that much is free right now. The same for free disk.
 */
export class MachineAdmission implements Admission {
  readonly #options: MachineAdmissionOptions
  readonly #clock: Clock
  #look: Look | undefined

  constructor(options: MachineAdmissionOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  async check(holding: number): Promise<AdmissionVerdict> {
    const { jobMemoryBytes, memoryReserveBytes, dataDir, diskReserveBytes } = this.#options
    const { memory, freeDiskBytes } = await this.#lookAround()
    const promised = (holding + 1) * jobMemoryBytes + memoryReserveBytes
    if (promised > memory.totalBytes) {
      return refuse(
        `${holding + 1} jobs of ${mib(jobMemoryBytes)} and a reserve of ${mib(memoryReserveBytes)} need more than the ${mib(memory.totalBytes)} of memory here`,
      )
    }
    if (jobMemoryBytes + memoryReserveBytes > memory.availableBytes) {
      return refuse(
        `${mib(memory.availableBytes)} of memory is free, ${mib(jobMemoryBytes + memoryReserveBytes)} is needed`,
      )
    }
    if (freeDiskBytes < diskReserveBytes) {
      return refuse(
        `${mib(freeDiskBytes)} of disk is free in ${dataDir}, ${mib(diskReserveBytes)} is needed`,
      )
    }
    return { admitted: true }
  }

  async #lookAround(): Promise<Look> {
    const atMs = this.#clock.monotonicMs()
    if (this.#look !== undefined && atMs - this.#look.atMs < lookMs) return this.#look
    const [memory, freeDiskBytes] = await Promise.all([
      (this.#options.readMemory ?? readMachineMemory)(),
      (this.#options.readFreeDiskBytes ?? readFreeDisk)(this.#options.dataDir),
    ])
    this.#look = { atMs, memory, freeDiskBytes }
    return this.#look
  }
}

/** Admits always: for executors whose workloads run elsewhere. */
export const unlimitedAdmission: Admission = {
  check: () => Promise.resolve({ admitted: true }),
}

function refuse(reason: string): AdmissionVerdict {
  return { admitted: false, reason }
}

function mib(bytes: number): string {
  return `${Math.floor(bytes / 1024 ** 2)} MiB`
}

async function readFreeDisk(path: string): Promise<number> {
  const stats = await statfs(path)
  return stats.bavail * stats.bsize
}
