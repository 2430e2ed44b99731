import type { V1NetworkPolicy } from '@kubernetes/client-node'

import type { OwnedByKubeJob } from './pod-disruption-budget.ts'

/** The metadata service of AWS, Azure, Google and others. */
const metadataAddresses = { v4: '169.254.169.254/32', v6: 'fd00:ec2::254/128' }

/**
 * Keeps the pod from the metadata service of the cloud, and from nothing else. Holds only where the cluster's
 * network enforces policies.
 */
export function networkPolicy({ labels, name, owner, selector }: OwnedByKubeJob): V1NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, labels: { ...labels }, ownerReferences: [owner] },
    spec: {
      podSelector: { matchLabels: { ...selector } },
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            { ipBlock: { cidr: '0.0.0.0/0', except: [metadataAddresses.v4] } },
            { ipBlock: { cidr: '::/0', except: [metadataAddresses.v6] } },
            // Some networks (Cilium) take addresses of pods and services out of every block.
            { namespaceSelector: {} },
          ],
        },
      ],
    },
  }
}
