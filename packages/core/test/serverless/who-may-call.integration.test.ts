import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  createReceiver,
  loadAllowlist,
  serverTls,
  toNodeHandler,
} from '../../src/serverless/index.ts'
import { TestAuthority, type Identity } from '../http/support/certificates.ts'
import { listen, startServer } from '../http/support/test-server.ts'
import { LauncherScene } from './support/launcher-scene.ts'

const authority = new TestAuthority()
const server = authority.issue(['DNS:localhost', 'IP:127.0.0.1'])
const done = () => async () => 0

describe('mutual TLS', () => {
  const caller = authority.issue(['DNS:webhooks.scalr.test'])
  const other = authority.issue(['DNS:other.scalr.test'])
  const stranger = new TestAuthority('Other CA').issue(['DNS:webhooks.scalr.test'])

  /** Posts a task; the status, or why there was no answer. */
  async function post(port: number, identity: Partial<Identity>): Promise<number | string> {
    return await new Promise((resolve) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'task-1' }
      const options = { host: 'localhost', port, method: 'POST', headers, ca: authority.caCert }
      request({ ...options, ...identity, agent: false }, (answer) => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      })
        .on('error', (error) => resolve('code' in error ? String(error.code) : error.message))
        .end('{"task_id":"task-1"}')
    })
  }

  it('lets those in whose certificate is of the CA and has an allowed name, without a secret', async () => {
    await using scene = await LauncherScene.start(done)
    const { launcher } = scene
    const receive = createReceiver({ launcher, allowNames: ['webhooks.scalr.test'] })
    const tls = serverTls({ ...server, clientCa: authority.caCert })
    const { port, close } = await listen(createServer(tls, toNodeHandler(receive)))
    expect(await post(port, {})).toMatch(/ECONNRESET|CERTIFICATE/u)
    expect(await post(port, stranger)).toMatch(/ECONNRESET|UNKNOWN_CA/u)
    expect(await post(port, other)).toBe(403)
    expect(launcher.tasks()).toEqual([])
    expect(await post(port, caller)).toBe(202)
    await close()
  })

  it('is refused with a CA that is none: else the certificates of all would do', () => {
    expect(() => serverTls({ ...server, clientCa: '' })).toThrow(/no certificate in PEM/u)
  })
})

describe('addresses', () => {
  it('that are not on the list are refused, and a header moves nobody onto it', async () => {
    const receiver = { allow: ['192.0.2.0/24'] }
    await using direct = await LauncherScene.start(done, { receiver })
    const forwarded = { headers: { 'x-forwarded-for': '192.0.2.1' } }
    expect((await direct.post('task-1', forwarded)).status).toBe(403)
    await using proxied = await LauncherScene.start(done, {
      receiver,
      trustedProxies: ['127.0.0.1'],
    })
    expect((await proxied.post('task-1', forwarded)).status).toBe(202)
    const forged = { headers: { 'x-forwarded-for': '192.0.2.1, 198.51.100.1' } }
    expect((await proxied.post('task-2', forged)).status).toBe(403)
  })
})

describe('an allow-list', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'allowlist-'))
  })
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  it('is read from a file or by HTTPS: one a line, with comments', async () => {
    const text = '# Scalr\r\n203.0.113.7\r\n\n192.0.2.0/24 # webhooks\n2001:db8::/32'
    const entries = ['203.0.113.7', '192.0.2.0/24', '2001:db8::/32']
    await writeFile(join(directory, 'allowlist.txt'), text)
    expect(await loadAllowlist(join(directory, 'allowlist.txt'))).toEqual(entries)
    await using web = await startServer((_, response) => void response.end(text), server)
    expect(await loadAllowlist(web.url, { caCert: authority.caCert })).toEqual(entries)
    await expect(loadAllowlist(web.url)).rejects.toThrow(/Cannot load the allow-list/u)
  })

  it.each([
    ['', /names no address/u],
    ['# nobody\n', /names no address/u],
    ['<html>Not found</html>', /Cannot allow "<html>Not"/u],
  ])('of %j is refused', async (text, message) => {
    const path = join(directory, 'allowlist.txt')
    await writeFile(path, text)
    await expect(loadAllowlist(path)).rejects.toThrow(message)
  })

  it('is not fetched without TLS, and not taken from an error page', async () => {
    await expect(loadAllowlist('http://scalr.test/allowlist.txt')).rejects.toThrow(/Use https/u)
    await expect(loadAllowlist(join(directory, 'none'))).rejects.toThrow(/ENOENT/u)
    await using web = await startServer(
      (_, response) => void response.writeHead(404).end('203.0.113.7'),
      server,
    )
    await expect(loadAllowlist(web.url, { caCert: authority.caCert })).rejects.toThrow(/404/u)
  })
})
