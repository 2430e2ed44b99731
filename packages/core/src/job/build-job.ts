import { join } from 'node:path'

import { ScalrAgentError } from '../errors/index.ts'
import type { JobSpec } from '../protocol/index.ts'
import { createWorkloadSpec, jobImage, jobSecrets, type CreatedWorkloadSpec } from '../run/index.ts'
import { failureOf } from './error-failure.ts'
import type { JobHold } from './job-hold.ts'
import type { JobFailure } from './job-record.ts'
import type { JobServices } from './job-services.ts'
import type { JobAdditions } from './prepare-job.ts'

/** What a job is made into, or why it cannot be run as it is described. */
export type BuiltJob =
  | (CreatedWorkloadSpec & { readonly failure?: undefined })
  | {
      readonly failure: JobFailure
      readonly secrets: readonly string[]
      readonly resultFiles: readonly []
    }

/** Where the downloaded files of a job lie. */
export function filesDirectory(jobDirectory: string): string {
  return join(jobDirectory, 'files')
}

/**
 * Makes the workload spec by the agent's settings. A job that makes no sense is a failed job, not a fault.
 *
 * Secrets and result files are the same with and without `additions`: a job that is adopted needs nothing
 * else, and nothing is prepared for it again.
 */
export function buildJob(
  spec: JobSpec,
  hold: Pick<JobHold, 'journal' | 'services'>,
  additions?: JobAdditions,
): BuiltJob {
  const { settings, agentId } = hold.services
  try {
    const created = createWorkloadSpec({
      spec,
      agentId: agentId(),
      nonce: hold.journal.record.nonce,
      workloadUrl: settings.workloadUrl,
      filesDirectory: filesDirectory(hold.journal.directory),
      path: settings.path,
      caCert: settings.workloadCaCert,
      proxy: settings.proxy,
      image: imageOf(spec, hold.services),
      prepared: additions?.prepared,
      agentHooks: additions?.agentHooks,
      defaults: {
        startTimeoutMs: settings.startTimeoutMs,
        memoryBytes: settings.jobMemoryBytes,
        cpus: settings.jobCpus,
        parallelism: settings.parallelism,
        policyNetwork: settings.policyNetwork,
      },
    })
    return { ...created, secrets: [...created.secrets, ...settings.secrets] }
  } catch (error) {
    if (!ScalrAgentError.isInstance(error)) throw error
    const secrets = [...jobSecrets(spec, settings.proxy), ...settings.secrets]
    return { failure: failureOf(error, 'preparation'), secrets, resultFiles: [] }
  }
}

function imageOf(spec: JobSpec, { executor, settings }: JobServices): string | undefined {
  const { image, imageMode: mode, imageRegistry: registry } = settings
  if (!executor.capabilities.images) return undefined
  // Without a name the executor decides.
  if (mode === 'golden') return image
  return jobImage({ mode, image: image ?? '', registry }, spec)
}
