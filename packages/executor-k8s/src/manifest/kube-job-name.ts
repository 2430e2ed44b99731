import { createHash } from 'node:crypto'

import type { WorkloadSpec } from '@scalr-agent/core'

/** Names of pods are those of their kubeJob and more, and become labels. */
const maxLength = 63
const digestLength = 10

/**
 * Name of a workload's kubeJob: `<base>-<run>-<phase>-<digest>`, as Scalr's agents name theirs, with a
 * digest of the id, since a phase may be tried again. What does not fit is left out from the left, as
 * Scalr leaves out the base. Pure: the name is the claim, so that one id never becomes two kubeJobs.
 */
export function kubeJobName(spec: Pick<WorkloadSpec, 'id' | 'labels'>, base: string): string {
  const digest = createHash('sha256').update(spec.id).digest('hex').slice(0, digestLength)
  const run = spec.labels['scalr-agent/run-id']
  const phase = spec.labels['scalr-agent/phase']
  const told = run === undefined ? [spec.id] : [run, ...(phase === undefined ? [] : [phase])]
  const room = maxLength - digestLength - 1
  for (const parts of [[base, ...told], told, told.slice(-1)]) {
    const readable = parts
      .map(readableOf)
      .filter((part) => part !== '')
      .join('-')
    if (readable !== '' && readable.length <= room) return `${readable}-${digest}`
  }
  return `${
    readableOf(base)
      .slice(0, room)
      .replaceAll(/^-+|-+$/gu, '') || 'job'
  }-${digest}`
}

function readableOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .replaceAll(/^-+|-+$/gu, '')
}
