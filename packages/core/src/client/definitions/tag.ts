import { text } from '../kind.ts'
import { defineResource, one, parameter, required } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const tagDefinition = defineResource({
  type: 'tags',
  path: '/tags',
  label: 'tag',
  operations: ['list', 'create', 'get', 'update', 'delete'],
  attributes: { name: required(text) },
  relations: { account: one('accounts', 'read') },
  include: [],
  filter: ['resourceType', 'name', 'tag'],
  sort: ['name'],
  parameters: {
    list: { query: parameter('query', text) },
  },
})

/** A word that workspaces, environments and others are found by. */
export type Tag = ReadOf<typeof tagDefinition>
