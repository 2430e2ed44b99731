import { readFile, chmod, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { get } from 'node:https'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'

import { describe, expect, it } from 'vitest'

import { createControlPlane } from '../../src/index.ts'
import { ApiClient } from '../support/api-client.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { startWorld } from '../support/world.ts'

function httpsStatus(url: string, ca: string): Promise<number | string> {
  return new Promise((resolve) => {
    get(url, { ca, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }).on('error', (error) => resolve('code' in error ? String(error.code) : error.message))
  })
}

describe('createControlPlane', () => {
  it('answers without a token where no token is needed', async () => {
    await using world = await startWorld()
    const { url } = world.controlPlane
    expect((await fetch(`${url}/ping`)).status).toBe(200)
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' })
    expect(await (await fetch(`${url}/.well-known/terraform.json`)).json()).toEqual({
      'iacp.v3': '/api/iacp/v3/',
      'modules.v1': '/api/registry/v1/modules/',
      'state.v2': '/api/tfe/v2/',
      'tfe.v2': '/api/tfe/v2/',
      'tfe.v2.1': '/api/tfe/v2/',
    })
  })

  it('keeps account and owner token over a restart', async () => {
    await using directory = await temporaryDirectory()
    const first = await createControlPlane({ dataDir: directory.path })
    const { accountId } = first
    const token = first.ownerToken()
    await first.close()
    await using second = await createControlPlane({ dataDir: directory.path })
    expect(second.accountId).toBe(accountId)
    // The port differs, so the issuer does too; the old token is as good as the new one.
    const answer = await new ApiClient(second, token).get('/accounts')
    expect(answer.body.data).toMatchObject([{ id: accountId }])
  })

  it('makes a new owner token after the old one was revoked', async () => {
    await using directory = await temporaryDirectory()
    const first = await createControlPlane({ dataDir: directory.path })
    const api = new ApiClient(first)
    const { body } = await api.get('/access-tokens')
    expect((await api.delete(`/access-tokens/${body.data[0].id}`)).status).toBe(204)
    expect((await api.get('/accounts')).status).toBe(401)
    await first.close()
    await using second = await createControlPlane({ dataDir: directory.path })
    expect((await new ApiClient(second).get('/accounts')).status).toBe(200)
  })

  it('serves TLS from its own CA on several addresses', async () => {
    await using directory = await temporaryDirectory()
    await using controlPlane = await createControlPlane({
      dataDir: directory.path,
      tls: 'own-ca',
      host: ['127.0.0.1', '127.0.0.2'],
    })
    const ca = await readFile(controlPlane.caCertPath!, 'utf8')
    expect(controlPlane.urls).toHaveLength(2)
    for (const url of controlPlane.urls) expect(await httpsStatus(`${url}/ping`, ca)).toBe(200)
    await using other = await temporaryDirectory()
    await using stranger = await createControlPlane({ dataDir: other.path, tls: 'own-ca' })
    expect(
      await httpsStatus(`${controlPlane.url}/ping`, await readFile(stranger.caCertPath!, 'utf8')),
    ).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY|CERT_SIGNATURE/u)
  })

  it('refuses plain HTTP on an address that others can reach', async () => {
    await using directory = await temporaryDirectory()
    await expect(
      createControlPlane({ dataDir: directory.path, host: '0.0.0.0' }),
    ).rejects.toMatchObject({ code: 'INSECURE_ADDRESS' })
  })

  it('says that a port is in use, and leaves the data directory free', async () => {
    await using directory = await temporaryDirectory()
    const blocker = createServer().listen(0, '127.0.0.1')
    await once(blocker, 'listening')
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const { port } = blocker.address() as AddressInfo
    await expect(createControlPlane({ dataDir: directory.path, port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(String(port)),
    })
    blocker.close()
    await using controlPlane = await createControlPlane({ dataDir: directory.path })
    expect((await fetch(`${controlPlane.url}/ping`)).status).toBe(200)
  })

  it('refuses a second control plane on one data directory', async () => {
    await using world = await startWorld()
    await expect(createControlPlane({ dataDir: world.dataDir })).rejects.toMatchObject({
      code: 'DATA_DIR_IN_USE',
    })
  })

  it('says that a directory cannot be made', async () => {
    // Not even the superuser can make one below a file.
    await expect(createControlPlane({ dataDir: '/dev/null/data' })).rejects.toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: expect.stringContaining('/dev/null/data'),
    })
  })

  it.skipIf(process.getuid?.() === 0)('says that a directory is not writable', async () => {
    await using directory = await temporaryDirectory()
    await chmod(directory.path, 0o500)
    await expect(
      createControlPlane({ dataDir: join(directory.path, 'data') }),
    ).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' })
  })

  it('says that the data directory is a file', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'file')
    await writeFile(path, '')
    await expect(createControlPlane({ dataDir: path })).rejects.toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
    })
  })

  it.each([
    ['a port out of range', { port: 70_000 }],
    ['no address', { host: [] }],
    ['a public URL without TLS', { publicUrl: 'http://cp.example.com' }],
    ['a public URL with a password', { publicUrl: 'https://u:p@cp.example.com' }],
    ['a misspelt interval', { timing: { leaseMS: 1 } as never }],
    ['a negative interval', { timing: { leaseMs: -1 } }],
  ])('refuses %s', async (_what, options) => {
    await using directory = await temporaryDirectory()
    await expect(createControlPlane({ dataDir: directory.path, ...options })).rejects.toMatchObject(
      { code: 'INVALID_OPTIONS' },
    )
  })

  it('refuses a certificate that is none', async () => {
    await using directory = await temporaryDirectory()
    await expect(
      createControlPlane({ dataDir: directory.path, tls: { cert: 'x', key: 'y' } }),
    ).rejects.toMatchObject({ code: 'INVALID_CERTIFICATE' })
  })

  it('closes once, however often it is asked, and answers no more', async () => {
    await using directory = await temporaryDirectory()
    const controlPlane = await createControlPlane({ dataDir: directory.path })
    await Promise.all([controlPlane.close(), controlPlane.close()])
    await expect(fetch(`${controlPlane.url}/ping`)).rejects.toThrow()
  })
})
