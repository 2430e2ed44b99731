import { jobExitCodes } from '../stages.ts'
import type { JobScriptOptions, TerragruntOptions } from './job-script-options.ts'
import { terragruntRunAll } from './terragrunt-run-all.ts'
import { terragruntUnit } from './terragrunt-unit.ts'

/** The first version that agents run; Scalr's own. */
const firstVersion = [0, 58, 13] as const

/**
 * Puts Terragrunt, which `job_program` names by then, before the tool: it calls the tool through a small
 * program of ours.
 */
export function terragruntSetup(options: JobScriptOptions, terragrunt: TerragruntOptions): string {
  return `job_tool=$job_program
${terragruntFunctions}${terragrunt.runAll ? terragruntRunAll(options) : terragruntUnit}`
}

const terragruntFunctions = String.raw`# A word for sh, whatever it holds.
job_quote() {
  job_rest=$1 job_value=
  while :; do
    case $job_rest in
      *"'"*) job_value=$job_value${'$'}{job_rest%%"'"*}"'\\''" job_rest=${'$'}{job_rest#*"'"} ;;
      *) break ;;
    esac
  done
  printf "'%s'" "$job_value$job_rest"
}

# "terragrunt version v0.99.1". What tells no version is taken for a new one.
job_version=$("$job_tool" --version 2>/dev/null | {
  read -r job_line && printf '%s' "${'$'}{job_line##* }"
  while read -r job_line; do :; done
})
job_version=${'$'}{job_version#v}
case $job_version in
  [0-9]*.[0-9]*.[0-9]*)
    job_major=${'$'}{job_version%%.*} job_rest=${'$'}{job_version#*.}
    job_minor=${'$'}{job_rest%%.*} job_rest=${'$'}{job_rest#*.}
    job_patch=${'$'}{job_rest%%[!0-9]*}
    ;;
  *) job_major=999 job_minor=0 job_patch=0 ;;
esac

# job_terragrunt_is_before MAJOR MINOR PATCH
job_terragrunt_is_before() {
  if [ "$job_major" -ne "$1" ]; then [ "$job_major" -lt "$1" ]
  elif [ "$job_minor" -ne "$2" ]; then [ "$job_minor" -lt "$2" ]
  else [ "$job_patch" -lt "$3" ]
  fi
}
if job_terragrunt_is_before ${firstVersion.join(' ')}; then
  job_refuse ${jobExitCodes.toolNotFound} "$job_tool is Terragrunt $job_version, and the first version that can be run is ${firstVersion.join('.')}. Set a later version in the workspace."
fi
`
