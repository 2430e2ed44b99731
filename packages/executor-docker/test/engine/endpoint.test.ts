import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { AddressError, describeEndpoint, parseEndpoint } from '../../src/engine/endpoint.ts'

describe('the address of an engine', () => {
  it.each([
    ['unix:///var/run/docker.sock', { kind: 'unix', path: '/var/run/docker.sock' }],
    ['/run/docker.sock', { kind: 'unix', path: '/run/docker.sock' }],
    ['tcp://127.0.0.1', { kind: 'tcp', host: '127.0.0.1', port: 2375, prefix: '', tls: undefined }],
    ['localhost:80', { kind: 'tcp', host: 'localhost', port: 80, prefix: '', tls: undefined }],
    ['tcp://[::1]:2375', { kind: 'tcp', host: '::1', port: 2375, prefix: '', tls: undefined }],
    // The port of TLS means TLS, with the CAs of the system.
    [
      'tcp://docker.internal:2376',
      { kind: 'tcp', host: 'docker.internal', port: 2376, prefix: '', tls: {} },
    ],
    [
      'https://proxy/docker/',
      { kind: 'tcp', host: 'proxy', port: 2376, prefix: '/docker', tls: {} },
    ],
    ['https://proxy:443', { kind: 'tcp', host: 'proxy', port: 443, prefix: '', tls: {} }],
  ])('%s', (address, endpoint) => {
    expect(parseEndpoint(address)).toEqual(endpoint)
  })

  it('has TLS on any port where certificates are given', () => {
    expect(parseEndpoint('tcp://far:4243', { tls: { ca: 'pem' } })).toMatchObject({
      port: 4243,
      tls: { ca: 'pem' },
    })
    expect(parseEndpoint('tcp://far', { tls: { ca: 'pem' } })).toMatchObject({ port: 2376 })
  })

  it('is not plain TCP to another machine, unless that is allowed', () => {
    expect(() => parseEndpoint('tcp://far:2375')).toThrow(/plain TCP to another machine/u)
    expect(() => parseEndpoint('http://10.0.0.1')).toThrow(/plain TCP to another machine/u)
    expect(parseEndpoint('tcp://far:2375', { plainTcp: true })).toMatchObject({ tls: undefined })
  })

  it.each([
    ['ssh://user@host', /SSH is not supported.*ssh -nNT -L/u],
    ['npipe:////./pipe/docker_engine', /npipe:\/\/ is not supported/u],
    ['ftp://host', /no address of a Docker engine/u],
    ['unix://docker.sock', /must be absolute/u],
    ['tcp://', /no address/u],
    ['tcp://user:canary@host:2376', /user name or password/u],
    ['tcp://host:99999', /no address/u],
  ])('%s is refused with what to do', (address, message) => {
    expect(() => parseEndpoint(address)).toThrow(AddressError)
    expect(() => parseEndpoint(address)).toThrow(message)
    expect(() => parseEndpoint(address)).not.toThrow(/canary/u)
  })

  it('is read the same from its description', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.stringMatching(/^unix:\/\/\/[\w./-]{1,20}$/u),
          fc
            .tuple(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65_535 }))
            .map(([host, port]) => `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`),
        ),
        (address) => {
          const endpoint = parseEndpoint(address, { plainTcp: true })
          expect(parseEndpoint(describeEndpoint(endpoint), { plainTcp: true })).toEqual(endpoint)
        },
      ),
    )
  })

  it('is refused with an AddressError and nothing else, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (address) => {
        try {
          parseEndpoint(address)
        } catch (error) {
          expect(error).toBeInstanceOf(AddressError)
        }
      }),
    )
  })
})
