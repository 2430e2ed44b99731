import { X509Certificate } from 'node:crypto'

import { kubernetesError } from '../kubernetes-error.ts'

/** From when to when a certificate is good, as far as it tells. */
export interface Validity {
  readonly from?: Date
  readonly to?: Date
}

export function validityOf(certificate: Buffer | undefined): Validity {
  if (certificate === undefined) return {}
  try {
    const { validFrom, validTo } = new X509Certificate(certificate)
    return { from: new Date(validFrom), to: new Date(validTo) }
  } catch {
    // TLS tells better what is wrong with it.
    return {}
  }
}

/** The server's word for it would be "Unauthorized". @throws `REJECTED` */
export function refuseInvalid({ from, to }: Validity, now: Date, source: string): void {
  if (to !== undefined && to < now) {
    throw kubernetesError(
      'REJECTED',
      'connect',
      `Cannot speak to the cluster of ${source}: our client certificate expired at ${to.toISOString()}. Renew the kubeconfig.`,
    )
  }
  if (from !== undefined && from > now) {
    throw kubernetesError(
      'REJECTED',
      'connect',
      `Cannot speak to the cluster of ${source}: our client certificate is valid only from ${from.toISOString()}, and here it is ${now.toISOString()}. Set the clock of this machine.`,
    )
  }
}
