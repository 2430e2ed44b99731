import { describe, expect, it } from 'vitest'

import { runDefinition, workspaceDefinition } from '../../src/client/definitions/index.ts'
import { listQuery } from '../../src/client/list-query.ts'

describe('listQuery', () => {
  it('writes filters, nested ones too, sort, include and page', () => {
    expect(
      listQuery(
        workspaceDefinition,
        {
          filter: {
            environment: ['env-1', 'env-2'],
            agentPool: null,
            'run.status': 'planned',
            name: undefined,
          },
          sort: ['-updatedAt', 'name'],
          include: ['currentRun'],
          query: 'app',
        },
        3,
      ),
    ).toEqual({
      'page[number]': 3,
      'page[size]': 100,
      'filter[environment]': 'env-1,env-2',
      'filter[agent-pool]': 'null',
      'filter[run][status]': 'planned',
      sort: '-updated-at,name',
      include: 'current-run',
      query: 'app',
    })
  })
})
