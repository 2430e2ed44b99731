import { X509Certificate } from 'node:crypto'
import { TLSSocket, type TlsOptions } from 'node:tls'

import { ConfigurationError } from '../errors/index.ts'

/** How a receiver is served over TLS. All in PEM. */
export interface ServerTlsOptions {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  /** CA of those who may call: with it, a connection without a certificate of it is refused (mTLS). */
  readonly clientCa?: string | Buffer
}

/**
 * Options for Node's `https.createServer`, TLS 1.2 at least.
 *
 * @throws `ConfigurationError` when the client CA is no certificate: nobody could call, or anybody
 */
export function serverTls(options: ServerTlsOptions): TlsOptions {
  const { cert, key, clientCa } = options
  if (clientCa === undefined) return { cert, key, minVersion: 'TLSv1.2' }
  try {
    void new X509Certificate(clientCa)
  } catch (cause) {
    throw new ConfigurationError(
      'Cannot use the CA of clients: it is no certificate in PEM. Give the CA that signs the certificates of the callers.',
      { code: 'INVALID_CA', cause },
    )
  }
  return {
    cert,
    key,
    ca: clientCa,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  }
}

/** Common name, DNS names and URIs of the certificate that the caller proved to have; none without mTLS. */
export function clientNames(socket: unknown): readonly string[] {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return []
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return []
  const subject = certificate.subject
    .split('\n')
    .flatMap((line) => /^CN=(.+)$/u.exec(line)?.[1] ?? [])
  // A comma within a name is quoted there, and no name that is allowed has one.
  const alternatives = (certificate.subjectAltName ?? '')
    .split(', ')
    .flatMap((name) => /^(?:DNS|URI):([^"]+)$/u.exec(name)?.[1] ?? [])
  return [...subject, ...alternatives]
}
