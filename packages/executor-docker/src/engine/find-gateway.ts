import type Docker from 'dockerode'

/**
 * Address of the engine's machine on a network of it: what containers see as their gateway. `undefined`
 * where the network has none or does not exist.
 */
export async function findGateway(docker: Docker, network = 'bridge'): Promise<string | undefined> {
  const found: unknown = await docker
    .getNetwork(network)
    .inspect()
    .catch(() => undefined)
  const config: unknown = Object(Object(found)['IPAM'])['Config']
  const first: unknown = Array.isArray(config) ? config[0] : undefined
  const gateway: unknown = Object(first)['Gateway']
  return typeof gateway === 'string' && gateway !== '' ? gateway : undefined
}
