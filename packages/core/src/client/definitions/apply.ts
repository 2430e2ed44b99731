import { choice, count, map } from '../kind.ts'
import { always, defineResource, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const applyDefinition = defineResource({
  type: 'applies',
  path: '/applies',
  label: 'apply',
  attributes: {
    executionDetails: write(map),
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

/** The apply phase of a run. */
export type Apply = ReadOf<typeof applyDefinition>
