import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

import { describe, expect, it } from 'vitest'

import { createVcsHandler, type VcsHandler, type VcsHandlerOptions } from '../../src/index.ts'
import { ask } from '../support/ask.ts'
import { RawServer } from '../support/raw-server.ts'
import { TestAuthority } from '../support/test-authority.ts'

const authority = new TestAuthority()
const tarball = '/api/v3/repos/acme/infra/tarball/main'
const codeload = '/acme/infra/legacy.tar.gz/refs/heads/main?token=of-the-server'

/** Answers by a table of targets; everything else is 404. */
function byTarget(
  answers: Readonly<Record<string, string>>,
): Parameters<typeof RawServer.listen>[0] {
  return (socket, { target }) => {
    const location = answers[target]
    if (location === undefined) socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    else if (location.startsWith('body:')) {
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Length: ${location.length - 5}\r\n\r\n${location.slice(5)}`,
      )
    } else {
      socket.write(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`)
    }
  }
}

function github(url: string, options: Partial<VcsHandlerOptions> = {}): VcsHandler {
  return createVcsHandler({
    kind: 'github-enterprise',
    url,
    credentials: { type: 'token', token: 'ghp-canary' },
    ...options,
  })
}

const canaries = (server: RawServer): readonly string[] =>
  server.requests.flatMap(({ headLines }) =>
    headLines.filter((line) => /ghp-|canary|Z2hwL/u.test(line)),
  )

describe('an archive that is elsewhere is fetched by the agent', () => {
  it('from codeload, without credentials, and the client sees one answer', async () => {
    await using elsewhere = await RawServer.listen(byTarget({ [codeload]: 'body:archive' }))
    await using server = await RawServer.listen(
      byTarget({ [tarball]: `${elsewhere.url}${codeload}` }),
    )
    await using handler = github(server.url, { extraOrigins: [elsewhere.url] })
    const headers = [
      ['Authorization', 'canary'],
      ['Cookie', 'canary'],
      ['Range', 'bytes=0-'],
    ] as const
    const asked = await ask(handler, tarball, { headers })
    expect(asked).toMatchObject({ origin: 'vcs', status: 200, text: 'archive' })
    expect(asked.header('location')).toBeUndefined()
    expect(canaries(server)).toEqual(['Authorization: Bearer ghp-canary'])
    expect(canaries(elsewhere)).toEqual([])
    expect(elsewhere.lastNames.toSorted()).toEqual(['connection', 'host', 'range', 'user-agent'])
  })

  it.each(['/codeload', '/_codeload'])('below %s of the server itself', async (prefix) => {
    await using server = await RawServer.listen(
      byTarget({ [tarball]: `${prefix}${codeload}`, [`${prefix}${codeload}`]: 'body:archive' }),
    )
    await using handler = github(server.url)
    expect(await ask(handler, tarball)).toMatchObject({ status: 200, text: 'archive' })
    expect(canaries(server)).toHaveLength(1)
  })

  it('from a store of objects that is configured, for servers that have such', async () => {
    const archive = '/api/v4/projects/acme%2Finfra/repository/archive.tar.gz?sha=main'
    await using store = await RawServer.listen(
      byTarget({ '/bucket/x?X-Amz-Signature=1': 'body:archive' }),
    )
    await using server = await RawServer.listen(
      byTarget({ [archive]: `${store.url}/bucket/x?X-Amz-Signature=1` }),
    )
    await using handler = createVcsHandler({
      kind: 'gitlab',
      url: server.url,
      credentials: { type: 'token', token: 'glpat-canary' },
      extraOrigins: [store.url],
    })
    expect(await ask(handler, archive)).toMatchObject({ status: 200, text: 'archive' })
    expect(canaries(store)).toEqual([])
  })
})

