import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import * as openpgp from 'openpgp'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { RegistrySource } from '../../../src/caches/providers/registry-source.ts'
import { createDispatcher } from '../../../src/http/index.ts'
import { systemClock } from '../../../src/runtime/index.ts'
import { TestAuthority } from '../../http/support/certificates.ts'
import { sendJson, startServer, type TestServer } from '../../http/support/test-server.ts'
import { fakeZip } from './support/provider-zip.ts'

const authority = new TestAuthority()
const identity = authority.issue(['DNS:localhost'])
const zip = fakeZip({ 'terraform-provider-time_v0.14.2_x5': 'program' })
const filename = 'terraform-provider-time_0.14.2_linux_amd64.zip'
const shasum = zip.zh.slice('zh:'.length)

interface Registry {
  sums: string
  signedBy: string
  keys: readonly string[]
  os: string
  shasum: string
  download: string
}

describe('RegistrySource', () => {
  let server: TestServer
  let registry: Registry
  let directory: string
  let ours: Awaited<ReturnType<typeof makeKey>>
  let theirs: Awaited<ReturnType<typeof makeKey>>
  const dispatcher = createDispatcher({ caCert: authority.caCert })
  const signal = new AbortController().signal

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'scalr-agent-registry-'))
    ours = await makeKey()
    theirs = await makeKey()
    server = await startServer((received, response) => answer(received.url, response), identity)
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await dispatcher.destroy()
    await rm(directory, { recursive: true })
  })
  beforeEach(() => {
    registry = {
      sums: `${'0'.repeat(64)}  another.zip\n${shasum}  ${filename}\n`,
      signedBy: ours.privateKey,
      keys: [theirs.publicKey, ours.publicKey],
      os: 'linux',
      shasum,
      download: '/redirect',
    }
  })

  async function answer(url: string, response: ServerResponse): Promise<void> {
    switch (url) {
      case '/.well-known/terraform.json':
        sendJson(response, 200, { 'providers.v1': '/v1/providers/' })
        return
      case '/v1/providers/hashicorp/time/0.14.2/download/linux/amd64':
        sendJson(response, 200, {
          os: registry.os,
          arch: 'amd64',
          filename,
          download_url: registry.download,
          shasum: registry.shasum,
          shasums_url: 'sums',
          shasums_signature_url: 'sums.sig',
          signing_keys: { gpg_public_keys: registry.keys.map((key) => ({ ascii_armor: key })) },
        })
        return
      case '/v1/providers/hashicorp/time/0.14.2/download/linux/sums':
        response.end(registry.sums)
        return
      case '/v1/providers/hashicorp/time/0.14.2/download/linux/sums.sig':
        response.end(await signatureOf(`${shasum}  ${filename}\n`, registry))
        return
      case '/redirect':
        response.writeHead(302, { location: '/archive' }).end()
        return
      case '/away':
        response.writeHead(302, { location: 'http://example.com/archive' }).end()
        return
      case '/around':
        response.writeHead(302, { location: '/around' }).end()
        return
      case '/archive':
        response.end(zip.bytes)
        return
      default:
        sendJson(response, 404, { errors: ['Not Found'] })
    }
  }

  function source(): RegistrySource {
    const options = { dispatcher, clock: systemClock, idleTimeoutMs: 10_000, maxAttempts: 1 }
    return new RegistrySource(`localhost:${server.port}`, options)
  }
  const time = (version = '0.14.2') => ({
    host: `localhost:${server.port}`,
    namespace: 'hashicorp',
    type: 'time',
    version,
    platform: 'linux_amd64',
  })

  it('finds a signed package, and follows the redirect to its archive', async () => {
    const offered = await source().find(time(), { signal })
    expect(offered?.hashes).toEqual([zip.zh])
    const path = join(directory, 'archive.zip')
    expect(await offered?.download(path, { signal })).toBe(shasum)
    expect(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ).toBe(shasum)
  })

  it('says nothing of a version that is not there', async () => {
    expect(await source().find(time('9.9.9'), { signal })).toBeUndefined()
  })

  it('refuses sums that none of the keys has signed', async () => {
    registry.keys = [theirs.publicKey]
    await expect(source().find(time(), { signal })).rejects.toThrow(
      /not signed by one of the registry's keys\. Nothing of it is used\.$/u,
    )
  })

  it('refuses a registry without keys, and keys that cannot be read', async () => {
    registry.keys = []
    await expect(source().find(time(), { signal })).rejects.toThrow('not signed')
    registry.keys = [
      '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nnone\n-----END PGP PUBLIC KEY BLOCK-----',
    ]
    await expect(source().find(time(), { signal })).rejects.toThrow('not signed')
  })

  it('refuses sums that were changed after they were signed', async () => {
    registry.sums = `${registry.sums}${'1'.repeat(64)}  more.zip\n`
    registry.signedBy = 'the sums before the change'
    await expect(source().find(time(), { signal })).rejects.toThrow('not signed')
  })

  it('refuses a sum that is not in the signed file', async () => {
    registry.shasum = 'a'.repeat(64)
    await expect(source().find(time(), { signal })).rejects.toThrow(
      'not the one in the signed file',
    )
  })

  it('refuses an answer for another platform', async () => {
    registry.os = 'windows'
    await expect(source().find(time(), { signal })).rejects.toThrow('another platform')
  })

  it.each([
    ['/away', 'redirects to http://example.com, and only HTTPS is followed'],
    ['/around', 'redirects more than 5 times'],
    ['/nowhere', '/nowhere (404)'],
  ])('refuses an archive at %s', async (download, message) => {
    registry.download = download
    const offered = await source().find(time(), { signal })
    const path = join(directory, 'refused.zip')
    await expect(offered?.download(path, { signal })).rejects.toThrow(message)
  })

  async function signatureOf(other: string, { signedBy, sums }: Registry): Promise<Uint8Array> {
    const isOther = signedBy === 'the sums before the change'
    const armoredKey = isOther ? ours.privateKey : signedBy
    const signature = await openpgp.sign({
      message: await openpgp.createMessage({ binary: Buffer.from(isOther ? other : sums) }),
      signingKeys: await openpgp.readPrivateKey({ armoredKey }),
      detached: true,
      format: 'binary',
    })
    return signature as Uint8Array
  }
})

function makeKey(): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  return openpgp.generateKey({ userIDs: [{ name: 'Releases' }], format: 'armored' })
}
