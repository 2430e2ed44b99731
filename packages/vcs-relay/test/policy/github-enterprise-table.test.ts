import { describe, expect, it } from 'vitest'

import { endpointTables, type Endpoint } from '../../src/policy/index.ts'
import { GithubDescription } from '../support/github-description.ts'

const description = GithubDescription.load()
const endpoints = endpointTables['github-enterprise'].endpoints.filter(
  ({ traffic }) => traffic === 'rest',
)

// The root of a repository's files: the description has it with a path alone.
const undescribed = ['github.contents.root', 'github.contents.list']

describe("GitHub's own description of GitHub Enterprise Server", () => {
  it.each(endpoints.filter(({ id }) => !undescribed.includes(id)))(
    'has $id, with these parameters and no others: $method $template',
    (endpoint: Endpoint) => {
      const operation = description.operation(endpoint.method, endpoint.template)
      expect(operation?.path).toBeDefined()
      expect(endpoint.query.toSorted()).toEqual(operation?.queryKeys.toSorted())
    },
  )
})
