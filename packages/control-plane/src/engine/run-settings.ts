import type { JobSpec } from '@scalr-agent/core/protocol'
import { z } from 'zod'

import type { RunRow, WorkspaceFacts } from '../store/index.ts'

const settingsSchema = z.object({
  iacVersion: z.string().nullable(),
  workingDirectory: z.string(),
  varFiles: z.array(z.string()),
  terragrunt: z.object({ version: z.string().nullable(), useRunAll: z.boolean() }).nullable(),
})

/** What a plan is made with and its apply must be run with as well. */
export type RunSettings = Pick<
  JobSpec['workspace'],
  'iacVersion' | 'workingDirectory' | 'varFiles' | 'terragrunt'
>

const terragruntSchema = z.object({
  version: z.string(),
  'use-run-all': z.boolean().nullish(),
})

/**
 * A plan takes the workspace as it is now. What follows takes what the plan took: another version of the
 * tool, or another directory, could not apply what was planned.
 */
export function runSettings(run: RunRow, phase: string, facts: WorkspaceFacts): RunSettings {
  if (phase !== 'plan' && run.settings_json !== null) {
    return settingsSchema.parse(JSON.parse(run.settings_json))
  }
  const terragrunt =
    facts.terragrunt_json === null
      ? null
      : terragruntSchema.parse(JSON.parse(facts.terragrunt_json))
  return {
    iacVersion: facts.iac_version,
    workingDirectory: facts.working_directory ?? '',
    varFiles: z.array(z.string()).parse(JSON.parse(facts.var_files_json)),
    terragrunt: terragrunt && {
      version: terragrunt.version,
      useRunAll: terragrunt['use-run-all'] ?? false,
    },
  }
}
