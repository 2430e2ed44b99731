import { describe, expect, it } from 'vitest'

import { startWorld } from '../support/world.ts'

describe('the account', () => {
  it('is seen with its owner, and takes another name', async () => {
    await using world = await startWorld()
    const { api, controlPlane } = world
    const path = `/accounts/${controlPlane.accountId}`
    const { body } = await api.get(`${path}?include=owner`)
    expect(body.data.attributes).toMatchObject({ name: 'local', 'allowed-ips': [] })
    expect(body.included).toMatchObject([{ type: 'users', attributes: { status: 'Active' } }])
    const owner = body.data.relationships.owner.data.id
    expect((await api.get(`/users/${owner}`)).status).toBe(200)
    const renamed = await api.write(
      'PATCH',
      path,
      'accounts',
      { name: 'acme', 'allowed-ips': [], quotas: null },
      { owner: ['users', owner] },
    )
    expect(renamed.status).toBe(200)
    expect(renamed.body.data.attributes.name).toBe('acme')
    expect((await api.get('/accounts?filter[name]=acme')).body.data).toHaveLength(1)
  })

  it('refuses what it would not keep to: a fence of addresses, another owner', async () => {
    await using world = await startWorld()
    const { api, controlPlane } = world
    const path = `/accounts/${controlPlane.accountId}`
    const fence = await api.write('PATCH', path, 'accounts', { 'allowed-ips': ['10.0.0.0/8'] })
    expect(fence.status).toBe(422)
    expect(fence.body.errors[0]).toMatchObject({
      detail: 'This control plane does not look at addresses: filter them in front of it.',
      source: { pointer: '/data/attributes/allowed-ips' },
    })
    const support = { 'support-access-enabled': true }
    expect((await api.write('PATCH', path, 'accounts', support)).status).toBe(422)
    const owner = await api.write('PATCH', path, 'accounts', {}, { owner: ['users', 'user-none'] })
    expect(owner.status).toBe(404)
    expect(owner.body.errors[0].detail).toBe(
      "User with ID 'user-none' not found or user unauthorized.",
    )
    expect((await api.get('/accounts/acc-none')).body.errors[0].title).toBe(
      "Account with ID 'acc-none' not found or user unauthorized.",
    )
  })
})
