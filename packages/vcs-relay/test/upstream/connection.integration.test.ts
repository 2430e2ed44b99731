import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer } from 'node:https'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { createVcsHandler, readPolicyFile } from '../../src/index.ts'
import { ask } from '../support/ask.ts'
import { answerWith, RawServer } from '../support/raw-server.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { TestAuthority } from '../support/test-authority.ts'

const authority = new TestAuthority()
const target = '/api/v4/projects/a%2Fb/repository/files/x%2fy.tf?ref=main'
const credentials = { type: 'token', token: 'canary' } as const

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

describe('the way to the VCS', () => {
  it('trusts the authority that is given, and no other', async () => {
    const server = createServer(authority.issue(['IP:127.0.0.1']), (request, response) => {
      response.end(request.url)
    })
    const url = `https://127.0.0.1:${await listen(server)}`
    await using trusting = createVcsHandler({
      kind: 'gitlab',
      url,
      credentials,
      caCert: authority.caPath,
    })
    expect(await ask(trusting, target)).toMatchObject({ origin: 'vcs', text: target })
    await using other = createVcsHandler({ kind: 'gitlab', url, credentials })
    const asked = await ask(other, target)
    expect(asked).toMatchObject({ origin: 'agent', status: 502 })
    expect(asked.problem).toMatchObject({
      type: 'urn:scalr-agent:problem:vcs-unreachable',
      fate: 'never-ran',
    })
    expect(asked.problem.detail).toContain('not signed by an authority that is trusted here')
    server.closeAllConnections()
    server.close()
  })

  it('I11: goes through a proxy with the same bytes, and the proxy sees none of them', async () => {
    const server = createServer(
      authority.issue(['DNS:git.internal.example']),
      (request, response) => {
        response.end(request.url)
      },
    )
    const port = await listen(server)
    const seen: string[] = []
    const proxy = createHttpServer()
    proxy.on('connect', (request, socket) => {
      seen.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`)
      const upstream = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(upstream).pipe(socket)
      })
      upstream.on('error', () => socket.destroy())
      socket.on('error', () => upstream.destroy())
    })
    const proxyPort = await listen(proxy)
    {
      await using handler = createVcsHandler({
        kind: 'gitlab',
        url: 'https://git.internal.example',
        credentials,
        caCert: authority.caCert,
        proxy: { httpsProxy: `http://jane:secret@127.0.0.1:${proxyPort}` },
      })
      expect(await ask(handler, target)).toMatchObject({ origin: 'vcs', text: target })
    }
    expect(seen).toEqual([
      `git.internal.example:443 Basic ${Buffer.from('jane:secret').toString('base64')}`,
    ])
    for (const open of [server, proxy]) {
      open.closeAllConnections()
      open.close()
    }
  })

  it('is never unencrypted, but to this machine', () => {
    expect(() =>
      createVcsHandler({ kind: 'gitlab', url: 'http://git.example.com', credentials }),
    ).toThrow(/Cannot use http:\/\/git\.example\.com for the VCS/u)
  })

  it.each([
    ['https://jane:canary@git.example.com', /holds a user name or password/u],
    ['https://git.example.com/?x=canary', /has a query/u],
    ['git.example.com', /not an http\(s\) URL/u],
  ])('%s is refused', (url, reason) => {
    expect(() => createVcsHandler({ kind: 'gitlab', url, credentials })).toThrow(reason)
    try {
      createVcsHandler({ kind: 'gitlab', url, credentials })
    } catch (error) {
      expect(String(error)).not.toContain('canary')
    }
  })
})

describe('a proxy that does not let encoded slashes through', () => {
  const slashed = '/api/v4/projects/a%2Fb'
  it('is told once, with what to set, when a page answers instead of the VCS', async () => {
    const logger = new RecordingLogger()
    let type = 'application/json'
    await using server = await RawServer.listen((socket) =>
      answerWith('', [`Content-Type: ${type}`], '404 Not Found')(socket),
    )
    await using handler = createVcsHandler({ kind: 'gitlab', url: server.url, credentials, logger })
    const warnings = (): readonly string[] =>
      logger.records.filter(({ level }) => level === 'warn').map(({ message }) => message)
    await ask(handler, slashed)
    expect(warnings()).toEqual([])
    type = 'text/html'
    await ask(handler, '/api/v4/projects/42')
    expect(warnings()).toEqual([])
    await ask(handler, slashed)
    await ask(handler, slashed)
    expect(warnings()).toEqual([expect.stringContaining('AllowEncodedSlashes NoDecode')])
  })
})

describe('learn mode of a handler', () => {
  it('keeps the file up to date with what was asked for', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'relay-learn-'))
    const path = join(directory, 'policy.json')
    await using server = await RawServer.listen()
    {
      await using handler = createVcsHandler({
        kind: 'gitlab',
        url: server.url,
        credentials,
        learn: { path },
      })
      await ask(handler, target)
      await ask(handler, '/api/v4/user?private_token=canary')
      await ask(handler, '/c/d.git/info/refs?service=git-upload-pack')
    }
    expect(await readPolicyFile(path)).toMatchObject({
      allowedProjects: ['a/b', 'c/d'],
      rules: ['gitlab.file', 'gitlab.git.refs'],
      write: [],
    })
    expect(await readFile(path, 'utf8')).not.toContain('canary')
    await using small = createVcsHandler({
      kind: 'gitlab',
      url: server.url,
      credentials,
      policy: await readPolicyFile(path),
    })
    expect(small.explain('GET', target)).toMatchObject({ allowed: true })
    expect(small.explain('GET', '/api/v4/user')).toMatchObject({ allowed: false, step: 'rule-off' })
    await rm(directory, { recursive: true })
  })
})
