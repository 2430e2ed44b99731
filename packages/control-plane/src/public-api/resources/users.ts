import { constant, emptyMany, text, type Resource } from '../json-api/index.ts'

export const users: Resource = {
  type: 'users',
  model: 'User',
  path: '/users',
  columns: 't.*',
  from: 'users t',
  account: 't.account_id',
  attributes: {
    email: text('email'),
    username: text('email'),
    'full-name': constant(null),
    status: constant('Active'),
    'created-at': text('created_at'),
  },
  relations: { teams: emptyMany('teams') },
  filters: { user: { column: 't.id' }, email: { column: 't.email' } },
  searched: ['t.email'],
  sorts: { email: 't.email' },
  defaultSort: 't.email',
}
