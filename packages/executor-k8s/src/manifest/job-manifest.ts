import type { V1Job, V1JobSpec } from '@kubernetes/client-node'
import type { WorkloadSpec } from '@scalr-agent/core'

import type { ServerVersion } from '../calls/kube-client.ts'
import { mountCaches } from './cache-volume.ts'
import type { ManifestOptions } from './manifest-options.ts'
import { containerNames, notStartedExitCode } from './own-names.ts'
import { podSpec, type PodCommands } from './pod-spec.ts'
import { featuresOf, type ServerFeatures } from './server-features.ts'

/** Also of a pod that was taken away before its start. Once one has started, `backoffLimit` keeps others from it. */
const killedExitCode = 137

/** An agent that is away for so long has lost what became of the job. */
const keepFinishedSeconds = 24 * 60 * 60

/** Slack of the far backstop that ends what nobody else ended. */
const backstopSeconds = 60 * 60
/** Where no deadline says when: on old servers nothing else ends a companion whose agent never comes back. */
const undatedMs = 7 * 24 * 60 * 60_000

/** Keeps what moves pods about from moving a job. */
const unmovable = {
  'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
  'karpenter.sh/do-not-disrupt': 'true',
  // Its name before Karpenter 0.32.
  'karpenter.sh/do-not-evict': 'true',
}

/** What a manifest takes beside spec and options. */
export interface ManifestParts {
  /** See `kubeJobName`. */
  readonly name: string
  readonly image: string
  readonly version: Pick<ServerVersion, 'major' | 'minor'>
  /** Of kubeJob and pod; those of the template never replace them. */
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly commands: PodCommands
}

/**
 * The kubeJob of a workload, as the API server is asked for it. Pure. What it knows of the server's version
 * decides what it holds.
 *
 * @throws `INVALID_SPEC` for caches that pods cannot mount.
 */
export function jobManifest(
  spec: WorkloadSpec,
  options: ManifestOptions,
  parts: ManifestParts,
): V1Job {
  const { template } = options
  const features = featuresOf(parts.version)
  const metadata = {
    labels: { ...template.labels, ...parts.labels },
    annotations: { ...unmovable, ...template.annotations, ...parts.annotations },
  }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: parts.name, ...metadata },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: options.backoffLimit,
      ...byVersion(features),
      ...backstop(spec, options),
      template: {
        metadata,
        spec: podSpec(spec, options, {
          image: parts.image,
          features,
          commands: parts.commands,
          caches: mountCaches(spec, options.cacheVolume),
        }),
      },
    },
  }
}

function byVersion(features: ServerFeatures): Partial<V1JobSpec> {
  return {
    ...(features.ttlAfterFinished ? { ttlSecondsAfterFinished: keepFinishedSeconds } : {}),
    // A pod that is going is not replaced before it is gone.
    ...(features.podReplacementPolicy ? { podReplacementPolicy: 'Failed' } : {}),
    ...(features.podFailurePolicy
      ? {
          podFailurePolicy: {
            rules: [
              {
                action: 'FailJob',
                onExitCodes: {
                  containerName: containerNames.main,
                  operator: 'NotIn',
                  values: [0, notStartedExitCode, killedExitCode],
                },
              },
            ],
          },
        }
      : {}),
  }
}

/** Far behind all other limits: the supervisor's own deadline is what counts. */
function backstop(
  { deadlineMs, startTimeoutMs }: WorkloadSpec,
  { keepMs }: ManifestOptions,
): Partial<V1JobSpec> {
  const runMs = deadlineMs ?? undatedMs
  const seconds = Math.ceil((startTimeoutMs + runMs + keepMs) / 1000) + backstopSeconds
  return { activeDeadlineSeconds: Math.min(seconds, 2 ** 31 - 1) }
}
