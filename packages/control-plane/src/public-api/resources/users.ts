import { z } from 'zod'

import { constant, emptyMany, text, time, type Resource } from '../json-api/index.ts'

export const users: Resource = {
  type: 'users',
  operations: { list: 'get_users', get: 'get_user' },
  model: 'User',
  path: '/users',
  columns: 't.*',
  from: 'users t',
  account: 't.account_id',
  attributes: {
    email: text('email'),
    username: text('email'),
    'full-name': constant(null, z.string().nullable()),
    status: constant('Active', z.enum(['Active', 'Inactive'])),
    'created-at': time('created_at'),
    'last-login-at': constant(null, z.iso.datetime().nullable()),
  },
  relations: { teams: emptyMany('teams'), 'identity-providers': emptyMany('identity-providers') },
  filters: {
    user: { column: 't.id' },
    email: { column: 't.email' },
    'identity-provider': { column: 'NULL' },
  },
  searched: ['t.email'],
  sorts: {
    email: 't.email',
    'created-at': 't.created_at',
    // The same for all of them.
    'full-name': 'NULL',
    'last-login-at': 'NULL',
    status: 'NULL',
  },
  defaultSort: 't.email',
}
