import { BlockList, isIP, isIPv6 } from 'node:net'
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'

import type { ClusterFacts } from '@scalr-agent/executor-k8s'

import { DemoEngineError } from './demo-engine-error.ts'
import type { DemoNetwork } from './demo-platform.ts'

/**
 * At which of this machine's addresses pods reach the control plane: the one in the network of the nodes,
 * else the one from which this machine reaches the API server.
 *
 * @throws {@link DemoEngineError} where there is none
 */
export function podNetwork(
  facts: Pick<ClusterFacts, 'localAddress' | 'nodeAddresses' | 'server'>,
  interfaces: Readonly<
    Record<string, readonly NetworkInterfaceInfo[] | undefined>
  > = networkInterfaces(),
): DemoNetwork {
  const own = Object.values(interfaces).flatMap((infos) => infos ?? [])
  const beside = own.find((info) =>
    facts.nodeAddresses.some((address) => !info.internal && isInNetwork(info, address)),
  )
  const address =
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

function isInNetwork({ cidr }: NetworkInterfaceInfo, address: string): boolean {
  const [network, prefix] = cidr?.split('/') ?? []
  if (network === undefined || prefix === undefined || isIP(network) !== isIP(address)) return false
  const family = isIPv6(network) ? 'ipv6' : 'ipv4'
  const list = new BlockList()
  list.addSubnet(network, Number(prefix), family)
  return list.check(address, family)
}
