import { readdirSync } from 'node:fs'

import type { ResourceUsage } from '@scalr-agent/core'

import { hasProc, readProcessEntry } from './process-identity.ts'

/** USER_HZ and the page size of every Linux that Node runs on with default settings. */
const ticksPerSecond = 100
const pageBytes = 4096

/** Sums up what the processes of a session use now: an estimate where there is no cgroup to ask. */
export function sessionUsage(session: number): ResourceUsage | undefined {
  if (!hasProc) return undefined
  let pages = 0
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    const entry = /^\d+$/u.test(name) ? readProcessEntry(Number(name)) : undefined
    if (entry?.session !== session) continue
    pages += entry.residentPages
    ticks += entry.cpuTicks
  }
  return { memoryBytes: pages * pageBytes, cpuSeconds: ticks / ticksPerSecond }
}
