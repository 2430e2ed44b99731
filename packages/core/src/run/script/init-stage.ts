import { jobLayout } from '../job-layout.ts'
import { shellQuote } from '../shell-quote.ts'
import { jobExitCodes } from '../stages.ts'
import type { JobScriptOptions } from './job-script-options.ts'
import { initUnitsStage } from './terragrunt-run-all.ts'
import { noVariables, variableArguments } from './variable-file.ts'

/** `init`, with the lock file of the plan put back before an apply. */
export function initStage(options: JobScriptOptions): string {
  const { phase, notes = [] } = options
  if (options.terragrunt?.runAll === true)
    return `${beginInit(phase, notes)}${initUnitsStage}  job_end
fi
`
  const lockFile = `"$job_dir"/${jobLayout.lockFile}`
  // OpenTofu evaluates sources of modules, which may be made of variables.
  const variables = options.tool.name === 'tofu' ? variableArguments(options) : noVariables
  // Whatever backend the archive's own .terraform remembers is not ours: -reconfigure.
  const init = `init -input=false -no-color -reconfigure${variables.argument}`
  const before =
    phase === 'plan'
      ? `  job_run tool "$job_tool" ${init}`
      : `  # The providers of the plan, to the byte.
  if [ -f ${lockFile} ]; then
    cp ${lockFile} .terraform.lock.hcl
    job_run tool "$job_tool" ${init} -lockfile=readonly
  else
    job_run tool "$job_tool" ${init}
  fi`
  const after =
    phase === 'plan'
      ? `
  if [ "$job_code" -eq 0 ] && [ -f .terraform.lock.hcl ]; then
    cp .terraform.lock.hcl ${lockFile} || job_code=${jobExitCodes.internal}
  fi`
      : ''
  return `# A later override file or -backend-config could select another backend, or another address of this one:
# state, and the run's token with it, would go astray. Ours has no setting at all.
job_backend_is_ours() {
  job_found= job_argument=\${TF_DATA_DIR:-.terraform}
  case $job_argument in
    /*) ;;
    *) job_argument=$job_iac_cwd/$job_argument ;;
  esac
  while IFS= read -r job_line; do
    case $job_line in
      *'"type": "http"'*) job_found=1 ;;
      *'address": "'* | *'"skip_cert_verification": true'*) return 1 ;;
    esac
  done <"$job_argument/terraform.tfstate"
  [ -n "$job_found" ]
} 2>/dev/null
${beginInit(phase, notes)}${variables.open}${before}
${variables.close}${options.terragrunt === undefined ? '' : '  job_find_directory\n'}  if [ "$job_code" -eq 0 ] && ! job_backend_is_ours; then
    job_say 'Error: the configuration selects another backend than the run must use. Remove backend and cloud blocks from its override files, and -backend from TF_CLI_ARGS_init.'
    job_code=${jobExitCodes.invalidConfiguration}
  fi${after}
  job_end
fi
`
}

function beginInit(phase: string, notes: readonly string[]): string {
  return `if job_may_go_on; then
  job_begin init
  SCALR_TERRAFORM_OPERATION=${phase}
  export SCALR_TERRAFORM_OPERATION
${notes.map((note) => `  job_say ${shellQuote(note)}\n`).join('')}`
}
