import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createVcsHandler, type HeaderPairs, type VcsHandler } from '../../src/index.ts'
import { ask } from '../support/ask.ts'
import { answerWith, RawServer } from '../support/raw-server.ts'

const target = '/api/v4/projects/a%2Fb'
let server: RawServer
let handler: VcsHandler
let answer: Parameters<typeof RawServer.listen>[0]

beforeEach(async () => {
  answer = answerWith('ok')
  server = await RawServer.listen((socket, request) => answer?.(socket, request))
  handler = createVcsHandler({
    kind: 'gitlab',
    url: server.url,
    credentials: { type: 'token', token: 'glpat-of-the-agent' },
    policy: { write: ['statuses'] },
  })
})
afterEach(async () => {
  await handler[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

describe('headers of requests', () => {
  it('passes what a client of a VCS needs, in its order', async () => {
    const headers: HeaderPairs = [
      ['Accept', 'application/json'],
      ['If-None-Match', '"abc"'],
      ['Git-Protocol', 'version=2'],
      ['X-GitHub-Api-Version', '2022-11-28'],
      ['User-Agent', 'git/2.50'],
      ['Accept', 'text/plain'],
    ]
    await ask(handler, target, { headers })
    expect(server.requests[0]?.headLines).toEqual([
      `host: ${new URL(server.url).host}`,
      'connection: keep-alive',
      ...headers.map((line) => line.join(': ')),
      'PRIVATE-TOKEN: glpat-of-the-agent',
    ])
  })

  it("drops credentials of the control plane and sends the agent's own", async () => {
    const names = [
      'Authorization',
      'authorization',
      'Cookie',
      'PRIVATE-TOKEN',
      'Job-Token',
      'Deploy-Token',
      'Proxy-Authorization',
      'X-Gitlab-Static-Object-Token',
      'X-CSRF-Token',
      'Sudo',
      'X-Api-Key',
      'X-Auth-Token',
      'X-Hub-Signature-256',
    ]
    await ask(handler, target, {
      headers: names.map((name) => [name, 'canary-of-the-control-plane']),
    })
    expect(server.requests[0]?.headLines.join('\n')).not.toContain('canary')
    expect(server.requests[0]?.headLines).toContain('PRIVATE-TOKEN: glpat-of-the-agent')
  })

  it('drops what would change method, path, host or sender behind the policy', async () => {
    const names = [
      'X-HTTP-Method-Override',
      'X-HTTP-Method',
      'X-Method-Override',
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
      'X-Forwarded-Prefix',
      'Forwarded',
      'X-Real-IP',
      'Host',
      'Via',
      'X-Relay-Origin',
      'Origin',
      'Referer',
    ]
    await ask(handler, target, { headers: names.map((name) => [name, 'canary.example']) })
    expect(server.requests[0]?.headLines.join('\n')).not.toContain('canary')
  })

  it('drops what is for one hop: known names, and those that Connection names', async () => {
    await ask(handler, target, {
      headers: [
        ['Connection', 'close, Accept-Language , x-mine'],
        ['Accept-Language', 'de'],
        ['X-Mine', '1'],
        ['Keep-Alive', 'timeout=1'],
        ['TE', 'trailers'],
        ['Trailer', 'x'],
        ['Upgrade', 'websocket'],
        ['HTTP2-Settings', 'x'],
        ['Expect', '100-continue'],
        ['Proxy-Connection', 'close'],
      ],
    })
    expect(server.lastNames.toSorted()).toEqual([
      'connection',
      'host',
      'private-token',
      'user-agent',
    ])
  })

  it.each<readonly [string, HeaderPairs]>([
    [
      'two lengths',
      [
        ['Content-Length', '2'],
        ['content-length', '3'],
      ],
    ],
    ['a length that is none', [['Content-Length', '+2']]],
    ['two lengths in one line', [['Content-Length', '2, 3']]],
    [
      'a length beside an encoding',
      [
        ['Content-Length', '2'],
        ['Transfer-Encoding', 'chunked'],
      ],
    ],
    ['a line break in a value', [['Accept', 'a\r\nX-Evil: 1']]],
    ['NUL in a value', [['Accept', 'a\0b']]],
    ['a line break in a name', [['Accept\r\nX-Evil', '1']]],
    ['a blank in a name', [['Content-Length ', '2']]],
    ['an empty name', [['', '1']]],
    ['too many lines', Array.from({ length: 129 }, (): [string, string] => ['accept', 'a'])],
    ['too many bytes', [['Accept', 'a'.repeat(64 * 1024)]]],
  ])('refuses %s, and sends nothing', async (_what, headers) => {
    const asked = await ask(handler, '/api/v4/projects/a%2Fb/statuses/0123abc', {
      method: 'POST',
      headers: [['content-type', 'application/json'], ...headers],
      body: '{}',
    })
    expect(asked).toMatchObject({ origin: 'agent', status: 400 })
    expect(asked.problem).toMatchObject({
      type: 'urn:scalr-agent:problem:relay-invalid-request',
      fate: 'never-ran',
    })
    expect(server.requests).toEqual([])
  })

  it.each<readonly [string, string, string, HeaderPairs, string | undefined]>([
    [
      'a form, which can carry another method',
      'POST',
      '/api/v4/projects/a%2Fb/statuses/0123abc',
      [['content-type', 'application/x-www-form-urlencoded']],
      '_method=DELETE',
    ],
    [
      'a multipart form',
      'POST',
      '/api/v4/projects/a%2Fb/statuses/0123abc',
      [['content-type', 'multipart/form-data; boundary=x']],
      '--x--',
    ],
    [
      'two types',
      'POST',
      '/api/v4/projects/a%2Fb/statuses/0123abc',
      [
        ['content-type', 'application/json'],
        ['content-type', 'text/html'],
      ],
      '{}',
    ],
    ['a body without a type', 'POST', '/api/v4/projects/a%2Fb/statuses/0123abc', [], '{}'],
    ['a body of a GET', 'GET', target, [['content-type', 'application/json']], '{}'],
    [
      'git with another type',
      'POST',
      '/a/b.git/git-upload-pack',
      [['content-type', 'application/json']],
      '0000',
    ],
    [
      'git without a body',
      'POST',
      '/a/b.git/git-upload-pack',
      [['content-type', 'application/x-git-upload-pack-request']],
      undefined,
    ],
  ])('refuses %s', async (_what, method, path, headers, body) => {
    const asked = await ask(handler, path, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    })
    expect(asked).toMatchObject({ origin: 'agent', status: 400 })
    expect(server.requests).toEqual([])
  })
})

describe('headers of answers', () => {
  it('passes them on in their order, repeated ones too', async () => {
    answer = answerWith('ok', [
      'ETag: "x"',
      'X-Total: 7',
      'Vary: a',
      'vary: b',
      'X-RateLimit-Remaining: 1',
    ])
    const asked = await ask(handler, target)
    expect(asked.headers).toEqual([
      ['ETag', '"x"'],
      ['X-Total', '7'],
      ['Vary', 'a'],
      ['vary', 'b'],
      ['X-RateLimit-Remaining', '1'],
      ['Content-Length', '2'],
      ['x-relay-origin', 'vcs'],
    ])
  })

  it('drops sessions, what is for one hop, what names the host, and what only the relay says', async () => {
    answer = answerWith('ok', [
      'Set-Cookie: session=canary',
      'Connection: keep-alive, X-Mine',
      'X-Mine: canary',
      'Keep-Alive: timeout=9',
      'Proxy-Authenticate: Basic realm="canary"',
      'Upgrade: h2c',
      'Trailer: x',
      'Alt-Svc: h3="canary:443"',
      'Strict-Transport-Security: max-age=1',
      'Content-Location: http://canary/x',
      'Location: http://canary/x',
      'Refresh: 0;url=http://canary',
      'X-Relay-Origin: agent',
      'x-relay-fate: never-ran',
    ])
    const asked = await ask(handler, target)
    expect(asked.headers).toEqual([
      ['Content-Length', '2'],
      ['x-relay-origin', 'vcs'],
    ])
  })

  it('Link: paths instead of URLs, without what the policy would refuse', async () => {
    answer = answerWith('[]', [
      'Link: <https://outside.example/api/v4/projects/a%2Fb/repository/tags?page=2&per_page=5>; rel="next", ' +
        '<https://outside.example/admin>; rel="first", </api/v4/projects/a%2Fb/repository/tags?page=9>; rel="last"',
    ])
    const asked = await ask(handler, '/api/v4/projects/a%2Fb/repository/tags')
    expect(asked.header('link')).toBe(
      '</api/v4/projects/a%2Fb/repository/tags?page=2&per_page=5>; rel="next", ' +
        '</api/v4/projects/a%2Fb/repository/tags?page=9>; rel="last"',
    )
  })

  it.each<readonly [string, string]>([
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
    [
      'a length beside an encoding',
      'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    ['a length that is none', 'Content-Length: x\r\n\r\nok'],
    ['a header without a colon', 'nonsense\r\n\r\nok'],
    ['a bare line feed', 'X: a\nY: b\r\nContent-Length: 2\r\n\r\nok'],
    ['a blank before the colon', 'X : a\r\nContent-Length: 2\r\n\r\nok'],
    ['oversized headers', `X: ${'a'.repeat(17 * 1024)}\r\nContent-Length: 2\r\n\r\nok`],
    [
      'too many headers',
      `${Array.from({ length: 200 }, (_, n) => `X-${n}: a\r\n`).join('')}Content-Length: 2\r\n\r\nok`,
    ],
  ])('refuses an answer with %s', async (_what, rest) => {
    answer = (socket) => socket.write(`HTTP/1.1 200 OK\r\n${rest}`)
    const asked = await ask(handler, target)
    expect(asked).toMatchObject({ origin: 'agent', status: 502 })
    expect(asked.problem).toMatchObject({
      type: 'urn:scalr-agent:problem:vcs-answer',
      rule: 'gitlab.project',
    })
  })

  it('drops interim answers', async () => {
    answer = (socket) =>
      socket.write(
        'HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      )
    const asked = await ask(handler, target)
    expect(asked).toMatchObject({ status: 200, text: 'ok' })
    expect(asked.headers).toEqual([
      ['Content-Length', '2'],
      ['x-relay-origin', 'vcs'],
    ])
  })

  it.each<readonly [string, string, string]>([
    ['HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
    ['204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['304', 'GET', 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'],
  ])('%s has no body, and the connection stays', async (_what, method, bytes) => {
    answer = (socket) => socket.write(bytes)
    const signal = new AbortController().signal
    for (let round = 0; round < 6; round++) {
      const got = await handler.handle(
        { id: 'r', vcs: 'v', method, target, headers: [], lane: 'api' },
        { signal },
      )
      expect(got).toMatchObject({ origin: 'vcs', body: undefined })
    }
    // One, or another when the first was not yet back.
    expect(server.openSockets).toBeLessThan(6)
  })
})
