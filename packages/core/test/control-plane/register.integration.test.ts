import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { HttpControlPlane } from '../../src/control-plane/index.ts'
import { problemTypes } from '../../src/protocol/index.ts'
import { sendJson } from '../http/support/test-server.ts'
import { poolToken, registerRequest, registration, start } from './support.ts'

describe('register', () => {
  it('sends the pool token and gives the session', async () => {
    const { register, requests } = await start()
    const session = await register()
    expect(session.registration).toMatchObject({ agentId: 'agent-v01', poolId: 'apool-v01' })
    const [request] = requests('POST /sessions')
    expect(request?.headers.authorization).toBe(`Bearer ${poolToken}`)
    expect(JSON.parse(String(request?.body))).toEqual(registerRequest)
  })

  it('I12: shows no token when session and control plane are inspected or serialised', async () => {
    const { register, controlPlane } = await start()
    const session = await register()
    const shown = [
      inspect(controlPlane, { depth: 6 }),
      inspect(session, { depth: 6 }),
      inspect(session.registration),
      JSON.stringify(session.registration),
    ]
    for (const text of shown) expect(text).not.toContain('c4n4ry')
  })

  it('tries again while the control plane is not up yet', async () => {
    let count = 0
    const { register, requests } = await start({
      'POST /sessions': (_request, response) => {
        count += 1
        if (count < 4) sendJson(response, 503, {})
        else sendJson(response, 201, registration)
      },
    })
    await register()
    const keys = requests('POST /sessions').map(({ headers }) => headers['idempotency-key'])
    expect(keys).toHaveLength(4)
    expect(new Set(keys).size).toBe(1)
  })

  it('a revoked token: says so at once, with what to do', async () => {
    const { register, requests } = await start({
      'POST /sessions': (_request, response) =>
        sendJson(response, 401, { type: problemTypes.unauthorized, title: 'Revoked', status: 401 }),
    })
    await expect(register()).rejects.toMatchObject({
      name: 'AuthenticationError',
      message: expect.stringMatching(
        /Cannot register the agent 'agent-1'.*refused.*SCALR_AGENT_TOKEN/u,
      ),
    })
    expect(requests('POST /sessions')).toHaveLength(1)
  })

  it('a token of the wrong kind: an error of authentication as well', async () => {
    const { register } = await start({
      'POST /sessions': (_request, response) =>
        sendJson(response, 403, { type: problemTypes.forbidden, title: 'Wrong kind', status: 403 }),
    })
    await expect(register()).rejects.toMatchObject({ name: 'AuthenticationError', status: 403 })
  })

  it('a name that a live agent holds: 409 with its problem type', async () => {
    const { register } = await start({
      'POST /sessions': (_request, response) =>
        sendJson(response, 409, { type: problemTypes.nameTaken, title: 'Name taken', status: 409 }),
    })
    await expect(register()).rejects.toMatchObject({
      name: 'ApiError',
      status: 409,
      problemType: problemTypes.nameTaken,
    })
  })

  it.each([
    [
      '426',
      426,
      { type: problemTypes.versionUnsupported, title: 'No common version', status: 426 },
      'update the agent or the control plane',
    ],
    ['a 404 of something else', 404, { errors: [{ title: 'Not found' }] }, 'Check the URL'],
  ])('another version or no control plane: %s', async (_what, status, body, advice) => {
    const { register } = await start({
      'POST /sessions': (_request, response) => sendJson(response, status, body),
    })
    await expect(register()).rejects.toMatchObject({
      name: 'ProtocolError',
      code: 'VERSION',
      message: expect.stringContaining(advice),
    })
  })

  it('a web page with 404 is told as what it is', async () => {
    const { register } = await start({
      'POST /sessions': (_request, response) => {
        response
          .writeHead(404, { 'content-type': 'text/html' })
          .end('<html><title>404 nginx</title></html>')
      },
    })
    await expect(register()).rejects.toMatchObject({
      code: 'VERSION',
      message: expect.stringContaining("HTML page titled '404 nginx'"),
    })
  })

  it('a version that nobody offered is refused', async () => {
    const { register } = await start({
      'POST /sessions': (_request, response) =>
        sendJson(response, 201, { ...registration, protocolVersion: 2 }),
    })
    await expect(register()).rejects.toMatchObject({ code: 'VERSION' })
  })

  it('a reply that breaks the schema names path and issue, and no token (I12)', async () => {
    const { register } = await start({
      'POST /sessions': (_request, response) =>
        sendJson(response, 201, { ...registration, intervals: { heartbeatMs: '10' } }),
    })
    const error: unknown = await register().catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'INVALID_REPLY',
      message: expect.stringContaining('intervals.heartbeatMs: '),
    })
    expect(inspect(error, { depth: 10 })).not.toContain('c4n4ry')
  })

  it('a request that breaks the schema is not sent', async () => {
    const { controlPlane, server } = await start()
    await expect(
      controlPlane.register({ ...registerRequest, instanceId: 'short' }),
    ).rejects.toMatchObject({
      code: 'INVALID_RECORD',
      message: expect.stringContaining('instanceId'),
    })
    expect(server.received).toEqual([])
  })

  it.each([
    ['an insecure URL', { url: 'http://cp.example.com', token: poolToken }, 'INSECURE_URL'],
    ['a malformed token', { url: 'https://cp.example.com', token: 'c4n4ry' }, 'INVALID_TOKEN'],
    [
      'a broken CA',
      { url: 'https://cp.example.com', token: poolToken, connection: { caCert: '/none' } },
      'INVALID_CA',
    ],
  ])('refuses %s before anything is sent', (_what, options, code) => {
    expect(() => new HttpControlPlane(options)).toThrowError(expect.objectContaining({ code }))
  })
})
