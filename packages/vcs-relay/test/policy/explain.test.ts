import { describe, expect, it } from 'vitest'

import { explain, explainCommand, RelayPolicy } from '../../src/policy/index.ts'

const policy = new RelayPolicy({ kind: 'gitlab', policy: { allowedProjects: ['acme/**'] } })
const vcs = {
  explain: (method: string, target: string) => explain(policy, method, target),
}

function run(argv: readonly string[], names: readonly string[] = ['main']) {
  const lines: string[] = []
  const code = explainCommand(argv, {
    vcs: Object.fromEntries(names.map((name) => [name, vcs])),
    write: (line) => lines.push(line),
  })
  return { code, text: lines.join('\n') }
}

describe('explain', () => {
  it('tells which rule allows a request, and why', () => {
    const { code, text } = run(['get', '/api/v4/projects/acme%2Fx/repository/tags'])
    expect(code).toBe(0)
    expect(text).toBe(
      'allowed by rule gitlab.tags: GET /api/v4/projects/{project}/repository/tags\n' +
        '  reading\n' +
        '  project acme/x: within allowedProjects (acme/**)',
    )
  })

  it('tells which step of reading the target refuses', () => {
    const { code, text } = run(['GET', '/api/v4/projects/acme%2F%2e%2e%2Fx'])
    expect(code).toBe(1)
    expect(text).toMatch(/^refused at step dot-segment\n {2}the path holds '\.' or '\.\.'/u)
  })

  it('tells which part of the policy refuses', () => {
    const { text } = run(['POST', `/api/v4/projects/acme%2Fx/statuses/0123abc`])
    expect(text).toBe(
      "refused at step write-group of rule gitlab.status.create\n  the policy's `write` does not hold 'statuses'",
    )
  })

  it('asks for the VCS where there are several', () => {
    expect(run(['GET', '/api/v4/user'], ['a', 'b'])).toMatchObject({ code: 2 })
    expect(run(['b', 'GET', '/api/v4/user'], ['a', 'b'])).toMatchObject({ code: 0 })
    expect(run(['c', 'GET', '/api/v4/user'], ['a', 'b'])).toMatchObject({ code: 2 })
    expect(run(['GET']).text).toContain('usage: explain')
  })
})