describe('a redirect to anywhere else is refused, with what it is', () => {
  const places: readonly (readonly [what: string, location: (elsewhere: string) => string])[] = [
    ['another host', (elsewhere) => `${elsewhere}/x`],
    ['another host without a scheme', (elsewhere) => elsewhere.slice('http:'.length)],
    [
      'a user before the host',
      (elsewhere) => `http://127.0.0.1@${elsewhere.slice('http://'.length)}/x`,
    ],
    ['a backslash before the host', (elsewhere) => `/\\${elsewhere.slice('http://'.length)}/x`],
    ['another scheme', () => 'file:///etc/passwd'],
    ['a path without a slash', () => 'x/y'],
    ['an empty place', () => ''],
  ]
  it.each(places)('%s', async (_what, location) => {
    await using elsewhere = await RawServer.listen()
    await using server = await RawServer.listen(byTarget({ [tarball]: location(elsewhere.url) }))
    await using handler = github(server.url)
    const asked = await ask(handler, tarball)
    expect(elsewhere.requests).toEqual([])
    expect(JSON.stringify(asked)).not.toContain(new URL(elsewhere.url).port)
    if (asked.status === 302) {
      // The client is told a path of the same server, which the policy judges anew.
      expect(asked.header('location')).toMatch(/^\/(?!\/)/u)
      return
    }
    expect(asked).toMatchObject({ origin: 'agent', status: 502 })
    expect(asked.problem.type).toBe('urn:scalr-agent:problem:vcs-redirect')
  })

  it.each([
    ['another project', '/acme/secrets/legacy.tar.gz/main'],
    ['no archive', '/acme/infra/settings'],
    ['dots', '/acme/infra/legacy.tar.gz/%2e%2e/main'],
    ['another parameter', '/acme/infra/legacy.tar.gz/main?private_token=x'],
  ])('an extra origin, but %s', async (_what, path) => {
    await using elsewhere = await RawServer.listen()
    await using server = await RawServer.listen(byTarget({ [tarball]: `${elsewhere.url}${path}` }))
    await using handler = github(server.url, { extraOrigins: [elsewhere.url] })
    expect(await ask(handler, tarball)).toMatchObject({ origin: 'agent', status: 502 })
    expect(elsewhere.requests).toEqual([])
  })

  it('an extra origin for what is no archive', async () => {
    await using elsewhere = await RawServer.listen()
    await using server = await RawServer.listen(
      byTarget({ '/api/v3/repos/acme/infra': `${elsewhere.url}${codeload}` }),
    )
    await using handler = github(server.url, { extraOrigins: [elsewhere.url] })
    expect(await ask(handler, '/api/v3/repos/acme/infra')).toMatchObject({ status: 502 })
    expect(elsewhere.requests).toEqual([])
  })

  it('from https to http, even to an origin that is configured', async () => {
    await using elsewhere = await RawServer.listen()
    const server = createServer(authority.issue(['IP:127.0.0.1']), (_request, response) => {
      response.writeHead(302, { location: `${elsewhere.url}${codeload}` }).end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    await using handler = github(url, { extraOrigins: [elsewhere.url], caCert: authority.caCert })
    const asked = await ask(handler, tarball)
    expect(asked).toMatchObject({ origin: 'agent', status: 502 })
    expect(asked.problem.detail).toContain('from https to http')
    expect(elsewhere.requests).toEqual([])
    server.closeAllConnections()
    server.close()
  })

  it('more than three of them', async () => {
    const at = (n: number): string => `/api/v3/repos/acme/r${n}`
    await using server = await RawServer.listen(
      byTarget({
        [at(0)]: at(1),
        [at(1)]: at(2),
        [at(2)]: at(3),
        [at(3)]: at(4),
        [at(4)]: 'body:end',
      }),
    )
    await using handler = github(server.url)
    expect(await ask(handler, at(1))).toMatchObject({ status: 200, text: 'end' })
    const asked = await ask(handler, at(0))
    expect(asked).toMatchObject({ origin: 'agent', status: 502 })
    expect(asked.problem.detail).toContain('more than 3 times')
  })
})

describe('a redirect within the server', () => {
  it('to what the policy allows is followed; the project is judged anew', async () => {
    const moved = '/api/v3/repos/acme/moved'
    await using server = await RawServer.listen(
      byTarget({ [moved]: '/api/v3/repos/acme/infra', '/api/v3/repos/acme/infra': 'body:found' }),
    )
    await using wide = github(server.url)
    expect(await ask(wide, moved)).toMatchObject({ status: 200, text: 'found' })
    await using narrow = github(server.url, { policy: { allowedProjects: ['acme/moved'] } })
    const asked = await ask(narrow, moved)
    expect(asked).toMatchObject({ origin: 'vcs', status: 302 })
    expect(asked.header('location')).toBe('/api/v3/repos/acme/infra')
  })

  it('of a request that changes something is never followed', async () => {
    const statuses = '/api/v3/repos/acme/infra/statuses/0123abc'
    const moved = '/api/v3/repos/acme/moved/statuses/0123abc'
    await using server = await RawServer.listen(byTarget({ [statuses]: moved }))
    await using handler = github(server.url, { policy: { write: ['statuses'] } })
    const asked = await ask(handler, statuses, {
      method: 'POST',
      headers: [['content-type', 'application/json']],
      body: '{}',
    })
    expect(asked).toMatchObject({ origin: 'vcs', status: 302 })
    expect(asked.header('location')).toBe(moved)
    expect(server.requests).toHaveLength(1)
  })

  it('of git is left to git, as a path', async () => {
    await using server = await RawServer.listen((socket) =>
      socket.write(
        `HTTP/1.1 301 Moved\r\nLocation: ${server.url}/a/b.git/info/refs?service=git-upload-pack\r\nContent-Length: 0\r\n\r\n`,
      ),
    )
    await using handler = github(server.url)
    const asked = await ask(handler, '/a/b/info/refs?service=git-upload-pack')
    expect(asked).toMatchObject({ origin: 'vcs', status: 301 })
    expect(asked.header('location')).toBe('/a/b.git/info/refs?service=git-upload-pack')
    expect(server.requests).toHaveLength(1)
  })
})

it('an extra origin must be a safe one', () => {
  expect(() =>
    github('https://git.example.com', { extraOrigins: ['http://codeload.example.com'] }),
  ).toThrow(/unencrypted/u)
  expect(() =>
    github('https://git.example.com', { extraOrigins: ['https://x.example.com/y'] }),
  ).toThrow(/it has a path/u)
})
