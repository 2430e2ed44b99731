import { constant, text, type Resource } from '../json-api/index.ts'

export const accounts: Resource = {
  type: 'accounts',
  model: 'Account',
  path: '/accounts',
  columns: 't.*',
  from: 'accounts t',
  account: 't.id',
  attributes: {
    name: text('name'),
    'created-at': text('created_at'),
    'allowed-ips': constant([]),
  },
  relations: {},
  filters: { account: { column: 't.id' }, name: { column: 't.name' } },
  searched: ['t.name'],
  sorts: { name: 't.name' },
  defaultSort: 't.name',
}
