import { count, flag, instant, text } from '../kind.ts'
import { defineResource, one, read, secret, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const accessTokenDefinition = defineResource({
  type: 'access-tokens',
  path: '/access-tokens',
  label: 'access token',
  attributes: {
    createdAt: read(instant),
    description: write(text),
    expiresAt: read(instant),
    expiresIn: write(count),
    isExpired: read(flag),
    lastUsedAt: read(instant),
    name: write(text),
    token: secret(read(text)),
  },
  relations: {
    createdBy: one('users', 'read'),
  },
  include: ['createdBy'],
  filter: ['isExpired'],
  sort: ['createdAt', 'description', 'expiresAt', 'lastUsedAt', 'name'],
})

/** A token of an agent pool or a user. `token` is there only in the answer to its creation. */
export type AccessToken = ReadOf<typeof accessTokenDefinition>
