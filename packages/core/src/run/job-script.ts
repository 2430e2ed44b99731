import type { HookStage, JobSpec, Phase } from '../protocol/index.ts'
import { orderHooks, type HookCommand, type JobHooks } from './hooks.ts'
import { backendOverrideFile, jobLayout } from './job-layout.ts'
import { jobScriptRuntime } from './job-script-runtime.ts'
import { shellQuote } from './shell-quote.ts'
import { jobExitCodes } from './stages.ts'
import { parallelismArguments, planArguments } from './tool-arguments.ts'

export interface JobScriptOptions {
  readonly phase: Phase
  readonly tool: {
    readonly name: 'terraform' | 'tofu'
    /** Absolute path inside the workload; looked up in `PATH` where absent. */
    readonly path?: string | undefined
  }
  /** Below the configuration's root, empty for the root. */
  readonly workingDirectory: string
  readonly varFiles: readonly string[]
  readonly run: Pick<
    JobSpec['run'],
    'isDestroy' | 'refresh' | 'refreshOnly' | 'targets' | 'replacements'
  >
  readonly hooks: JobHooks
  /** @default the tool's own, 10 */
  readonly parallelism?: number | undefined
}

/** How the script is started, in the job directory. */
export const jobScriptArgv = ['/bin/sh', jobLayout.script] as const

/**
 * The POSIX-sh script that runs one job on every executor: dash, busybox ash or bash. Pure. It holds
 * no secret and no nonce, so it may lie on disk; what is secret comes by environment.
 *
 * - Soft interrupt: SIGTERM to the script. Hard: SIGQUIT.
 * - The post hook of a phase runs also when the phase failed. After an interrupt the post-plan hook is
 *   skipped, since nothing was changed and an end was asked for; the post-apply hook still runs after a
 *   soft one, since things were changed and it is where people release what they hold. After a hard
 *   one none runs.
 */
export function createJobScript(options: JobScriptOptions): string {
  return [
    '#!/bin/sh',
    `# Runs the ${options.phase} of one run. Made by @scalr-agent/core.`,
    jobScriptRuntime,
    prepareStage(options),
    hookStage('pre-init', 'init', options.hooks),
    initStage(options.phase),
    options.phase === 'plan' ? planStages(options) : applyStages(options),
    'job_finish\n',
  ].join('\n')
}

function prepareStage(options: JobScriptOptions): string {
  const { tool, workingDirectory } = options
  const shown = shellQuote(`the working directory '${workingDirectory}'`)
  const lookup =
    tool.path === undefined
      ? `job_tool=$(command -v ${tool.name}) ||
  job_refuse ${jobExitCodes.toolNotFound} "${tool.name} was not found in PATH ($PATH). Install it where the job runs, or set the agent's path to it."`
      : `job_tool=${shellQuote(tool.path)}
[ -f "$job_tool" ] && [ -x "$job_tool" ] ||
  job_refuse ${jobExitCodes.toolNotFound} "${tool.name} was not found: $job_tool is no executable file. Correct the agent's path to it."`
  return `job_begin prepare
job_dir=$(pwd -P)
job_root=$job_dir/${jobLayout.configuration}
mkdir -p ${jobLayout.configuration} ${jobLayout.providers} ${jobLayout.temporary} ||
  job_refuse ${jobExitCodes.internal} 'the job directory is not writable.'
HOME=$job_dir/${jobLayout.temporary} TMPDIR=$job_dir/${jobLayout.temporary} SCALR_RUN_CONTENT_ROOT=$job_root
PATH=\${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}:$HOME/.local/bin
export HOME TMPDIR PATH SCALR_RUN_CONTENT_ROOT
# SSL_CERT_FILE replaces the system's certificates, so it must hold them too.
if [ -f ${jobLayout.caCertificates} ]; then
  for job_argument in "\${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt \\
    /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
    if [ -n "$job_argument" ] && [ -r "$job_argument" ]; then
      cat "$job_argument" && echo
      break
    fi
  done >${jobLayout.data}/ca-bundle.pem
  cat ${jobLayout.caCertificates} >>${jobLayout.data}/ca-bundle.pem ||
    job_refuse ${jobExitCodes.internal} 'the CA bundle cannot be written.'
  SSL_CERT_FILE=$job_dir/${jobLayout.data}/ca-bundle.pem
  export SSL_CERT_FILE
fi
cd -P -- "$job_root"/${shellQuote(workingDirectory)} 2>/dev/null ||
  job_refuse ${jobExitCodes.invalidConfiguration} ${shown}" does not exist in the configuration."
job_cwd=$(pwd -P)
case $job_cwd/ in
  "$job_root"/*) ;;
  *) job_refuse ${jobExitCodes.invalidConfiguration} ${shown}" leads out of the configuration." ;;
esac
${lookup}
rm -f ${backendOverrideFile} && printf 'terraform {\\n  backend "http" {}\\n}\\n' >${backendOverrideFile} ||
  job_refuse ${jobExitCodes.internal} 'the backend override cannot be written.'
job_end
`
}

