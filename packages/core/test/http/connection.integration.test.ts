import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'

import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { ConfigurationError } from '../../src/errors/index.ts'
import {
  createDispatcher,
  HttpTransport,
  readCaCert,
  readJson,
  type ConnectionOptions,
} from '../../src/http/index.ts'
import { TestAuthority, type Identity } from './support/certificates.ts'
import { startConnectProxy, type ConnectProxy } from './support/connect-proxy.ts'
import { listen, sendJson, startServer, type TestServer } from './support/test-server.ts'

const authority = new TestAuthority()
const other = new TestAuthority('Another CA')

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const resource of open.splice(0).toReversed()) await resource[Symbol.asyncDispose]()
})

async function serve(identity?: Identity): Promise<TestServer> {
  const server = await startServer(
    (_request, response) => sendJson(response, 200, { ok: true }),
    identity,
  )
  open.push(server)
  return server
}

async function proxy(options?: { readonly refuseWith?: number }): Promise<ConnectProxy> {
  const result = await startConnectProxy(options)
  open.push(result)
  return result
}

async function call(baseUrl: string, connection: ConnectionOptions): Promise<unknown> {
  await using transport = new HttpTransport({
    baseUrl,
    server: 'the control plane',
    tokenAdvice: '',
    connection,
  })
  return await transport.send({
    doing: 'register',
    method: 'GET',
    path: '/',
    read: (answer) => readJson(answer, z.object({ ok: z.literal(true) })),
  })
}

const asPath = authority.caPath
const asPem = authority.caCert
const asBase64 = Buffer.from(authority.caCert).toString('base64')

describe('TLS', () => {
  it.each([
    ['a path', asPath],
    ['PEM', asPem],
    ['base64 of PEM', asBase64],
  ])('trusts the CA given as %s', async (_form, caCert) => {
    const server = await serve(authority.issue(['DNS:localhost']))
    expect(await call(server.url, { caCert })).toEqual({ ok: true })
  })

  it.each([
    ['no CA at all', {}],
    ['another CA', { caCert: other.caCert }],
  ])('refuses the server with %s, and names SCALR_AGENT_CA_CERT', async (_what, connection) => {
    const server = await serve(authority.issue(['DNS:localhost']))
    await expect(call(server.url, connection)).rejects.toMatchObject({
      name: 'NetworkError',
      code: 'TLS',
      retryable: false,
      message: expect.stringContaining('SCALR_AGENT_CA_CERT'),
    })
    expect(server.received).toEqual([])
  })

  it('tells an expired certificate and a wrong name apart', async () => {
    const expired = await serve(authority.issue(['DNS:localhost'], { expired: true }))
    await expect(call(expired.url, { caCert: asPem })).rejects.toMatchObject({
      code: 'TLS',
      message: expect.stringContaining('has expired'),
    })
    const misnamed = await serve(authority.issue(['DNS:elsewhere.example.com']))
    await expect(call(misnamed.url, { caCert: asPem })).rejects.toMatchObject({
      code: 'TLS',
      message: expect.stringContaining('another name'),
    })
  })

  it('says so when a port speaks plain HTTP', async () => {
    const plain = await serve()
    await expect(call(plain.url.replace('http:', 'https:'), {})).rejects.toMatchObject({
      code: 'TLS',
      message: expect.stringContaining('check that the port speaks HTTPS'),
    })
  })
})

describe('readCaCert', () => {
  it('takes a bundle of several, with comments between', () => {
    const bundle = `# one\n${authority.caCert}\n# two\n${other.caCert}`
    expect(readCaCert(bundle).match(/BEGIN CERTIFICATE/gu)).toHaveLength(2)
  })

  it.each([
    ['an empty value', ''],
    ['a path that does not exist', '/no/such/ca.pem'],
    ['base64 of something else', Buffer.from('-----BEGIN PRIVATE KEY-----').toString('base64')],
    ['a certificate that is cut off', authority.caCert.replace(/\n[A-Za-z0-9+/]{30}/u, '\n')],
  ])('refuses %s at start', (_what, value) => {
    expect(() => readCaCert(value)).toThrowError(
      expect.objectContaining({
        code: 'INVALID_CA',
        message: expect.stringContaining('SCALR_AGENT_CA_CERT'),
      }),
    )
  })

  it('refuses a file without a certificate', () => {
    const path = join(dirname(authority.caPath), 'empty.pem')
    writeFileSync(path, 'nothing here')
    expect(() => readCaCert(path)).toThrow(/holds no certificate/u)
  })
})

