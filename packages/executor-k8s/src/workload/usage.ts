import type { ResourceUsage } from '@scalr-agent/core'

/** Reads what `usageCommand` said, of either version of cgroups. */
export function usageOf(said: string): ResourceUsage | undefined {
  const numbers = new Map<string, number>()
  for (const line of said.split('\n')) {
    const [, name, value] = /^(\w+) (\d{1,20})$/u.exec(line) ?? []
    if (name !== undefined && !numbers.has(name)) numbers.set(name, Number(value))
  }
  const memory = numbers.get('memory')
  if (memory === undefined) return undefined
  // Page cache that the kernel would give back is not counted, else every job that unpacks providers would
  // seem to be at its limit.
  const cache = numbers.get('total_inactive_file') ?? numbers.get('inactive_file') ?? 0
  const peak = numbers.get('peak')
  const nanoseconds = numbers.get('usage_nsec')
  const microseconds = numbers.get('usage_usec')
  const cpuSeconds =
    nanoseconds === undefined
      ? microseconds === undefined
        ? undefined
        : microseconds / 1e6
      : nanoseconds / 1e9
  return {
    memoryBytes: cache < memory ? memory - cache : memory,
    ...(peak === undefined ? {} : { memoryPeakBytes: peak }),
    ...(cpuSeconds === undefined ? {} : { cpuSeconds }),
  }
}
