import { once } from 'node:events'
import { BlockList, createServer, isIP, isIPv6 } from 'node:net'
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'

import type { ClusterFacts } from '@scalr-agent/executor-k8s'

import { DemoEngineError } from './demo-engine-error.ts'
import type { DemoNetwork } from './demo-platform.ts'

/** What this machine is, for tests of others. */
export interface OwnNetwork {
  readonly interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>
  /** Whether an address is this machine's. */
  readonly isOwn: (address: string) => Promise<boolean>
}

const thisMachine: OwnNetwork = { interfaces: networkInterfaces(), isOwn: canListenAt }

/**
 * At which of this machine's addresses pods reach the control plane: the one that is a node's, or that is in
 * the network of the nodes, else the one from which this machine reaches the API server.
 *
 * @throws {@link DemoEngineError} where there is none
 */
export async function podNetwork(
  facts: Pick<ClusterFacts, 'localAddress' | 'nodeAddresses' | 'server'>,
  { interfaces, isOwn }: OwnNetwork = thisMachine,
): Promise<DemoNetwork> {
  const own = Object.values(interfaces).flatMap((infos) => infos ?? [])
  const beside = own.find((info) =>
    facts.nodeAddresses.some((address) => !info.internal && isInNetwork(info, address)),
  )
  const address =
    (await firstOf(facts.nodeAddresses, isOwn)) ??
    beside?.address ??
    own.find((info) => !info.internal && info.address === facts.localAddress)?.address
  if (address === undefined) {
    throw new DemoEngineError(
      `Cannot tell at which address pods of the cluster at ${facts.server} reach this machine. Run the ` +
        'demo on a machine in the network of its nodes, or let it start a cluster of its own: without ' +
        'KUBECONFIG and ~/.kube/config.',
    )
  }
  return { hosts: [address], workloadHost: isIPv6(address) ? `[${address}]` : address }
}

async function firstOf(
  addresses: readonly string[],
  matches: (address: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const address of addresses) {
    if (await matches(address)) return address
  }
  return undefined
}

/** A bridge without a pod has no carrier, and is in no list of interfaces. */
async function canListenAt(address: string): Promise<boolean> {
  const server = createServer().listen(0, address)
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

function isInNetwork({ cidr }: NetworkInterfaceInfo, address: string): boolean {
  const [network, prefix] = cidr?.split('/') ?? []
  if (network === undefined || prefix === undefined || isIP(network) !== isIP(address)) return false
  const family = isIPv6(network) ? 'ipv6' : 'ipv4'
  const list = new BlockList()
  list.addSubnet(network, Number(prefix), family)
  return list.check(address, family)
}
