import { flag } from '../kind.ts'
import { defineResource, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'
import { phaseAttributes } from './phase-attributes.ts'

export const planDefinition = defineResource({
  type: 'plans',
  path: '/plans',
  label: 'plan',
  operations: ['get'],
  attributes: {
    ...phaseAttributes,
    hasChanges: write(flag),
  },
  relations: {},
  include: [],
  filter: [],
  sort: [],
})

/** The plan phase of a run. */
export type Plan = ReadOf<typeof planDefinition>
