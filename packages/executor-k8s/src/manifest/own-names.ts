/** Labels and annotations of ours begin so; those of a template or a spec may not. */
export const ownPrefix = 'agent.scalr.io/'

/** Volumes of ours begin so; those of a template may not. */
export const ownVolumePrefix = 'scalr-agent-'

/** What `main` exits with when it never became the supervisor: the kubeJob may try again. */
export const notStartedExitCode = 125

export const containerNames = { main: 'main', keeper: 'keeper' } as const

/** Where the keeper sees the job directory: beside the directory that the job's archive is unpacked into. */
export const ownVolumes = {
  own: `${ownVolumePrefix}own`,
  job: `${ownVolumePrefix}job`,
  tmp: `${ownVolumePrefix}tmp`,
  caches: `${ownVolumePrefix}caches`,
} as const

/** Labels that Kubernetes gives the pods of a kubeJob, or by which others know what is ours. */
const reservedLabels: readonly string[] = [
  'app.kubernetes.io/managed-by',
  'controller-uid',
  'job-name',
]

/** Whether a label or annotation belongs to us or to Kubernetes' own job controller. */
export function isReservedKey(key: string): boolean {
  return (
    key.startsWith(ownPrefix) ||
    key.startsWith('batch.kubernetes.io/') ||
    reservedLabels.includes(key)
  )
}
