import { describe, expect, it } from 'vitest'

import { makeWorkspace, startWorld } from '../support/world.ts'

describe('agent pools', () => {
  it('are created in the caller’s account, shared unless said otherwise', async () => {
    await using world = await startWorld()
    const pool = await world.api.create('/agent-pools', 'agent-pools', { name: 'p' })
    expect(pool.attributes).toMatchObject({ 'is-shared': true, default: false, 'in-use': false })
    expect(pool.relationships.account.data.id).toBe(world.controlPlane.accountId)
    const again = await world.api.write('POST', '/agent-pools', 'agent-pools', { name: 'p' })
    expect(again.status).toBe(422)
    expect(again.body.errors[0].source.pointer).toBe('/data/attributes/name')
  })

  it('have one default in the account, which must be shared', async () => {
    await using world = await startWorld()
    const first = await world.api.create('/agent-pools', 'agent-pools', {
      name: 'a',
      default: true,
    })
    await world.api.create('/agent-pools', 'agent-pools', { name: 'b', default: true })
    expect((await world.api.get(`/agent-pools/${first.id}`)).body.data.attributes.default).toBe(
      false,
    )
    const answer = await world.api.write('POST', '/agent-pools', 'agent-pools', {
      name: 'c',
      default: true,
      'is-shared': false,
    })
    expect(answer.status).toBe(422)
    // Refused as a whole: the default has not moved.
    const { body } = await world.api.get('/agent-pools')
    expect(
      body.data.map((pool: { attributes: { name: string; default: boolean } }) => [
        pool.attributes.name,
        pool.attributes.default,
      ]),
    ).toEqual([
      ['a', false],
      ['b', true],
    ])
  })

  it('that are not shared serve only the environments they are linked to', async () => {
    await using world = await startWorld()
    const { environmentId } = await makeWorkspace(world.api)
    const other = await world.api.create('/environments', 'environments', { name: 'other' })
    const pool = await world.api.create(
      '/agent-pools',
      'agent-pools',
      { name: 'private', 'is-shared': false },
      { environments: ['environments', [environmentId]] },
    )
    const make = (environment: string, name: string) =>
      world.api.write(
        'POST',
        '/workspaces',
        'workspaces',
        { name },
        { environment: ['environments', environment], 'agent-pool': ['agent-pools', pool.id] },
      )
    expect((await make(environmentId, 'allowed')).status).toBe(201)
    const refused = await make(other.id, 'refused')
    expect(refused.status).toBe(422)
    expect(refused.body.errors[0].source.pointer).toBe('/data/relationships/agent-pool')
    expect(
      (
        await world.api.write(
          'PATCH',
          `/environments/${other.id}`,
          'environments',
          {},
          {
            'default-workspace-agent-pool': ['agent-pools', pool.id],
          },
        )
      ).status,
    ).toBe(422)
    const available = await world.api.get(`/agent-pools?filter[environment]=${other.id}`)
    expect(available.body.data.map((item: { id: string }) => item.id)).not.toContain(pool.id)
  })

  it('keep an environment whose workspaces use them', async () => {
    await using world = await startWorld()
    const { poolId, environmentId } = await makeWorkspace(world.api)
    const patch = (attributes: Record<string, unknown>, environments: readonly string[]) =>
      world.api.write('PATCH', `/agent-pools/${poolId}`, 'agent-pools', attributes, {
        environments: ['environments', environments],
      })
    const refused = await patch({ 'is-shared': false }, [])
    expect(refused.status).toBe(422)
    expect(refused.body.errors[0].source.pointer).toBe('/data/relationships/environments')
    expect((await world.api.get(`/agent-pools/${poolId}`)).body.data.attributes['is-shared']).toBe(
      true,
    )
    expect((await patch({ 'is-shared': false }, [environmentId])).status).toBe(200)
  })

  it('unlink every workspace when a PATCH sends an empty list, as go-scalr does', async () => {
    await using world = await startWorld()
    const { poolId, workspaceId } = await makeWorkspace(world.api)
    await world.api.write(
      'PATCH',
      `/agent-pools/${poolId}`,
      'agent-pools',
      { name: 'renamed' },
      { environments: ['environments', []], workspaces: ['workspaces', []] },
    )
    const { body } = await world.api.get(`/workspaces/${workspaceId}`)
    expect(body.data.relationships['agent-pool'].data).toBeNull()
  })

  it('cannot be deleted while a workspace is linked, and can afterwards', async () => {
    await using world = await startWorld()
    const { poolId, workspaceId } = await makeWorkspace(world.api)
    const refused = await world.api.delete(`/agent-pools/${poolId}`)
    expect(refused.status).toBe(409)
    await world.api.write(
      'PATCH',
      `/workspaces/${workspaceId}`,
      'workspaces',
      {},
      {
        'agent-pool': ['agent-pools', null],
      },
    )
    expect((await world.api.delete(`/agent-pools/${poolId}`)).status).toBe(204)
    expect((await world.api.get(`/agent-pools/${poolId}`)).status).toBe(404)
  })

  describe('that are serverless', () => {
    const enabled = { name: 'p', 'webhook-enabled': true, 'webhook-url': 'https://example.com/x' }

    it('never show the value of a sensitive header, and keep it until another is given', async () => {
      await using world = await startWorld()
      const pool = await world.api.create('/agent-pools', 'agent-pools', {
        ...enabled,
        'webhook-headers': [
          { name: 'X-Secret', value: 'never-shown', sensitive: true },
          { name: 'X-Team', value: 'platform' },
        ],
      })
      const headers = [
        { name: 'X-Secret', value: null, sensitive: true },
        { name: 'X-Team', value: 'platform', sensitive: false },
      ]
      expect(pool.attributes).toMatchObject({
        'webhook-enabled': true,
        'webhook-url': 'https://example.com/x',
        'webhook-headers': headers,
      })
      const write = (attributes: Record<string, unknown>) =>
        world.api.write('PATCH', `/agent-pools/${pool.id}`, 'agent-pools', attributes)
      const kept = await write({ 'webhook-headers': headers })
      expect(kept.status).toBe(200)
      expect(JSON.stringify(kept.body)).not.toContain('never-shown')
      // Not by another name, and not by calling it something else.
      for (const header of [
        { name: 'X-Other', value: null, sensitive: true },
        { name: 'X-Secret', value: null, sensitive: false },
      ]) {
        const refused = await write({ 'webhook-headers': [header] })
        expect(refused.status).toBe(422)
        expect(refused.body.errors[0].source.pointer).toBe(
          '/data/attributes/webhook-headers/0/value',
        )
      }
      const none = await write({ 'webhook-headers': null, 'webhook-enabled': false })
      expect(none.body.data.attributes).toMatchObject({
        'webhook-enabled': false,
        'webhook-headers': null,
      })
    })

    it('I12: send the value of a sensitive header to no other origin than the one it was given for', async () => {
      await using world = await startWorld()
      const hidden = { name: 'X-Secret', value: null, sensitive: true }
      const pool = await world.api.create('/agent-pools', 'agent-pools', {
        ...enabled,
        'webhook-headers': [{ ...hidden, value: 'never-shown' }],
      })
      const write = (attributes: Record<string, unknown>) =>
        world.api.write('PATCH', `/agent-pools/${pool.id}`, 'agent-pools', attributes)
      const elsewhere = { 'webhook-url': 'https://elsewhere.example.com/x' }
      const moved = await write(elsewhere)
      expect(moved.status).toBe(422)
      expect(moved.body.errors[0].source.pointer).toBe('/data/attributes/webhook-url')
      const withHeaders = await write({ ...elsewhere, 'webhook-headers': [hidden] })
      expect(withHeaders.status).toBe(422)
      // Nor in two steps.
      expect((await write({ 'webhook-enabled': false, 'webhook-url': null })).status).toBe(200)
      expect((await write({ 'webhook-enabled': true, ...elsewhere })).status).toBe(422)
      const anew = { ...elsewhere, 'webhook-headers': [{ ...hidden, value: 'another' }] }
      expect((await write({ 'webhook-enabled': true, ...anew })).status).toBe(200)
      const path = await write({ 'webhook-url': 'https://elsewhere.example.com/y' })
      expect(path.status).toBe(200)
    })

    it.each([
      [{ 'webhook-url': null }, 'webhook-url'],
      [{ 'webhook-url': 'launcher.example.com' }, 'webhook-url'],
      [{ 'webhook-url': 'ftp://example.com' }, 'webhook-url'],
      [{ 'webhook-url': 'https://me:secret@example.com' }, 'webhook-url'],
      [{ 'webhook-url': 'https://example.com/#part' }, 'webhook-url'],
      [{ 'vcs-enabled': true }, 'webhook-enabled'],
      [{ 'webhook-headers': [{ name: 'a b', value: 'x' }] }, 'webhook-headers/0/name'],
      [{ 'webhook-headers': [{ name: 'Host', value: 'x' }] }, 'webhook-headers/0/name'],
      [{ 'webhook-headers': [{ name: 'Idempotency-Key', value: 'x' }] }, 'webhook-headers/0/name'],
      [{ 'webhook-headers': [{ name: 'x', value: 'a\r\nb: c' }] }, 'webhook-headers/0/value'],
      [{ 'webhook-headers': [{ name: 'x', value: 'é' }] }, 'webhook-headers/0/value'],
      [{ 'webhook-headers': [{ name: 'x' }] }, 'webhook-headers/0/value'],
      [
        {
          'webhook-headers': [
            { name: 'x', value: 'a' },
            { name: 'X', value: 'b' },
          ],
        },
        'webhook-headers/1/name',
      ],
    ])('are refused with %j', async (attributes, pointer) => {
      await using world = await startWorld()
      const answer = await world.api.write('POST', '/agent-pools', 'agent-pools', {
        ...enabled,
        ...attributes,
      })
      expect(answer.status).toBe(422)
      expect(answer.body.errors[0].source.pointer).toBe(`/data/attributes/${pointer}`)
    })
  })
})