describe('proxies', () => {
  const host = 'control-plane.test'

  it('tunnels HTTPS through the proxy, verifies the server inside, and resolves no name itself', async () => {
    const server = await serve(authority.issue([`DNS:${host}`]))
    const tunnel = await proxy()
    const withPassword = tunnel.url.replace('http://', 'http://user:p%40ss@')
    const url = `https://${host}:${server.port}`
    expect(await call(url, { caCert: asPem, proxy: { httpsProxy: withPassword } })).toEqual({
      ok: true,
    })
    expect(tunnel.asked).toEqual([`${host}:${server.port}`])
    expect(tunnel.authorizations).toEqual([`Basic ${Buffer.from('user:p@ss').toString('base64')}`])
    await expect(call(url, { proxy: { httpsProxy: tunnel.url } })).rejects.toMatchObject({
      code: 'TLS',
    })
  })

  it('goes directly to this machine, to hosts of noProxy, and over HTTPS when only httpProxy is set', async () => {
    const server = await serve(authority.issue(['DNS:localhost', `DNS:${host}`]))
    const tunnel = await proxy()
    await call(server.url, { caCert: asPem, proxy: { httpsProxy: tunnel.url } })
    const url = `https://${host}:${server.port}`
    for (const settings of [
      { httpsProxy: tunnel.url, noProxy: '.test' },
      { httpProxy: tunnel.url },
    ]) {
      // Nothing but the proxy knows that name.
      await expect(call(url, { caCert: asPem, proxy: settings })).rejects.toMatchObject({
        code: 'DNS',
      })
    }
    expect(tunnel.asked).toEqual([])
  })

  it('ignores the proxies of the environment', async () => {
    const server = await serve(authority.issue([`DNS:${host}`]))
    const tunnel = await proxy()
    process.env['HTTPS_PROXY'] = tunnel.url
    process.env['HTTP_PROXY'] = tunnel.url
    try {
      const url = `https://${host}:${server.port}`
      await expect(call(url, { caCert: asPem })).rejects.toMatchObject({ code: 'DNS' })
      await expect(
        call(url, { caCert: asPem, proxy: { httpProxy: 'http://127.0.0.1:9' } }),
      ).rejects.toMatchObject({ code: 'DNS' })
      expect(tunnel.asked).toEqual([])
    } finally {
      delete process.env['HTTPS_PROXY']
      delete process.env['HTTP_PROXY']
    }
  })

  it.each([
    [407, 'user name and password'],
    [403, 'answered CONNECT with 403'],
  ])('names the proxy when it refuses with %d', async (refuseWith, words) => {
    const tunnel = await proxy({ refuseWith })
    await expect(
      call(`https://${host}`, { proxy: { httpsProxy: tunnel.url } }),
    ).rejects.toMatchObject({ code: 'PROXY', message: expect.stringContaining(words) })
  })

  it('names the proxy when it cannot be reached', async () => {
    const { port, close } = await listen(createServer())
    await close()
    await expect(
      call(`https://${host}`, { proxy: { httpsProxy: `http://127.0.0.1:${port}` } }),
    ).rejects.toMatchObject({
      code: 'PROXY',
      message: expect.stringContaining('nothing listens there'),
    })
  })

  it('I12: refuses a proxy that is no URL without repeating its password', () => {
    const settings = { proxy: { httpsProxy: 'user:c4n4ry@proxy:3128' } }
    expect(() => createDispatcher(settings)).toThrow(ConfigurationError)
    expect(() => createDispatcher(settings)).not.toThrow(/c4n4ry/u)
  })
})
