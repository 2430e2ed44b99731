import { jobLayout } from '../job-layout.ts'
import { shellQuote } from '../shell-quote.ts'
import { parallelismArguments, planArguments } from '../tool-arguments.ts'
import { hookStage, postHookStage } from './hook-stage.ts'
import type { JobScriptOptions } from './job-script-options.ts'
import { applyUnits, planUnits } from './terragrunt-run-all.ts'
import { variableArguments } from './variable-file.ts'

/** `plan` and `show`, with the hooks around them. */
export function planStages(options: JobScriptOptions): string {
  const { plan, show } = options.terragrunt?.runAll === true ? planUnits(options) : planOne(options)
  return `${hookStage('pre-plan', 'plan', options.hooks)}
if job_may_go_on; then
  job_begin plan
  job_begun=1
${plan}  job_end
fi

if job_may_go_on; then
  job_begin show
${show}
  job_end
  [ "$job_code" -ne 0 ] || job_complete=1
fi
${postHookStage('post-plan', 'plan', options.hooks)}`
}

function planOne(options: JobScriptOptions): { readonly plan: string; readonly show: string } {
  const planFile = `"$job_dir"/${jobLayout.plan}`
  const flags = planArguments(options).map(shellQuote).join(' ')
  const variables = variableArguments(options)
  const json = `show -json -no-color ${planFile} >"$job_dir"/${jobLayout.planJson}`
  // What Terragrunt says itself must not get into the JSON.
  const show =
    options.terragrunt === undefined
      ? `  job_run tool "$job_tool" ${json}`
      : `  job_find_directory
  cd -- "$job_iac_cwd" && job_run tool "$job_iac" ${json}
  cd -- "$job_cwd"`
  const plan = `${variables.open}  job_run tool "$job_tool" plan -input=false -no-color -out=${planFile} ${flags}${variables.argument}
${variables.close}`
  return { plan, show }
}

/** `apply` of the saved plan, with the hooks around it. */
export function applyStages(options: JobScriptOptions): string {
  const apply = options.terragrunt?.runAll === true ? applyUnits(options) : applyOne(options)
  return `${hookStage('pre-apply', 'apply', options.hooks)}
if job_may_go_on; then
  job_begin apply
  job_begun=1
${apply}
  job_end
  [ "$job_code" -ne 0 ] || job_complete=1
fi

# An apply that was asked to stop politely still gets its post hook.
if [ "$job_wanted" -eq 1 ]; then job_allowed=1; fi
${postHookStage('post-apply', 'apply', options.hooks)}`
}

/**
 * The plan holds the values of its variables. Terraform wants to hear no more of them. OpenTofu, from 1.9
 * on, compares what it is told by then with what the plan holds, and so must be told all that the plan was.
 */
function applyOne(options: JobScriptOptions): string {
  const flags = parallelismArguments(options.parallelism).map((flag) => ` ${flag}`)
  const run = (variables: string): string =>
    `job_run tool "$job_tool" apply -input=false -no-color${flags.join('')}${variables} "$job_dir"/${jobLayout.plan}`
  const after = options.terragrunt === undefined ? '' : '\n  job_fetch_errored_state'
  const variables = variableArguments(options)
  if (options.tool.name === 'terraform' || variables.argument === '') return `  ${run('')}${after}`
  return `  case $("$job_iac" version 2>/dev/null) in
    'OpenTofu v1.'[678].*) ${run('')} ;;
    *)
    ${variables.open.trimEnd()}
      ${run(variables.argument)}
    ${variables.close.trimEnd()}
      ;;
  esac${after}`
}
