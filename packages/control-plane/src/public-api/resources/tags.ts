import { text, toOne, type Resource } from '../json-api/index.ts'

/** Words that workspaces and environments are found by. */
export const tags: Resource = {
  type: 'tags',
  operations: { list: 'list_tags', get: 'get_tag' },
  // As Scalr's error texts say.
  model: 'AccountTag',
  path: '/tags',
  columns: 't.*',
  from: 'tags t',
  account: 't.account_id',
  attributes: { name: text('name') },
  relations: { account: toOne('accounts', 'account_id') },
  filters: {
    // Scalr's document does not have it, and its clients ask with it.
    account: { column: 't.account_id' },
    tag: { column: 't.id' },
    name: { column: 't.name' },
    // Tags that resources of these types have.
    'resource-type': {
      condition: `EXISTS (SELECT 1 FROM json_each(?) v WHERE
        (v.value = 'workspaces' AND EXISTS (SELECT 1 FROM workspace_tags l WHERE l.tag_id = t.id))
        OR (v.value = 'environments' AND EXISTS (SELECT 1 FROM environment_tags l WHERE l.tag_id = t.id)))`,
    },
  },
  searched: ['t.name'],
  sorts: { name: 't.name' },
  defaultSort: 't.name',
}
