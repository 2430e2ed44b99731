import { count, flag, instant, nullable, text } from '../kind.ts'
import { defineResource, one, parameter, read, secret, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const accessTokenDefinition = defineResource({
  type: 'access-tokens',
  path: '/access-tokens',
  label: 'access token',
  operations: ['list', 'create', 'get', 'update', 'delete'],
  attributes: {
    createdAt: read(instant),
    description: write(nullable(text)),
    expiresAt: read(instant),
    expiresIn: write(nullable(count)),
    isExpired: read(flag),
    lastUsedAt: read(instant),
    name: write(nullable(text)),
    token: secret(read(text)),
  },
  relations: {
    createdBy: one('users', 'read'),
  },
  include: ['createdBy'],
  filter: ['isExpired'],
  sort: ['createdAt', 'description', 'expiresAt', 'lastUsedAt', 'name'],
  includeOnWrite: true,
  parameters: {
    list: { query: parameter('query', text) },
  },
})

/** A token of an agent pool or a user. `token` is there only in the answer to its creation. */
export type AccessToken = ReadOf<typeof accessTokenDefinition>
