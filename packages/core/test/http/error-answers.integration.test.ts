import { describe, expect, it } from 'vitest'

import { ApiError, AuthenticationError, ProtocolError } from '../../src/errors/index.ts'
import { readJson } from '../../src/http/index.ts'
import { sendJson } from './support/test-server.ts'
import { failure, get, replySchema, setUp, token } from './support/transport-fixture.ts'

describe('a bad answer', () => {
  it('that breaks the schema: call, path and issue are told, values are not (I12)', async () => {
    const { transport } = await setUp((_request, response) =>
      sendJson(response, 200, { name: 5, token: 'c4n4ry', list: ['c4n4ry'] }),
    )
    const error = await failure(transport.send(get()))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error).toMatchObject({ code: 'INVALID_REPLY' })
    expect(error.message).toMatch(
      /^Cannot fetch the thing \(GET http:\/\/localhost:\d+\/things\/1\): the answer breaks the protocol: name: .*expected string/u,
    )
    expect(error.message).toContain('"name":5')
  })

  it('that is a web page, with 200, 404 and 502', async () => {
    const page = '<!doctype html><html><head><title>Sign in · Example</title></head></html>'
    for (const status of [200, 404, 502]) {
      const { transport } = await setUp((_request, response) => {
        response.writeHead(status, { 'content-type': 'text/html' }).end(page)
      })
      const error = await failure(transport.send(get()))
      expect(error).toBeInstanceOf(status === 200 ? ProtocolError : ApiError)
      expect(error.message).toContain("an HTML page titled 'Sign in · Example'")
      expect(error.message).toContain(status === 502 ? 'gateway' : 'Check the URL')
    }
  })

  it('that redirects is not followed, and its query is not shown', async () => {
    const { server, transport } = await setUp((_request, response) => {
      response.writeHead(302, { location: 'https://login.example.com/oauth?state=c4n4ry' }).end()
    })
    const error = await failure(transport.send(get()))
    expect(error.message).toContain(
      'redirect to https://login.example.com/oauth, which is not followed',
    )
    expect(server.received).toHaveLength(1)
  })

  it('that is too large is not read', async () => {
    const { transport } = await setUp((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const block = Buffer.alloc(64 * 1024, ' ')
      const more = (): void => {
        while (response.write(block));
      }
      response.on('drain', more)
      more()
    })
    const read = get({ read: (answer) => readJson(answer, replySchema, 1024 * 1024) })
    expect(await failure(transport.send(read))).toMatchObject({ code: 'TOO_LARGE' })
  })

  it('that is not JSON, or empty', async () => {
    const { transport } = await setUp((request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.end(request.url === '/empty' ? '' : `your token ${token} is fine`)
    })
    const text = await failure(transport.send(get()))
    expect(text.message).toContain('not JSON but begins: your token [redacted] is fine.')
    const empty = await failure(transport.send(get({ path: '/empty' })))
    expect(empty.message).toContain('not JSON but empty')
  })

  it('I12: that breaks off is not quoted', async () => {
    const { transport } = await setUp((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end('{"name":"a","value":"c4n4ry')
    })
    const error = await failure(transport.send(get()))
    expect(error).toMatchObject({ code: 'INVALID_REPLY' })
    expect(error.message).toContain('breaks off')
  })

  it.each([
    [{ statusCode: 404, error: 'Not Found', message: 'Route GET:/x' }, '404 Route GET:/x.'],
    [{ odd: 'c4n4ry' }, '404 Not Found, with {"odd":"<6 characters>"}.'],
  ])('an error of a form of its own: %j', async (body, words) => {
    const { transport } = await setUp((_request, response) => sendJson(response, 404, body))
    expect((await failure(transport.send(get()))).message).toContain(words)
  })

  it('401: the token was refused, and what to do', async () => {
    const { transport } = await setUp((_request, response) =>
      sendJson(response, 401, { errors: [{ title: `Token ${token} is expired` }] }),
    )
    const error = await failure(transport.send(get()))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toMatch(
      /Token \[redacted\] is expired\. The token was refused:.* Make a new one\.$/u,
    )
  })

  it('problem document: type, detail, issues and request id are kept', async () => {
    const problem = {
      type: 'urn:scalr-agent:problem:invalid-request',
      title: 'Invalid request',
      status: 422,
      detail: 'The body is wrong',
      issues: [{ path: 'slots.free', message: 'must be positive' }],
    }
    const { transport } = await setUp((_request, response) =>
      sendJson(response, 422, problem, { 'x-request-id': 'req-1' }),
    )
    const error = await failure(transport.send(get()))
    expect(error).toMatchObject({
      status: 422,
      problemType: problem.type,
      requestId: 'req-1',
      details: [
        { title: 'Invalid request', detail: 'The body is wrong' },
        { pointer: 'slots.free', detail: 'must be positive' },
      ],
    })
    expect(error.message).toContain(
      '422 Invalid request; The body is wrong; slots.free: must be positive',
    )
  })

  it('JSON:API errors: title, detail and pointer are kept', async () => {
    const errors = [
      {
        status: '422',
        title: 'Invalid Attribute',
        detail: 'Name cannot be empty.',
        code: null,
        source: { pointer: '/data/attributes/name' },
        meta: null,
      },
    ]
    const { transport } = await setUp((_request, response) => sendJson(response, 422, { errors }))
    const error = await failure(transport.send(get()))
    expect(error.message).toContain(
      '422 Invalid Attribute: Name cannot be empty. (/data/attributes/name).',
    )
    expect(error).toMatchObject({
      details: [
        {
          title: 'Invalid Attribute',
          detail: 'Name cannot be empty.',
          pointer: '/data/attributes/name',
        },
      ],
    })
  })
})
