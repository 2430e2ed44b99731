import { choice, count, flag, map } from '../kind.ts'
import { always, defineResource, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const planDefinition = defineResource({
  type: 'plans',
  path: '/plans',
  label: 'plan',
  attributes: {
    executionDetails: write(map),
    hasChanges: write(flag),
    resourceAdditions: write(count),
    resourceChanges: write(count),
    resourceDestructions: write(count),
    status: always(
      choice('pending', 'queued', 'running', 'finished', 'canceled', 'errored', 'unreachable'),
    ),
    statusTimestamps: write(map),
  },
  relations: {},
  include: [],
  filter: [],
  sort: [],
})

/** The plan phase of a run. */
export type Plan = ReadOf<typeof planDefinition>
