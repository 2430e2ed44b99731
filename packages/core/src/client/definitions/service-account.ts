import { choice, instant, nullable, text } from '../kind.ts'
import {
  defineResource,
  many,
  one,
  parameter,
  read,
  required,
  write,
} from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const serviceAccountDefinition = defineResource({
  type: 'service-accounts',
  path: '/service-accounts',
  label: 'service account',
  operations: ['list', 'create', 'get', 'update', 'delete'],
  attributes: {
    createdAt: read(instant),
    description: write(nullable(text)),
    email: read(text),
    name: required(text),
    status: write(choice('Active', 'Inactive')),
  },
  relations: {
    account: one('accounts', 'required'),
    createdBy: one('users', 'read'),
    owners: many('teams'),
  },
  include: ['account', 'createdBy'],
  filter: ['account', 'serviceAccount', 'email', 'owner', 'ownedByMe', 'hasOwners'],
  sort: ['description', 'email', 'name', 'status'],
  includeOnWrite: true,
  parameters: {
    list: { query: parameter('query', text) },
  },
})

/** An account of a program; its access tokens are what the program shows. */
export type ServiceAccount = ReadOf<typeof serviceAccountDefinition>
