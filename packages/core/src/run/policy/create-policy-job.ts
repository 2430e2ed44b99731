import type { ToolLocation, ToolRequest } from '../../caches/index.ts'
import { ConfigurationError } from '../../errors/index.ts'
import { jobFileNames, type JobSpec } from '../../protocol/index.ts'
import type { JobFilesOptions } from '../job-files.ts'
import { jobLayout } from '../job-layout.ts'
import { bundleFolder, policyLayout } from './policy-layout.ts'
import { policyCheckRego, policyReportRego } from './policy-rego.ts'
import { createPolicyScript } from './policy-script.ts'

export interface CreatePolicyJobOptions {
  readonly spec: JobSpec
  /** Where OPA is; looked up in `PATH` where absent. */
  readonly opa?: ToolLocation | undefined
  /** Whether policies may send requests (`http.send`). */
  readonly allowNetwork: boolean
  /** `PATH` inside the workload. @default the executor's */
  readonly path?: string | undefined
}

/** What a policy job is made of beside what every job has. */
export interface PolicyJob {
  readonly files: Pick<JobFilesOptions, 'script' | 'texts' | 'copies' | 'archives'>
  /**
   * All of it: a check needs no variable of the workspace, no state, no token and no network. Sensitive
   * variables are in the job for the masker alone.
   */
  readonly env: Readonly<Record<string, string>>
  readonly resultFile: { readonly name: 'policy-results.json'; readonly path: string }
}

/** @throws {@link ConfigurationError} when the job cannot be run as it is described */
export function createPolicyJob({
  spec,
  opa,
  allowNetwork,
  path,
}: CreatePolicyJobOptions): PolicyJob {
  const { policyGroups: groups } = spec
  assertFiles(spec)
  const version = opaVersion(spec)
  const checks = groups.flatMap((group) =>
    group.policies.map(({ id, name, level }) => ({ group: group.id, policy: id, name, level })),
  )
  return {
    files: {
      script: createPolicyScript({
        groups,
        opa: opa ?? { kind: 'lookup', version },
        allowNetwork,
      }),
      texts: new Map([
        [policyLayout.checkRego, policyCheckRego],
        [policyLayout.reportRego, policyReportRego],
        [policyLayout.checks, JSON.stringify({ scalr_agent_checks: checks })],
      ]),
      copies: new Map<string, string>([
        [jobFileNames.runFacts, policyLayout.runFacts],
        [jobFileNames.planJson, jobLayout.planJson],
      ]),
      archives: new Map(groups.map((group, index) => [group.file, bundleFolder(index)])),
    },
    env: path === undefined ? {} : { PATH: path },
    resultFile: { name: jobFileNames.policyResults, path: policyLayout.results },
  }
}

/** The programs that a policy job needs, for the caches. @throws {@link ConfigurationError} */
export function policyTools(spec: JobSpec): readonly ToolRequest[] {
  return [{ name: 'opa', version: opaVersion(spec) }]
}

/** One job has one OPA. */
function opaVersion(spec: JobSpec): string | null {
  const asking = spec.policyGroups.filter((group) => group.opaVersion !== null)
  const [first] = asking
  const other = asking.find((group) => group.opaVersion !== first?.opaVersion)
  if (first !== undefined && other !== undefined) {
    throw new ConfigurationError(
      `Cannot check the policies of run ${spec.run.id}: policy group '${first.name}' wants OPA ${first.opaVersion ?? ''} and '${other.name}' wants ${other.opaVersion ?? ''}. Set the same version in both, or in one alone.`,
    )
  }
  return first?.opaVersion ?? null
}

function assertFiles(spec: JobSpec): void {
  const names = new Set(spec.files.map((file) => file.name))
  const missing = [
    jobFileNames.runFacts,
    jobFileNames.planJson,
    ...spec.policyGroups.map((group) => group.file),
  ].filter((name) => !names.has(name))
  if (missing.length > 0) {
    throw new ConfigurationError(
      `Cannot check the policies of run ${spec.run.id}: the control plane sent no ${missing.join(' and no ')}.`,
    )
  }
}
