import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'

import { describe, expect, it } from 'vitest'

import { systemClock } from '../../src/runtime/index.ts'
import { dataFiles, FileStore } from '../../src/store/index.ts'
import { ensureCertificateAuthority, serverNames } from '../../src/tls/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

async function handshake(options: {
  readonly key: string
  readonly cert: string
  readonly ca: string
  readonly servername: string
}): Promise<string> {
  const server = createServer({ key: options.key, cert: options.cert })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const socket: TLSSocket = connect({
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      port: (server.address() as AddressInfo).port,
      host: '127.0.0.1',
      servername: options.servername,
      ca: options.ca,
    })
    try {
      await once(socket, 'secureConnect')
      return 'trusted'
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error)
    } finally {
      socket.destroy()
    }
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

describe('certificate authority', () => {
  it('issues certificates that TLS clients trust, for the names asked for and no others', async () => {
    await using directory = await temporaryDirectory()
    const files = new FileStore(directory.path)
    const authority = await ensureCertificateAuthority(files, { clock: systemClock })
    const { key, cert } = await authority.issue(['cp.test', '127.0.0.1'])
    const ca = authority.certPem
    expect(await handshake({ key, cert, ca, servername: 'cp.test' })).toBe('trusted')
    expect(await handshake({ key, cert, ca, servername: 'else.test' })).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    )
  })

  it('is the same after a restart, and keeps its key for its own user', async () => {
    await using directory = await temporaryDirectory()
    const files = new FileStore(directory.path)
    const first = await ensureCertificateAuthority(files, { clock: systemClock })
    const second = await ensureCertificateAuthority(files, { clock: systemClock })
    expect(second.certPem).toBe(first.certPem)
    const { key, cert } = await second.issue(['localhost'])
    expect(await handshake({ key, cert, ca: first.certPem, servername: 'localhost' })).toBe(
      'trusted',
    )
    expect((await stat(files.path(dataFiles.tls('ca-key.pem')))).mode & 0o777).toBe(0o600)
  })

  it('may sign servers only, and is a CA itself', async () => {
    await using directory = await temporaryDirectory()
    const files = new FileStore(directory.path)
    const authority = await ensureCertificateAuthority(files, { clock: systemClock })
    expect(new X509Certificate(authority.certPem).ca).toBe(true)
    const server = new X509Certificate((await authority.issue(['localhost'])).cert)
    expect(server.ca).toBe(false)
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  })

  it('says when its files are damaged instead of making another CA', async () => {
    await using directory = await temporaryDirectory()
    const files = new FileStore(directory.path)
    await ensureCertificateAuthority(files, { clock: systemClock })
    await files.write(dataFiles.tls('ca-key.pem'), 'no key')
    await expect(ensureCertificateAuthority(files, { clock: systemClock })).rejects.toMatchObject({
      code: 'INVALID_CERTIFICATE',
    })
  })
})

describe('serverNames', () => {
  it('holds loopback, the listened addresses, the public host and what was added', () => {
    const names = serverNames({
      hosts: ['10.0.0.5'],
      publicUrl: 'https://cp.example.com:8443',
      extra: ['host.docker.internal'],
    })
    expect(names).toEqual(
      expect.arrayContaining([
        'localhost',
        '127.0.0.1',
        '::1',
        '10.0.0.5',
        'cp.example.com',
        'host.docker.internal',
      ]),
    )
  })

  it('names every address of the machine for a wildcard, and never the wildcard', () => {
    const names = serverNames({ hosts: ['0.0.0.0'], publicUrl: undefined, extra: [] })
    expect(names).not.toContain('0.0.0.0')
    expect(names.length).toBeGreaterThanOrEqual(3)
  })
})
