import type { ToolLocation } from '../../caches/index.ts'
import type { JobPolicyGroup } from '../../protocol/index.ts'
import { jobLayout } from '../job-layout.ts'
import { jobScriptRuntime } from '../job-script-runtime.ts'
import { shellQuote } from '../shell-quote.ts'
import { jobExitCodes } from '../stages.ts'
import { policyFunctions } from './policy-functions.ts'
import { bundleFolder, policyLayout } from './policy-layout.ts'

export interface PolicyScriptOptions {
  readonly groups: readonly JobPolicyGroup[]
  readonly opa: ToolLocation
  /** Whether policies may send requests. */
  readonly allowNetwork: boolean
}

/**
 * The POSIX-sh script of a policy job: makes the input, evaluates one policy after the other and writes
 * what they said. It succeeds when every policy was evaluated or found to be wrong: what that means for
 * the run is the control plane's decision.
 */
export function createPolicyScript(options: PolicyScriptOptions): string {
  return [
    '#!/bin/sh',
    '# Checks the policies of one run. Made by @scalr-agent/core.',
    jobScriptRuntime,
    policyFunctions,
    prepareStage(options),
    policyStage(options.groups),
    'job_finish\n',
  ].join('\n')
}

function prepareStage({ opa, allowNetwork }: PolicyScriptOptions): string {
  // opa.runtime would show the environment of the job.
  const denied = ['opa.runtime', ...(allowNetwork ? [] : ['http.send', 'net.lookup_ip_addr'])]
  const query = `json.marshal(object.union(input, {"builtins": [b | b := input.builtins[_]; not {${denied.map((name) => JSON.stringify(name)).join(', ')}}[b.name]]${allowNetwork ? '' : ', "allow_net": []'}}))`
  return `job_begin prepare
job_dir=$(pwd -P)
job_data=$job_dir/data/policy
mkdir -p data/policy ${policyLayout.bundles} ${jobLayout.temporary} ||
  job_refuse ${jobExitCodes.internal} 'the job directory is not writable.'
HOME=$job_dir/${jobLayout.temporary} TMPDIR=$job_dir/${jobLayout.temporary}
PATH=\${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export HOME TMPDIR PATH
${findOpa(opa)}
job_version=$("$job_tool" version 2>/dev/null | {
  read -r job_key job_value && printf '%s' "$job_value"
  while read -r job_line; do :; done
})
${opa.kind === 'lookup' && opa.version !== null ? checkVersion(opa.version) : ''}case $job_version in
  0.*) job_other=--v1-compatible ;;
  *) job_other=--v0-compatible ;;
esac
"$job_tool" capabilities --current >"$job_data/all.json" &&
  "$job_tool" eval --format raw --input "$job_data/all.json" ${shellQuote(query)} >"$job_data/capabilities.json" ||
  job_refuse ${jobExitCodes.internal} 'the builtins that policies may call cannot be listed.'
{
  printf '{"tfrun":' && cat ${policyLayout.runFacts} && printf ',"tfplan":' && cat ${jobLayout.planJson} && printf '}'
} >${policyLayout.input} ||
  job_refuse ${jobExitCodes.internal} 'the input of the policies cannot be written.'
printf '{"version":1,"policies":[\\n' >"$job_data/results.json" ||
  job_refuse ${jobExitCodes.internal} 'the results cannot be written.'
job_end
`
}

function findOpa(opa: ToolLocation): string {
  const check = (advice: string): string =>
    `[ -f "$job_tool" ] && [ -x "$job_tool" ] ||
  job_refuse ${jobExitCodes.toolNotFound} "opa was not found: $job_tool is no executable file. ${advice}"`
  switch (opa.kind) {
    case 'path':
      return `job_tool=${shellQuote(opa.path)}
${check("Correct the agent's path to it.")}`
    case 'cache':
      return `job_tool=$job_dir/${shellQuote(opa.path)}
${check("The agent's cache of programs is not mounted.")}`
    case 'lookup':
      return `job_tool=$(command -v opa) ||
  job_refuse ${jobExitCodes.toolNotFound} "opa was not found in PATH ($PATH). Install it where the job runs, or let the agent download it."`
  }
}

function checkVersion(version: string): string {
  return `[ "$job_version" = ${shellQuote(version)} ] ||
  job_refuse ${jobExitCodes.toolNotFound} "the policy group wants opa "${shellQuote(version)}", but $job_tool is version \${job_version:-unknown}. Install it where the job runs, let the agent download it, or change the version in the policy group."
`
}

function policyStage(groups: readonly JobPolicyGroup[]): string {
  return `if job_may_go_on; then
  job_begin policy
  job_say "Checking policies with OPA $job_version"
${groups.map((group, index) => groupLines(group, index)).join('\n')}
  if [ "$job_code" -eq 0 ] && [ "$job_wanted" -le "$job_allowed" ]; then
    printf ']}\\n' >>"$job_data/results.json" && mv "$job_data/results.json" "$job_dir/${policyLayout.results}" ||
      job_code=${jobExitCodes.internal}
    [ "$job_code" -ne 0 ] || job_complete=1
  fi
  job_end
fi
`
}

function groupLines(group: JobPolicyGroup, index: number): string {
  const folder = `"$job_dir"/${bundleFolder(index)}`
  return `  job_say ${shellQuote(`Policy group '${group.name}':`)}
  cd -P -- ${folder} || job_code=${jobExitCodes.internal}
${group.policies
  .map(({ id, path }) => {
    const entry = `{"group":${JSON.stringify(group.id)},"policy":${JSON.stringify(id)}`
    return `  job_policy ${shellQuote(path)} ${shellQuote(group.commonFunctions ?? '')} ${shellQuote(entry)}`
  })
  .join('\n')}`
}
