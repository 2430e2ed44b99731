import { jobLayout } from '../job-layout.ts'
import { shellQuote } from '../shell-quote.ts'
import { parallelismArguments, planArguments } from '../tool-arguments.ts'
import { hookStage, postHookStage } from './hook-stage.ts'
import type { JobScriptOptions } from './job-script-options.ts'
import { variableFile } from './variable-file.ts'

/** `plan` and `show`, with the hooks around them. */
export function planStages(options: JobScriptOptions): string {
  const planFile = `"$job_dir"/${jobLayout.plan}`
  const flags = planArguments(options).map(shellQuote).join(' ')
  const file = variableFile(options)
  return `${hookStage('pre-plan', 'plan', options.hooks)}
if job_may_go_on; then
  job_begin plan
  job_begun=1
${file.open}  job_run tool "$job_tool" plan -input=false -no-color -out=${planFile} ${flags}${file.argument}
${file.close}  job_end
fi

if job_may_go_on; then
  job_begin show
  job_run tool "$job_tool" show -json -no-color ${planFile} >"$job_dir"/${jobLayout.planJson}
  job_end
  [ "$job_code" -ne 0 ] || job_complete=1
fi
${postHookStage('post-plan', 'plan', options.hooks)}`
}

/** `apply` of the saved plan, with the hooks around it. */
export function applyStages(options: JobScriptOptions): string {
  const flags = parallelismArguments(options.parallelism).map((flag) => ` ${flag}`)
  return `${hookStage('pre-apply', 'apply', options.hooks)}
if job_may_go_on; then
  job_begin apply
  job_begun=1
  job_run tool "$job_tool" apply -input=false -no-color${flags.join('')} "$job_dir"/${jobLayout.plan}
  job_end
  [ "$job_code" -ne 0 ] || job_complete=1
fi

# An apply that was asked to stop politely still gets its post hook.
if [ "$job_wanted" -eq 1 ]; then job_allowed=1; fi
${postHookStage('post-apply', 'apply', options.hooks)}`
}
