import { describe, expect, it } from 'vitest'

import { systemClock } from '../../src/runtime/index.ts'
import { ApiClient } from '../support/api-client.ts'
import { makeWorkspace, startWorld } from '../support/world.ts'

describe('public API: who may ask', () => {
  it('answers 401 only to what is wrong with the token, with a JSON:API error body', async () => {
    await using world = await startWorld()
    for (const authorization of ['', 'Basic dTpw', 'Bearer', 'Bearer nonsense']) {
      const answer = await world.api.call('GET', '/workspaces', { headers: { authorization } })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('content-type')).toBe('application/vnd.api+json')
      expect(answer.body.errors).toMatchObject([{ status: '401', title: 'Unauthorized' }])
    }
  })

  it('answers 404 to a good token of another kind, as Scalr does without permission', async () => {
    await using world = await startWorld()
    const { poolId } = await makeWorkspace(world.api)
    const token = await world.api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens')
    const agent = new ApiClient(world.controlPlane, token.attributes.token)
    for (const path of ['/workspaces', `/agent-pools/${poolId}`, '/vars']) {
      expect((await agent.get(path)).status).toBe(404)
    }
    expect((await agent.delete(`/agent-pools/${poolId}`)).status).toBe(404)
    expect((await world.api.get(`/agent-pools/${poolId}`)).status).toBe(200)
  })

  it.each([
    ['/runs/run-x', "Run with ID 'run-x' not found or user unauthorized."],
    ['/agent-pools/apool-x', "AgentPool with ID 'apool-x' not found or user unauthorized."],
    ['/vars/var-x', "Variable with ID 'var-x' not found or user unauthorized."],
    [
      '/configuration-versions/cv-x',
      "ConfigurationVersion with ID 'cv-x' not found or user unauthorized.",
    ],
    ['/access-tokens/at-x', "AccessToken with ID 'at-x' not found or user unauthorized."],
    ['/workspaces/ws-x/outputs', "Workspace with ID 'ws-x' not found or user unauthorized."],
    ['/plans/plan-x/output', "Plan with ID 'plan-x' not found or user unauthorized."],
    [
      '/state-versions/sv-x/download',
      "StateVersion with ID 'sv-x' not found or user unauthorized.",
    ],
  ])('GET %s: 404 with the text in the title', async (path, title) => {
    await using world = await startWorld()
    const answer = await world.api.get(path)
    expect(answer.status).toBe(404)
    expect(answer.body).toEqual({
      errors: [{ status: '404', title, detail: null, code: null, source: null, meta: null }],
    })
  })
})

describe('public API: bodies', () => {
  it('takes both content types, and ignores attributes and relationships that it does not know', async () => {
    await using world = await startWorld()
    for (const [index, type] of ['application/vnd.api+json', 'application/json'].entries()) {
      const answer = await world.api.call('POST', '/environments', {
        json: {
          data: {
            type: 'environments',
            attributes: { name: `env-${index}`, oauth: true, 'cost-estimation-enabled': 'x' },
            relationships: { nonsense: { data: null }, 'policy-groups': null },
          },
        },
        headers: { 'content-type': type },
      })
      expect(answer.status).toBe(201)
    }
  })

  it.each([
    ['no body', undefined],
    ['an array', []],
    ['no data', {}],
    ['another type', { data: { type: 'workspaces', attributes: { name: 'x' } } }],
  ])('answers 422 to %s', async (_what, json) => {
    await using world = await startWorld()
    const answer = await world.api.post('/environments', json)
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].title).toBe('Malformed Request')
  })

  it('answers 400 to broken JSON and 415 to what is no JSON', async () => {
    await using world = await startWorld()
    const send = (type: string): Promise<{ status: number; text: string }> =>
      world.api.call('POST', '/environments', {
        bytes: Buffer.from('{"data": {"canary'),
        headers: { 'content-type': type },
      })
    expect(await send('application/vnd.api+json')).toMatchObject({ status: 400 })
    expect(await send('text/html')).toMatchObject({ status: 415 })
  })

  it('points to every attribute that is wrong', async () => {
    await using world = await startWorld()
    const { environmentId } = await makeWorkspace(world.api)
    const answer = await world.api.write(
      'POST',
      '/workspaces',
      'workspaces',
      { name: 'not a name!', 'auto-apply': 'yes', 'working-directory': '../up' },
      { environment: ['environments', environmentId] },
    )
    expect(answer.status).toBe(422)
    expect(
      answer.body.errors.map((error: { source: { pointer: string } }) => error.source.pointer),
    ).toEqual([
      '/data/attributes/name',
      '/data/attributes/auto-apply',
      '/data/attributes/working-directory',
    ])
  })

  it('says which relationship points to nothing', async () => {
    await using world = await startWorld()
    const answer = await world.api.write(
      'POST',
      '/workspaces',
      'workspaces',
      { name: 'ws' },
      { environment: ['environments', 'env-x'] },
    )
    expect(answer.status).toBe(404)
    expect(answer.body.errors).toMatchObject([
      {
        title: 'Invalid Relationship',
        detail: "Environment with ID 'env-x' not found or user unauthorized.",
        source: { pointer: '/data/relationships/environment' },
      },
    ])
  })

  it('answers 500 without telling what went wrong inside', async () => {
    const records: unknown[] = []
    let broken = false
    const logger = {
      debug: () => {},
      info: () => {},
      warn: () => {},
      error: (fields: unknown, message: string) => records.push({ fields, message }),
      child: () => logger,
    }
    await using world = await startWorld({
      logger,
      // A machine whose clock has gone mad, for want of a fault that is easier to make.
      clock: {
        ...systemClock,
        now: () => (broken ? new Date(Number.NaN) : systemClock.now()),
      },
    })
    await world.api.get('/accounts')
    broken = true
    const answer = await world.api.write('POST', '/environments', 'environments', { name: 'x' })
    broken = false
    expect(answer.status).toBe(500)
    expect(answer.text).not.toContain('Invalid time')
    expect(records.length).toBeGreaterThan(0)
  })
})
