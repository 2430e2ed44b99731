import type { CacheVolume } from './cache-volume.ts'
import type { ResourceRequests } from './pod-resources.ts'
import type { PodTemplate } from './pod-template-options.ts'

/** The options that decide what a kubeJob is like. */
export interface ManifestOptions {
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never'
  /** Numeric `uid` or `uid:gid`. */
  readonly user?: string | undefined
  readonly root: boolean
  readonly tmpBytes: number
  /** How long files and output stay reachable after the end. */
  readonly keepMs: number
  /** How often a pod that did not start is replaced. */
  readonly backoffLimit: number
  readonly template: PodTemplate
  readonly cacheVolume?: CacheVolume | undefined
  readonly requests: ResourceRequests
}
