import { isIP } from 'node:net'

/** Certificates of one engine, in PEM. */
export interface EndpointTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** Where an engine listens. */
export type Endpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | {
      readonly kind: 'tcp'
      readonly host: string
      readonly port: number
      /** Path before the API's own, behind a proxy; without a slash at its end. */
      readonly prefix: string
      /** `undefined`: plain TCP. */
      readonly tls: EndpointTls | undefined
    }

/** An address that cannot be used; the message says why and what to do, in words that follow a colon. */
export class AddressError extends Error {
  override readonly name = 'AddressError'
}

const plainPort = 2375
const tlsPort = 2376

/**
 * Reads an address as Docker's client writes it.
 *
 * @throws {@link AddressError}
 */
export function parseEndpoint(
  address: string,
  options: { readonly tls?: EndpointTls | undefined; readonly plainTcp?: boolean } = {},
): Endpoint {
  if (address.startsWith('unix://')) {
    const path = address.slice('unix://'.length)
    if (!path.startsWith('/')) {
      throw new AddressError(
        'the path of the socket must be absolute, as in unix:///var/run/docker.sock.',
      )
    }
    return { kind: 'unix', path }
  }
  if (address.startsWith('/')) return { kind: 'unix', path: address }
  const { host, port, prefix, ...parsed } = parseTcp(address)
  const secure = parsed.secure || options.tls !== undefined || port === tlsPort
  if (!secure && options.plainTcp !== true && !isLoopback(host)) {
    throw new AddressError(
      'it is plain TCP to another machine, over which everybody could read the secrets of jobs. Set up TLS (https://docs.docker.com/engine/security/protect-access) and name its certificates (`certPath`, DOCKER_CERT_PATH), or allow it with `plainTcp`.',
    )
  }
  return {
    kind: 'tcp',
    host,
    port: port ?? (secure ? tlsPort : plainPort),
    prefix,
    tls: secure ? (options.tls ?? {}) : undefined,
  }
}

/** As Docker's client writes it; holds no secret. */
export function describeEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === 'unix') return `unix://${endpoint.path}`
  const host = isIP(endpoint.host) === 6 ? `[${endpoint.host}]` : endpoint.host
  return `tcp://${host}:${endpoint.port}${endpoint.prefix}`
}

function parseTcp(address: string): {
  readonly secure: boolean
  readonly host: string
  readonly port: number | undefined
  readonly prefix: string
} {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//iu.exec(address)?.[1]?.toLowerCase()
  if (scheme === 'ssh') {
    throw new AddressError(
      'SSH is not supported. Forward the socket (`ssh -nNT -L /run/docker-remote.sock:/var/run/docker.sock user@host`) and use unix:///run/docker-remote.sock, or give the engine a TLS address.',
    )
  }
  if (scheme === 'npipe' || scheme === 'fd') {
    throw new AddressError(`${scheme}:// is not supported. Use unix:// or tcp://.`)
  }
  if (scheme !== undefined && !['tcp', 'http', 'https'].includes(scheme)) {
    throw new AddressError(`${scheme}:// is no address of a Docker engine. Use unix:// or tcp://.`)
  }
  let url: URL
  try {
    // Not `tcp:`, whose hosts the URL standard does not look into.
    url = new URL(scheme === undefined ? `http://${address}` : address.replace(/^tcp:/iu, 'http:'))
  } catch {
    throw new AddressError(
      'it is no address. Write it as unix:///var/run/docker.sock or tcp://host:2376.',
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw new AddressError(
      'it holds a user name or password, which a Docker engine has no use for.',
    )
  }
  // The standard drops the scheme's own port, which is none of Docker's.
  const port = /^(?:[a-z]+:\/\/)?[^/]*:(\d+)(?:\/|$)/iu.exec(address)?.[1]
  return {
    secure: url.protocol === 'https:',
    host: url.hostname.replace(/^\[|\]$/gu, ''),
    port: port === undefined ? undefined : Number(port),
    prefix: url.pathname.replace(/\/+$/u, ''),
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