function initStage(phase: Phase): string {
  const lockFile = `"$job_dir"/${jobLayout.lockFile}`
  // Whatever backend the archive's own .terraform remembers is not ours: -reconfigure.
  const init = 'init -input=false -no-color -reconfigure'
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
  return `# A later override file of the configuration could select another backend: state would go astray.
job_backend_is_http() {
  while IFS= read -r job_line; do
    case $job_line in *'"type": "http"'*) return 0 ;; esac
  done <"\${TF_DATA_DIR:-.terraform}/terraform.tfstate"
  return 1
} 2>/dev/null
if job_may_go_on; then
  job_begin init
  SCALR_TERRAFORM_OPERATION=${phase}
  export SCALR_TERRAFORM_OPERATION
${before}
  if [ "$job_code" -eq 0 ] && ! job_backend_is_http; then
    job_say 'Error: an override file of the configuration selects another backend than the run must use. Remove the backend or cloud block from it.'
    job_code=${jobExitCodes.invalidConfiguration}
  fi${after}
  job_end
fi
`
}

function planStages(options: JobScriptOptions): string {
  const planFile = `"$job_dir"/${jobLayout.plan}`
  const flags = planArguments(options).map(shellQuote).join(' ')
  return `${hookStage('pre-plan', 'plan', options.hooks)}
if job_may_go_on; then
  job_begin plan
  job_begun=1
  job_run tool "$job_tool" plan -input=false -no-color -out=${planFile} ${flags}
  job_end
fi

if job_may_go_on; then
  job_begin show
  job_run tool "$job_tool" show -json -no-color ${planFile} >"$job_dir"/${jobLayout.planJson}
  job_end
  [ "$job_code" -ne 0 ] || job_complete=1
fi
${postHookStage('post-plan', 'plan', options.hooks)}`
}

function applyStages(options: JobScriptOptions): string {
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

function hookStage(stage: HookStage, operation: string, hooks: JobHooks): string {
  const commands = orderHooks(hooks[stage] ?? [])
  if (commands.length === 0) return ''
  return `if job_may_go_on; then
  job_begin ${stage}
  SCALR_TERRAFORM_OPERATION=${operation}
  export SCALR_TERRAFORM_OPERATION
${commands.map((command) => hookLine(stage, command)).join('\n')}
  job_end
fi
`
}

function postHookStage(stage: HookStage, operation: Phase, hooks: JobHooks): string {
  const commands = orderHooks(hooks[stage] ?? [])
  if (commands.length === 0) return ''
  return `if [ -n "$job_begun" ] && [ "$job_wanted" -le "$job_allowed" ]; then
  job_begin ${stage}
  SCALR_TERRAFORM_OPERATION=${operation} SCALR_TERRAFORM_EXIT_CODE=0
  [ "$job_result" -eq 0 ] || SCALR_TERRAFORM_EXIT_CODE=1
  export SCALR_TERRAFORM_OPERATION SCALR_TERRAFORM_EXIT_CODE
${commands.map((command) => hookLine(stage, command)).join('\n')}
  job_end
fi
`
}

function hookLine(stage: HookStage, hook: HookCommand): string {
  const env = Object.entries(hook.env ?? {}).map(([name, value]) => shellQuote(`${name}=${value}`))
  const words = [...(env.length === 0 ? [] : ['env', ...env]), ...hook.argv.map(shellQuote)]
  return `  job_hook ${stage} ${shellQuote(hook.shown)} ${words.join(' ')}`
}
