import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { ScalrClient } from '../../src/client/index.ts'
import { sendJson } from '../http/support/test-server.ts'
import { fakeToken } from '../http/support/tokens.ts'
import { answer, prefix, run, setUp, token } from './support.ts'

describe('failures', () => {
  it('429 is always tried again and Retry-After honoured; a POST after 500 is not', async () => {
    let count = 0
    const { client, clock, server } = await setUp({
      'POST /runs': (_request, response) => {
        count += 1
        if (count === 1) sendJson(response, 429, {}, { 'retry-after': '3' })
        else sendJson(response, 500, {})
      },
    })
    await expect(client.runs.create({ workspaceId: 'ws-1' })).rejects.toMatchObject({ status: 500 })
    expect(server.received).toHaveLength(2)
    expect(clock.sleeps).toEqual([3250])
  })

  it('a GET is tried again after 500 and a cut connection', async () => {
    let count = 0
    const { client } = await setUp({
      'GET /runs/run-1': (_request, response) => {
        count += 1
        if (count === 1) sendJson(response, 502, {})
        else if (count === 2) response.destroy()
        else sendJson(response, 200, { data: run })
      },
    })
    expect((await client.runs.get('run-1')).planId).toBe('plan-1')
  })

  it('Scalr’s own words for a missing resource', async () => {
    const title = "Workspace with ID 'ws-9' not found or user unauthorized."
    const { client } = await setUp({
      'GET /workspaces/ws-9': answer(404, { errors: [{ status: '404', title, detail: '' }] }),
    })
    await expect(client.workspaces.get('ws-9')).rejects.toMatchObject({
      name: 'ApiError',
      status: 404,
      message: expect.stringContaining(title),
      details: [{ title }],
    })
  })

  it('401 says what to do; nothing shows the token (I12)', async () => {
    const { client } = await setUp({
      'GET /runs/run-1': answer(401, { errors: [{ title: 'No' }] }),
    })
    const error: unknown = await client.runs.get('run-1').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'AuthenticationError' })
    expect(String(error)).toContain('Create a new access token')
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('c4n4ry')
    expect(inspect(client, { depth: 10 })).not.toContain('c4n4ry')
  })

  it('a signal ends a list between and within pages', async () => {
    const { client, server } = await setUp({ 'GET /runs': () => {} })
    const controller = new AbortController()
    const pending = client.runs.list({ signal: controller.signal }).toArray()
    await server.receivedAtLeast(1)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
  })

  it.each(['', '.', '..'])('refuses %j as an id', async (id) => {
    const { client, server } = await setUp({})
    await expect(client.workspaces.delete(id)).rejects.toMatchObject({ name: 'ConfigurationError' })
    expect(server.received).toEqual([])
  })

  it('keeps an id in its segment, whatever it holds', async () => {
    const { client, server } = await setUp({})
    await client.runs.get('../workspaces/ws-1?x#y').catch(() => {})
    expect(server.received[0]?.url).toBe(`${prefix}/runs/..%2Fworkspaces%2Fws-1%3Fx%23y`)
  })
})

describe('the URL', () => {
  it('comes from the token when it is not given', async () => {
    const { server } = await setUp({ 'GET /runs/run-1': answer(200, { data: run }) })
    await using client = new ScalrClient({ token: fakeToken({ iss: server.url }) })
    expect((await client.runs.get('run-1')).status).toBe('planned')
  })

  it('may hold the path of the API already', async () => {
    const { server } = await setUp({ 'GET /runs/run-1': answer(200, { data: run }) })
    await using client = new ScalrClient({ url: `${server.url}${prefix}/`, token })
    await client.runs.get('run-1')
    expect(server.received[0]?.url).toBe(`${prefix}/runs/run-1`)
  })

  it('must be HTTPS', () => {
    expect(() => new ScalrClient({ url: 'http://acme.scalr.io', token })).toThrowError(
      expect.objectContaining({ code: 'INSECURE_URL' }),
    )
  })
})
