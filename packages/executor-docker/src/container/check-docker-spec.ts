import type { WorkloadSpec } from '@scalr-agent/core'
import { checkSpec, refuseSpec } from '@scalr-agent/core/container'

import { dockerError } from '../docker-error.ts'
import { ownLabelPrefix } from './labels.ts'

/**
 * Refuses what could not be carried out, before anything is touched.
 * @throws `INVALID_SPEC`; never shows a value of the environment.
 */
export function checkDockerSpec(
  spec: WorkloadSpec,
  options: { readonly metadata: 'block' | 'allow'; readonly network: string },
): void {
  checkSpec(spec, dockerError)
  const reserved = Object.keys(spec.labels).find((name) => name.startsWith(ownLabelPrefix))
  if (reserved !== undefined) {
    refuseSpec(spec, `the label ${reserved} is one of the executor's own`, dockerError)
  }
  const network = spec.network ?? options.network
  if (options.metadata === 'block' && sharesNetwork(network)) {
    const why =
      `on the network ${network} it could reach the metadata service of the cloud; use a network of ` +
      "the engine, or say `metadata: 'allow'`"
    refuseSpec(spec, why, dockerError)
  }
}

/** Networks that are not the container's own cannot be kept from the metadata service. */
function sharesNetwork(network: string): boolean {
  return network === 'host' || network.startsWith('container:')
}
