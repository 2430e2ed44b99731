import { Counter, Gauge, Histogram, Registry } from 'prom-client'

import type { ServerlessLauncher } from './serverless-launcher.ts'

/** Figures of a launcher in Prometheus' text format. */
export interface LauncherMetrics {
  /** For figures of your own, and for `collectDefaultMetrics` of prom-client. */
  readonly registry: Registry
  readonly contentType: string
  text(): Promise<string>
}

const prefix = 'scalr_agent_launcher_'
/** From a process to a machine that has to be found first. */
const startBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 900]
const runBuckets = [1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200]

/** Counts what the launcher tells, from now on. */
export function launcherMetrics(
  launcher: ServerlessLauncher,
  options: { readonly registry?: Registry } = {},
): LauncherMetrics {
  const registry = options.registry ?? new Registry()
  const registers = [registry]
  const counter = <T extends string>(
    name: string,
    help: string,
    labelNames: readonly T[],
  ): Counter<T> => new Counter<T>({ name: `${prefix}${name}`, help, labelNames, registers })
  const histogram = (name: string, help: string, buckets: number[]): Histogram =>
    new Histogram({ name: `${prefix}${name}`, help, buckets, registers })
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name: `${prefix}${name}`,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })

  const accepted = counter('tasks_accepted_total', 'Tasks that were taken and are durable', [])
  const duplicates = counter('tasks_duplicate_total', 'Webhooks whose task was known', [])
  const refused = counter('tasks_refused_total', 'Tasks that found no room', [])
  const launched = counter('tasks_launched_total', 'Agents that were started', [])
  const failed = counter('tasks_failed_total', 'Tasks whose agent never started or got lost', [])
  const ended = counter('tasks_ended_total', 'Agents that ended, by how', ['outcome', 'success'])
  const queued = histogram('queue_wait_seconds', 'From accepted until it has a slot', startBuckets)
  const launch = histogram(
    'launch_seconds',
    'Until the executor has started an agent',
    startBuckets,
  )
  const run = histogram('run_seconds', 'From started until the agent has ended', runBuckets)
  gauge('tasks_queued', 'Tasks that wait for a slot', () => launcher.status().queued)
  gauge('tasks_running', 'Tasks that have a slot', () => launcher.status().running)
  gauge('slots', 'Tasks that may run at once', () => launcher.status().slots.total)
  gauge('slots_free', 'Slots that are free', () => launcher.status().slots.free)

  launcher.events
    .on('task:accept', () => accepted.inc())
    .on('task:duplicate', () => duplicates.inc())
    .on('task:refuse', () => refused.inc())
    .on('task:begin', ({ queuedMs }) => queued.observe(queuedMs / 1000))
    .on('task:launch', ({ launchMs }) => {
      launched.inc()
      launch.observe(launchMs / 1000)
    })
    .on('task:end', ({ result, exitCode, runMs }) => {
      if (result === 'failed') failed.inc()
      else ended.inc({ outcome: result, success: String(exitCode === 0) })
      if (runMs !== undefined) run.observe(runMs / 1000)
    })
  return { registry, contentType: registry.contentType, text: () => registry.metrics() }
}
