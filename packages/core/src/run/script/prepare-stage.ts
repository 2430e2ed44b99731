import type { ToolLocation, ToolName } from '../../caches/index.ts'
import { backendOverrideFile, jobLayout } from '../job-layout.ts'
import { shellQuote } from '../shell-quote.ts'
import { jobExitCodes } from '../stages.ts'
import { keepFileVariables } from './variable-file.ts'
import type { JobScriptOptions } from './job-script-options.ts'
import { terragruntSetup } from './terragrunt.ts'

/** Lays out what the tool and the hooks need, and refuses what cannot be run before anything is. */
export function prepareStage(options: JobScriptOptions): string {
  return `job_begin prepare
job_dir=$(pwd -P)
job_root=$job_dir/${jobLayout.configuration}
mkdir -p ${jobLayout.configuration} ${jobLayout.providers} ${jobLayout.temporary} ||
  job_refuse ${jobExitCodes.internal} 'the job directory is not writable.'
HOME=$job_dir/${jobLayout.temporary} TMPDIR=$job_dir/${jobLayout.temporary} SCALR_RUN_CONTENT_ROOT=$job_root
PATH=\${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}:$HOME/.local/bin
job_agent_env=$job_dir/${jobLayout.agentEnvironment} SCALR_AGENT_ENV=$job_dir/${jobLayout.agentEnvironment}
TF_VAR_SCALR_RUN_CONTENT_ROOT=$job_root
export HOME TMPDIR PATH SCALR_RUN_CONTENT_ROOT TF_VAR_SCALR_RUN_CONTENT_ROOT SCALR_AGENT_ENV
(umask 077 && : >"$job_agent_env") ||
  job_refuse ${jobExitCodes.internal} 'the data directory is not writable.'
${keepFileVariables(options.fileVariables ?? [])}# SSL_CERT_FILE replaces the system's certificates, so it must hold them too.
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
${options.hasCliConfig === true ? cliConfig : ''}${changeDirectory(options.workingDirectory)}
${findTools(options)}
${options.terragrunt?.runAll === true ? '' : overrideBackend}job_end
`
}

const overrideBackend = `rm -f ${backendOverrideFile} && printf 'terraform {\\n  backend "http" {}\\n}\\n' >${backendOverrideFile} ||
  job_refuse ${jobExitCodes.internal} 'the backend override cannot be written.'
`

/**
 * A configuration of the workspace's own (`TF_CLI_CONFIG_FILE`) gives way: there is one only. Nobody else may
 * read it, since a token of a mirror may stand in it.
 */
const cliConfig = `# Paths in it are absolute, and only here it is known where the job lies.
(umask 077 && : >${jobLayout.cliConfig}) ||
  job_refuse ${jobExitCodes.internal} 'the CLI configuration of the tool cannot be written.'
while IFS= read -r job_line || [ -n "$job_line" ]; do
  while :; do
    case $job_line in
      *@job_dir@*) printf '%s' "\${job_line%%@job_dir@*}$job_dir" && job_line=\${job_line#*@job_dir@} ;;
      *) break ;;
    esac
  done
  printf '%s\\n' "$job_line"
done <${jobLayout.cliConfigTemplate} >${jobLayout.cliConfig} ||
  job_refuse ${jobExitCodes.internal} 'the CLI configuration of the tool cannot be written.'
TF_CLI_CONFIG_FILE=$job_dir/${jobLayout.cliConfig}
export TF_CLI_CONFIG_FILE
`

function changeDirectory(workingDirectory: string): string {
  const shown = shellQuote(`the working directory '${workingDirectory}'`)
  return `cd -P -- "$job_root"/${shellQuote(workingDirectory)} 2>/dev/null ||
  job_refuse ${jobExitCodes.invalidConfiguration} ${shown}" does not exist in the configuration."
job_cwd=$(pwd -P)
case $job_cwd/ in
  "$job_root"/*) ;;
  *) job_refuse ${jobExitCodes.invalidConfiguration} ${shown}" leads out of the configuration." ;;
esac`
}

function findTools(options: JobScriptOptions): string {
  const { tool, terragrunt } = options
  return `job_find_tool() {
  job_program=$(command -v "$1") ||
    job_refuse ${jobExitCodes.toolNotFound} "$1 was not found in PATH ($PATH). Install it where the job runs, or set the agent's path to it."
}
job_check_tool() {
  [ -f "$job_program" ] && [ -x "$job_program" ] ||
    job_refuse ${jobExitCodes.toolNotFound} "$1 was not found: $job_program is no executable file. $2"
}
# job_check_version NAME VERSION ASK: the first line that is told ends with it, with or without a v.
job_check_version() {
  job_found=$("$job_program" "$3" 2>/dev/null | {
    read -r job_line && printf '%s' "\${job_line##* }"
    while read -r job_line; do :; done
  })
  job_found=\${job_found#v}
  [ "$job_found" = "$2" ] ||
    job_refuse ${jobExitCodes.toolNotFound} "the workspace wants $1 $2, but $job_program is version \${job_found:-unknown}. Install $2 where the job runs, let the agent download it, or change the version in the workspace."
}
${findTool(tool.name, tool.location)}
job_iac=$job_program job_iac_cwd=$job_cwd job_tool=$job_program${
    terragrunt === undefined
      ? ''
      : `
${findTool('terragrunt', terragrunt.location)}
${terragruntSetup(options, terragrunt)}`
  }`
}

function findTool(name: ToolName, location: ToolLocation): string {
  switch (location.kind) {
    case 'path':
      return `job_program=${shellQuote(location.path)}
job_check_tool ${name} "Correct the agent's path to it."`
    case 'cache':
      return `job_program=$job_dir/${shellQuote(location.path)}
job_check_tool ${name} "The agent's cache of programs is not mounted."`
    case 'lookup':
      return location.version === null
        ? `job_find_tool ${name}`
        : `job_find_tool ${name}
job_check_version ${name} ${shellQuote(location.version)} ${name === 'terragrunt' ? '--version' : 'version'}`
  }
}
