import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

import type { ControlPlaneOptions } from '../../src/index.ts'
import { startWorld, type World } from './world.ts'

/** A control plane behind TLS with a CA of its own, which this process trusts from here on. */
export async function startTlsWorld(
  options: Partial<ControlPlaneOptions> = {},
): Promise<World & { readonly caCertPath: string }> {
  const world = await startWorld({ tls: 'own-ca', ...options })
  const { caCertPath } = world.controlPlane
  if (caCertPath === undefined) throw new TypeError('A control plane with a CA of its own has one')
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(caCertPath, 'utf8')])
  return { ...world, caCertPath }
}
