import type { WorkloadSpec } from '@scalr-agent/core'

import type { DockerContext } from '../context.ts'
import { dockerError } from '../docker-error.ts'

/** The image of a workload, once the engine has it. */
export async function ensureImageOf(
  context: DockerContext,
  spec: WorkloadSpec,
  signal: AbortSignal,
): Promise<string> {
  const image = spec.image ?? context.options.image
  if (image === undefined) {
    throw dockerError(
      'INVALID_SPEC',
      'launch',
      `Cannot launch workload \`${spec.id}\`: it names no image, and neither does the option \`image\`.`,
    )
  }
  await context.ensureImage(image, signal)
  return image
}
