import { statSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

import { Counter, Gauge, type Registry } from 'prom-client'

import { prefix } from './prefix.ts'
import { agentStatuses, jobStates, type Figures } from './read-figures.ts'

/** What is read when somebody asks. */
export interface Measured {
  readonly set: (figures: Figures, now: Date) => void
}

export function createMeasured(registry: Registry, databasePath: string): Measured {
  const registers = [registry]
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Gauge<T>({ name, help, labelNames, registers })
  const own = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    gauge(`${prefix}${name}`, help, labelNames)

  const runs = own('runs', 'Runs that have not ended, by status', ['status'])
  const oldestWaiting = own(
    'runs_oldest_waiting_seconds',
    'How long the oldest run has waited for its turn or for an agent; 0 when none does',
    [],
  )
  const jobs = own('jobs', 'Jobs that have not ended', ['pool', 'state'])
  const oldestQueued = own(
    'jobs_oldest_queued_seconds',
    'How long the oldest job has waited for an agent; 0 when none does',
    ['pool'],
  )
  const agents = own('agents', 'Agents', ['pool', 'status'])
  const slots = own('slots', 'Slots of the agents that are online', ['pool'])
  const freeSlots = own('slots_free', 'Slots in which a job would start', ['pool'])
  const database = own('database_bytes', 'Size of the database on disk', ['file'])
  // As Scalr's own platform calls them.
  const queueSize = gauge('scalr_runs_queue_size', 'Runs that wait for their turn or an agent', [])
  const concurrency = gauge('scalr_runs_concurrency', 'Runs that an agent works on', [])
  const setProcess = processFigures(registry)

  return {
    set: (figures, now) => {
      const secondsSince = (time: string | undefined): number =>
        time === undefined ? 0 : Math.max(0, (now.getTime() - Date.parse(time)) / 1000)
      for (const [status, count] of figures.runs) runs.set({ status }, count)
      oldestWaiting.set(secondsSince(figures.waitingSince))
      // Pools come and go.
      for (const one of [jobs, oldestQueued, agents, slots, freeSlots]) one.reset()
      let queued = 0
      let working = 0
      for (const [pool, each] of figures.pools) {
        for (const status of agentStatuses) agents.set({ pool, status }, each.agents[status])
        for (const state of jobStates) jobs.set({ pool, state }, each.jobs[state])
        oldestQueued.set({ pool }, secondsSince(each.queuedSince))
        slots.set({ pool }, each.slots)
        freeSlots.set({ pool }, each.freeSlots)
        queued += each.jobs.queued
        working += each.jobs.assigned + each.jobs.started
      }
      queueSize.set((figures.runs.get('pending') ?? 0) + queued)
      concurrency.set(working)
      database.set({ file: 'main' }, sizeOf(databasePath))
      database.set({ file: 'wal' }, sizeOf(`${databasePath}-wal`))
      setProcess()
    },
  }
}

/**
 * Those that every Prometheus client has, under their usual names. prom-client's own collection starts
 * observers of the whole process that nobody can stop, which a library may not.
 */
function processFigures(registry: Registry): () => void {
  const registers = [registry]
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers })
  const counter = (name: string, help: string) => new Counter({ name, help, registers })
  const cpu = counter('process_cpu_seconds_total', 'Processor time of this process')
  const resident = gauge('process_resident_memory_bytes', 'Resident memory of this process')
  const heap = gauge('nodejs_heap_size_used_bytes', 'Heap in use of this process')
  const start = gauge('process_start_time_seconds', 'When this process was started')
  const active = counter(
    'nodejs_eventloop_active_seconds_total',
    'Time that the event loop was busy',
  )
  return () => {
    const { user, system } = process.cpuUsage()
    const memory = process.memoryUsage()
    setTotal(cpu, (user + system) / 1_000_000)
    resident.set(memory.rss)
    heap.set(memory.heapUsed)
    start.set(performance.timeOrigin / 1000)
    setTotal(active, performance.eventLoopUtilization().active / 1000)
  }
}

/** Somebody else has counted. */
function setTotal(counter: Counter, total: number): void {
  counter.reset()
  counter.inc(total)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
