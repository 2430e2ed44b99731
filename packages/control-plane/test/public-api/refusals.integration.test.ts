import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { makeWorkspace, startWorld, type World } from '../support/world.ts'

let world: World
let made: Awaited<ReturnType<typeof makeWorkspace>>
beforeAll(async () => {
  world = await startWorld()
  made = await makeWorkspace(world.api)
})
afterAll(() => world[Symbol.asyncDispose]())

const paths: Readonly<Record<string, () => string>> = {
  workspaces: () => `/workspaces/${made.workspaceId}`,
  environments: () => `/environments/${made.environmentId}`,
  'agent-pools': () => `/agent-pools/${made.poolId}`,
  accounts: () => `/accounts/${world.controlPlane.accountId}`,
}

describe('what would be passed over is refused, and says why', () => {
  it.each([
    ['workspaces', { 'force-latest-run': true }],
    ['workspaces', { 'remote-backend': false }],
    ['workspaces', { 'remote-state-sharing': true }],
    ['workspaces', { 'auto-destroy-days': 7 }],
    ['workspaces', { 'apply-schedule': '0 4 * * *' }],
    ['workspaces', { 'destroy-schedule': '0 4 * * *' }],
    ['environments', { 'remote-backend': false }],
    ['environments', { 'is-federated-to-account': true }],
    ['accounts', { 'allowed-ips': ['10.0.0.0/8'] }],
    ['accounts', { 'support-access-enabled': true }],
    ['accounts', { quotas: { agents: 1 } }],
  ])('%s: %j', async (type, attributes) => {
    const path = paths[type]?.() ?? ''
    const before = await world.api.get(path)
    const answer = await world.api.write('PATCH', path, type, attributes)
    expect(answer.status).toBe(422)
    expect(answer.body.errors).toMatchObject([
      {
        title: 'Invalid Attribute',
        detail: expect.stringMatching(/\w/u),
        source: { pointer: `/data/attributes/${Object.keys(attributes)[0]}` },
      },
    ])
    expect((await world.api.get(path)).body).toEqual(before.body)
  })

  it.each([
    ['workspaces', 'module-version', ['module-versions', 'modver-1'], 422],
    ['environments', 'storage-profile', ['storage-profiles', 'sp-1'], 404],
    [
      'environments',
      'default-provider-configurations',
      [{ type: 'provider-configurations', id: 'pcfg-1' }],
      404,
    ],
    ['agent-pools', 'environment', ['environments', 'env-1'], 422],
    ['accounts', 'identity-provider', ['identity-providers', 'idp-1'], 404],
  ] as const)('%s: relation %s', async (type, relation, target, status) => {
    const [first, second] = target
    const data = typeof first === 'string' ? { type: first, id: second } : target
    const answer = await world.api.call('PATCH', paths[type]?.() ?? '', {
      json: { data: { type, relationships: { [relation]: { data } } } },
    })
    expect(answer.status).toBe(status)
    expect(answer.body.errors).toMatchObject([
      {
        title: 'Invalid Relationship',
        source: { pointer: `/data/relationships/${relation}` },
      },
    ])
  })

  it('runs: those of another run, or at another time', async () => {
    const write = (attributes: object, relations: object) =>
      world.api.call('POST', '/runs', {
        json: {
          data: {
            type: 'runs',
            attributes,
            relationships: {
              workspace: { data: { type: 'workspaces', id: made.workspaceId } },
              ...relations,
            },
          },
        },
      })
    const upstream = { 'created-by-run': { data: { type: 'runs', id: 'run-1' } } }
    expect((await write({}, upstream)).body.errors[0].source.pointer).toBe(
      '/data/relationships/created-by-run',
    )
    for (const attributes of [{ 'plan-at': '2030-01-01T00:00:00Z' }, { inputs: [{}] }]) {
      expect((await write(attributes, {})).body.errors[0].source.pointer).toBe(
        `/data/attributes/${Object.keys(attributes)[0]}`,
      )
    }
    expect((await world.api.get('/runs')).body.data).toEqual([])
  })

  it('access tokens: another end', async () => {
    const { api } = world
    const token = await api.create('/access-tokens', 'access-tokens', { 'expires-in': 60 })
    const path = `/access-tokens/${token.id}`
    const answer = await api.write('PATCH', path, 'access-tokens', { 'expires-in': 600 })
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].source.pointer).toBe('/data/attributes/expires-in')
  })

  it('operations that are not served are a 404 that says so', async () => {
    const calls = [
      ['POST', `/workspaces/${made.workspaceId}/actions/set-schedule`],
      ['POST', `/workspaces/${made.workspaceId}/actions/favorite`],
      ['POST', `/workspaces/${made.workspaceId}/provider-configuration-links`],
      ['POST', '/runs/run-1/actions/force'],
      ['POST', '/service-accounts/assume'],
      ['GET', '/provider-configurations'],
      ['POST', '/run-triggers'],
    ] as const
    for (const [method, path] of calls) {
      const answer = await world.api.call(method, path)
      expect(answer.status).toBe(404)
      expect(answer.body.errors[0].title).toBe(`${method} /api/iacp/v3${path} is not served here.`)
    }
  })
})

describe('what clients send along is taken where it changes nothing', () => {
  it('workspaces and environments with the values that they have here', async () => {
    const { api } = world
    const workspace = await api.write('PATCH', paths['workspaces']?.() ?? '', 'workspaces', {
      'force-latest-run': false,
      'remote-backend': true,
      'remote-state-sharing': false,
      'auto-destroy-days': null,
    })
    expect(workspace.status).toBe(200)
    const environment = await api.write('PATCH', paths['environments']?.() ?? '', 'environments', {
      'remote-backend': true,
      'remote-backend-overridable': false,
      'is-federated-to-account': false,
    })
    expect(environment.body.data.attributes).toMatchObject({ 'remote-backend-overridable': false })
  })

  it("`operations`, the older word, sets the execution mode where 'execution-mode' does not", async () => {
    const { api } = world
    const path = paths['workspaces']?.() ?? ''
    const modeAfter = async (attributes: Record<string, unknown>): Promise<unknown> =>
      (await api.write('PATCH', path, 'workspaces', attributes)).body.data.attributes[
        'execution-mode'
      ]
    expect(await modeAfter({ operations: false })).toBe('local')
    expect(await modeAfter({ operations: false, 'execution-mode': 'remote' })).toBe('remote')
    expect(await modeAfter({ operations: true })).toBe('remote')
  })

  it('lists of what is not shared are empty, and stay so', async () => {
    const { api } = world
    const links = `/workspaces/${made.workspaceId}/provider-configuration-links`
    expect(
      (await api.get(`${links}?include=provider-configuration&page[size]=100`)).body,
    ).toMatchObject({ data: [], meta: { pagination: { 'total-count': 0 } } })
    for (const [path, type] of [
      [`/workspaces/${made.workspaceId}/relationships/remote-state-consumers`, 'workspaces'],
      [`/environments/${made.environmentId}/relationships/federated-environments`, 'environments'],
    ] as const) {
      expect((await api.get(path)).body.data).toEqual([])
      for (const method of ['POST', 'PATCH', 'DELETE']) {
        const none = await api.call(method, path, { json: { data: [] } })
        expect(none.status).toBe(204)
      }
      const one = await api.call('POST', path, { json: { data: [{ type, id: 'some-1' }] } })
      expect(one.status).toBe(422)
      const other = path.replace(/-\w+\/rel/u, '-none/rel')
      expect((await api.get(other)).status).toBe(404)
    }
  })
})
