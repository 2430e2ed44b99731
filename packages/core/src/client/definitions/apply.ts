import { defineResource } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'
import { phaseAttributes } from './phase-attributes.ts'

export const applyDefinition = defineResource({
  type: 'applies',
  path: '/applies',
  label: 'apply',
  operations: ['get'],
  attributes: {
    ...phaseAttributes,
  },
  relations: {},
  include: [],
  filter: [],
  sort: [],
})

/** The apply phase of a run. */
export type Apply = ReadOf<typeof applyDefinition>
