import { join } from 'node:path'

import { ScalrAgentError } from '../errors/index.ts'
import type { JobSpec } from '../protocol/index.ts'
import { createWorkloadSpec, type CreatedWorkloadSpec } from '../run/index.ts'
import type { JobHold } from './job-hold.ts'
import type { JobFailure } from './job-record.ts'

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

/** Makes the workload spec by the agent's settings. A job that makes no sense is a failed job, not a fault. */
export function buildJob(spec: JobSpec, hold: Pick<JobHold, 'journal' | 'services'>): BuiltJob {
  const { settings, agentId } = hold.services
  const { terraform, opentofu } = settings.tools
  try {
    return createWorkloadSpec({
      spec,
      agentId: agentId(),
      nonce: hold.journal.record.nonce,
      workloadUrl: settings.workloadUrl,
      filesDirectory: filesDirectory(hold.journal.directory),
      prepared: {
        tools: {
          ...(terraform === undefined ? {} : { terraform: { kind: 'path', path: terraform } }),
          ...(opentofu === undefined ? {} : { tofu: { kind: 'path', path: opentofu } }),
        },
        mounts: [],
        cliConfig: undefined,
        secretEnv: {},
        notes: [],
      },
      path: settings.path,
      caCert: settings.workloadCaCert,
      proxy: settings.proxy,
      image: settings.image,
      defaults: {
        startTimeoutMs: settings.startTimeoutMs,
        memoryBytes: settings.jobMemoryBytes,
        cpus: settings.jobCpus,
      },
    })
  } catch (error) {
    if (!ScalrAgentError.isInstance(error)) throw error
    return {
      failure: { cause: 'preparation', message: error.message },
      secrets: [],
      resultFiles: [],
    }
  }
}
