import { z } from 'zod'

import { constant, empty, text, time, toOne, type Resource } from '../json-api/index.ts'

export const accounts: Resource = {
  type: 'accounts',
  operations: { list: 'get_accounts', get: 'get_account' },
  model: 'Account',
  path: '/accounts',
  columns: `t.*, (SELECT u.id FROM users u WHERE u.account_id = t.id ORDER BY u.created_at, u.id LIMIT 1)
    AS owner_id`,
  from: 'accounts t',
  account: 't.id',
  attributes: {
    name: text('name'),
    'created-at': time('created_at'),
    'allowed-ips': constant([], z.array(z.string())),
    'support-access-enabled': constant(false, z.boolean()),
  },
  relations: {
    owner: toOne('users', 'owner_id'),
    'billing-plan': empty('billing-plans'),
    'identity-provider': empty('identity-providers'),
  },
  filters: { account: { column: 't.id' }, name: { column: 't.name' } },
  searched: ['t.name'],
  sorts: { name: 't.name' },
  defaultSort: 't.name',
}
