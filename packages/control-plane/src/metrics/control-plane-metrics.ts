import type { FastifyReply, FastifyRequest } from 'fastify'
import { Registry } from 'prom-client'

import type { EngineEvents } from '../engine/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { Database } from '../store/index.ts'

import { createCounted } from './counted.ts'
import { createMeasured } from './measured.ts'
import { readFigures } from './read-figures.ts'

/** Figures of a control plane in Prometheus' text format. */
export interface ControlPlaneMetrics {
  readonly contentType: string
  readonly engineEvents: EngineEvents
  readonly answered: (request: FastifyRequest, reply: FastifyReply) => void
  readonly text: () => Promise<string>
}

export function createMetrics(deps: {
  readonly db: Database
  readonly databasePath: string
  readonly clock: Clock
  readonly offlineAfterMs: number
}): ControlPlaneMetrics {
  const registry = new Registry()
  const counted = createCounted(registry)
  const measured = createMeasured(registry, deps.databasePath)
  return {
    contentType: registry.contentType,
    ...counted,
    text: async () => {
      const now = deps.clock.now()
      const onlineSince = new Date(now.getTime() - deps.offlineAfterMs).toISOString()
      measured.set(readFigures(deps.db, { onlineSince }), now)
      return await registry.metrics()
    },
  }
}
