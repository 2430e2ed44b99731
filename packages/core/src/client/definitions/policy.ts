import { choice, flag, text } from '../kind.ts'
import { defineResource, one, read, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const policyDefinition = defineResource({
  type: 'policies',
  path: '/policies',
  label: 'policy',
  operations: ['get'],
  attributes: {
    enabled: read(flag),
    enforcedLevel: read(choice('hard-mandatory', 'soft-mandatory', 'advisory')),
    name: write(text),
  },
  relations: {
    policyGroup: one('policy-groups', 'read'),
  },
  include: [],
  filter: [],
  sort: [],
})

/** One policy of a policy group. */
export type Policy = ReadOf<typeof policyDefinition>
