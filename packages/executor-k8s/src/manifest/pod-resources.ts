import type { V1ResourceRequirements } from '@kubernetes/client-node'
import type { WorkloadResources } from '@scalr-agent/core'
import { z } from 'zod'

import { bytesQuantity, cpuQuantity } from './quantities.ts'

export const requestsSchema = z.strictObject({
  /** Cores. @default the limit of the job */
  cpus: z.number().positive().optional(),
  /** @default the limit of the job */
  memoryBytes: z.int().positive().optional(),
})

/** What the scheduler keeps free on a node for each job. Never more than the limit of the job. */
export type ResourceRequests = z.output<typeof requestsSchema>

/** Limits of the main container, and what it requests. */
export function podResources(
  limits: WorkloadResources,
  requests: ResourceRequests,
): V1ResourceRequirements {
  const cpus = atMost(requests.cpus, limits.cpus)
  const memoryBytes = atMost(requests.memoryBytes, limits.memoryBytes)
  return {
    limits: {
      ...(limits.cpus === undefined ? {} : { cpu: cpuQuantity(limits.cpus) }),
      ...(limits.memoryBytes === undefined ? {} : { memory: bytesQuantity(limits.memoryBytes) }),
    },
    requests: {
      ...(cpus === undefined ? {} : { cpu: cpuQuantity(cpus) }),
      ...(memoryBytes === undefined ? {} : { memory: bytesQuantity(memoryBytes) }),
    },
  }
}

function atMost(request: number | undefined, limit: number | undefined): number | undefined {
  if (request === undefined || limit === undefined) return request ?? limit
  return Math.min(request, limit)
}
