import type { ResourceUsage } from '@scalr-agent/core'
import type { ContainerStats } from 'dockerode'

/**
 * What a container uses, by the engine's numbers. Page cache that the kernel would give back is not
 * counted, else every job that unpacks providers would seem to be at its limit.
 */
export function usageOf(stats: ContainerStats): ResourceUsage | undefined {
  const { usage, stats: details } = stats.memory_stats ?? {}
  const cpuNanoseconds = stats.cpu_stats?.cpu_usage?.total_usage
  // A container that does not run has no numbers.
  if (usage === undefined || usage === 0) return undefined
  // `total_inactive_file` in version 1 of cgroups, `inactive_file` in version 2.
  const named: Readonly<Record<string, number | undefined>> = { ...details }
  const reclaimable = named['total_inactive_file'] ?? named['inactive_file'] ?? 0
  return {
    memoryBytes: reclaimable < usage ? usage - reclaimable : usage,
    ...(cpuNanoseconds === undefined ? {} : { cpuSeconds: cpuNanoseconds / 1e9 }),
  }
}
