import { createSecureContext } from 'node:tls'

import { ControlPlaneError } from '../runtime/index.ts'
import type { FileStore } from '../store/index.ts'
import { ensureCertificateAuthority, serverNames } from '../tls/index.ts'

import type { TlsMaterial } from './listen.ts'
import type { ResolvedControlPlaneOptions } from './options.ts'

export interface ServerTls {
  readonly material: TlsMaterial
  /** Of the own CA: what clients must trust. */
  readonly caCertPath: string | undefined
  /** A new certificate when the present one nears its end, otherwise `undefined`. */
  renew(): Promise<TlsMaterial | undefined>
}

/** What TLS needs, or `undefined` for plain HTTP. @throws {@link ControlPlaneError} */
export async function loadTls(
  options: ResolvedControlPlaneOptions,
  files: FileStore,
): Promise<ServerTls | undefined> {
  const { tls, clock } = options
  if (tls === false) return undefined
  if (tls === 'own-ca') {
    const authority = await ensureCertificateAuthority(files, { clock })
    const names = serverNames({
      hosts: options.hosts,
      publicUrl: options.publicUrl,
      extra: options.certificateNames,
    })
    let certificate = await authority.issue(names)
    return {
      material: certificate,
      caCertPath: authority.certPath,
      renew: async () => {
        if (clock.now() < certificate.renewAt) return undefined
        certificate = await authority.issue(names)
        return certificate
      },
    }
  }
  const cert = tls.ca === undefined ? tls.cert : `${String(tls.cert)}\n${String(tls.ca)}`
  const material = { cert, key: tls.key }
  try {
    createSecureContext(material)
  } catch (error) {
    throw new ControlPlaneError(
      'Cannot use the TLS certificate: `tls.cert` and `tls.key` must be PEM, unencrypted, and belong ' +
        `together (${error instanceof Error ? error.message : String(error)}).`,
      { code: 'INVALID_CERTIFICATE', cause: error },
    )
  }
  return { material, caCertPath: undefined, renew: () => Promise.resolve(undefined) }
}
