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

  it('writes the operators of the API', () => {
    const filter = {
      name: { like: 'prod' },
      environment: { in: ['env-1', null] },
      updatedAt: { between: [new Date(0), '2026-01-01T00:00:00Z'] },
      deletionProtectionEnabled: false,
    }
    const query = listQuery(workspaceDefinition, { filter, favoriteFirst: true }, 1)
    expect(query).toMatchObject({
      'filter[name]': 'like:prod',
      'filter[environment]': 'in:env-1,null',
      'filter[updated-at]': 'between:1970-01-01T00:00:00.000Z,2026-01-01T00:00:00Z',
      'filter[deletion-protection-enabled]': 'false',
      'sort[favorite-first]': 'true',
    })
  })

  it('asks for the fields that are named, in the words of the wire, and for what is included', () => {
    const fields = {
      runs: ['status', 'workspaceId', 'policyCheckIds'],
      workspaces: ['name', 'environmentId'],
      users: ['full-name'],
    }
    expect(
      listQuery(runDefinition, { fields, include: ['workspace', 'createdBy'] }, 1),
    ).toMatchObject({
      'fields[runs]': 'status,workspace,policy-checks,created-by',
      'fields[workspaces]': 'name,environment',
      'fields[users]': 'full-name',
      include: 'workspace,created-by',
    })
  })
})
