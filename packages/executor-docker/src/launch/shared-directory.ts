import type { WorkloadSpec } from '@scalr-agent/core'
import { launcherLife } from '@scalr-agent/core/container'

import type { DockerContext } from '../context.ts'
import { dockerError } from '../docker-error.ts'
import type { ListedContainer } from '../calls/engine-client.ts'
import { fromLabels, labelNames } from '../container/labels.ts'

/**
 * Two live workloads never share a job directory. Called when our own container is there, so that of two
 * launches at once each sees the other, and the later one gives way.
 * @throws `REJECTED`
 */
export async function refuseSharedDirectory(
  context: DockerContext,
  spec: WorkloadSpec,
  containerId: string,
  signal: AbortSignal,
): Promise<void> {
  const label = `${labelNames.directory}=${spec.directory}`
  const all = await context.client.list([label], signal)
  const own = all.find((container) => container.containerId === containerId)
  const other = all.find(
    (container) =>
      container.containerId !== containerId && holdsDirectory(container, own ?? container),
  )
  if (other === undefined) return
  throw dockerError(
    'REJECTED',
    'launch',
    `Cannot launch workload \`${spec.id}\`: workload \`${other.labels[labelNames.workload]}\` still ` +
      `runs in its job directory \`${spec.directory}\`. Wait for its end, or destroy it.`,
  )
}

function holdsDirectory(container: ListedContainer, own: ListedContainer): boolean {
  if (container.state === 'created') {
    const launcher = fromLabels(container.labels)?.launcher
    if (launcher === undefined || launcherLife(launcher) === 'dead') return false
    return isBefore(container, own)
  }
  return !['exited', 'dead', 'removing'].includes(container.state)
}

function isBefore(one: ListedContainer, other: ListedContainer): boolean {
  if (one.createdSeconds !== other.createdSeconds) return one.createdSeconds < other.createdSeconds
  return one.containerId < other.containerId
}
