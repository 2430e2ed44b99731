import { z } from 'zod'

import {
  attribute,
  byUser,
  constant,
  nullableText,
  nullableTextOf,
  nullableTime,
  time,
  type Resource,
} from '../json-api/index.ts'

/** By SQLite's own clock; what an answer says of a token goes by the control plane's. */
const expiredSql =
  "(t.expires_at IS NOT NULL AND t.expires_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))"

export const accessTokens: Resource = {
  type: 'access-tokens',
  operations: { list: 'list_access_tokens', get: 'get_access_token' },
  model: 'AccessToken',
  path: '/access-tokens',
  columns: 't.*',
  // A revoked token is gone for every reader.
  from: `(SELECT k.*, COALESCE(u.account_id, s.account_id, p.account_id) AS account_id FROM access_tokens k
    LEFT JOIN users u ON k.kind = 'user' AND u.id = k.owner_id
    LEFT JOIN service_accounts s ON k.kind = 'service-account' AND s.id = k.owner_id
    LEFT JOIN agent_pools p ON k.kind = 'pool' AND p.id = k.owner_id
    WHERE k.revoked_at IS NULL) t`,
  account: 't.account_id',
  attributes: {
    name: nullableText('name'),
    description: nullableText('description'),
    'created-at': time('created_at'),
    'expires-at': nullableTime('expires_at'),
    'is-expired': attribute(z.boolean(), (row, { now }) => {
      const expiresAt = nullableTextOf(row, 'expires_at')
      return expiresAt !== null && Date.parse(expiresAt) <= now().getTime()
    }),
    'last-used-at': nullableTime('last_used_at'),
    // Only in the answer to its creation.
    token: constant(null, z.string().nullable()),
  },
  relations: { 'created-by': byUser('created_by') },
  filters: { 'is-expired': { column: expiredSql, flag: true } },
  searched: ['t.name', 't.description'],
  sorts: {
    'created-at': 't.created_at',
    description: 't.description',
    'expires-at': 't.expires_at',
    'last-used-at': 't.last_used_at',
    name: 't.name',
  },
  defaultSort: 't.created_at',
}
