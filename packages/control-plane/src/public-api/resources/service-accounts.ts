import { z } from 'zod'

import {
  attribute,
  byUser,
  emptyMany,
  flagOf,
  nullableText,
  text,
  time,
  toOne,
  type Resource,
} from '../json-api/index.ts'

/** Accounts of programs. There are no teams here, so nobody owns one. */
export const serviceAccounts: Resource = {
  type: 'service-accounts',
  operations: { list: 'get_service_accounts', get: 'get_service_account' },
  model: 'ServiceAccount',
  path: '/service-accounts',
  columns: 't.*',
  from: 'service_accounts t',
  account: 't.account_id',
  attributes: {
    name: text('name'),
    email: text('email'),
    description: nullableText('description'),
    status: attribute(z.enum(['Active', 'Inactive']), (row) =>
      flagOf(row, 'is_active') ? 'Active' : 'Inactive',
    ),
    'created-at': time('created_at'),
  },
  relations: {
    account: toOne('accounts', 'account_id'),
    'created-by': byUser('created_by'),
    owners: emptyMany('teams'),
  },
  filters: {
    account: { column: 't.account_id' },
    'service-account': { column: 't.id' },
    email: { column: 't.email' },
    owner: { column: 'NULL' },
    'owned-by-me': { column: '0', flag: true },
    'has-owners': { column: '0', flag: true },
  },
  searched: ['t.name', 't.email'],
  sorts: {
    description: 't.description',
    email: 't.email',
    name: 't.name',
    status: "iif(t.is_active, 'Active', 'Inactive')",
  },
  defaultSort: 't.name',
}
