import type { WorkloadSpec } from '@scalr-agent/core'

import type { DockerContext } from '../context.ts'
import { complaintOf, dockerError, isConflict } from '../docker-error.ts'

const metadataNetworkName = 'scalr-agent-no-metadata'

/**
 * Keeps a container from the metadata service of the cloud (169.254.169.254) by nothing but the engine's
 * own means: it joins a second network to which that address belongs. The route of that network is more
 * special than the default route, and nobody answers there.
 *
 * The bridge of that network has no address, else the machine itself could not reach the service.
 */
export async function joinMetadataBlock(
  context: DockerContext,
  spec: WorkloadSpec,
  containerId: string,
  signal: AbortSignal,
): Promise<void> {
  // Without any network there is nothing to keep it from, and the engine lets it join none.
  if ((spec.network ?? context.options.network) === 'none') return
  // Docker 20.10 lets a container that does not run join what does not exist, and then cannot start it.
  if (!(await context.client.networks.has(metadataNetworkName, signal))) {
    await makeNetwork(context, signal)
  }
  await connect(context, containerId, signal)
}

async function connect(
  context: DockerContext,
  containerId: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await context.client.networks.connect(metadataNetworkName, containerId, signal)
  } catch (error) {
    // A repetition after an answer that got lost.
    if (!/already exists in network/u.test(complaintOf(error).message)) throw error
  }
}

async function makeNetwork(context: DockerContext, signal: AbortSignal): Promise<void> {
  try {
    await context.client.networks.create(
      {
        Name: metadataNetworkName,
        CheckDuplicate: true,
        Driver: 'bridge',
        Internal: true,
        IPAM: {
          Driver: 'default',
          Config: [
            {
              Subnet: '169.254.169.0/24',
              Gateway: '169.254.169.1',
              // Else some container would get the address.
              AuxiliaryAddresses: { metadata: '169.254.169.254' },
            },
          ],
        },
        Options: {
          'com.docker.network.bridge.inhibit_ipv4': 'true',
          'com.docker.network.bridge.enable_icc': 'false',
        },
        Labels: { 'io.scalr.agent.purpose': 'keeps workloads from the metadata service' },
      },
      signal,
    )
  } catch (error) {
    // Another process made it at this moment.
    if (isConflict(error) || (await context.client.networks.has(metadataNetworkName, signal)))
      return
    throw dockerError(
      'REJECTED',
      'launch',
      'Cannot keep workloads from the metadata service of the cloud: the Docker engine refuses the ' +
        `network ${metadataNetworkName} (${complaintOf(error).message}). Remove what overlaps with ` +
        "169.254.169.0/24, or say `metadata: 'allow'` where there is no such service.",
      error,
    )
  }
}
