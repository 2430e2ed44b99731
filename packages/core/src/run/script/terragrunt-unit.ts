import { backendOverrideFile, jobLayout } from '../job-layout.ts'
import { jobExitCodes } from '../stages.ts'

/**
 * Puts Terragrunt before the tool. It calls the tool through a small program of ours, which
 * - notes the tool's process, so that an interrupt goes to the tool itself, once, and not through
 *   Terragrunt, which waits 15 s before it hands one on;
 * - notes the directory: with a `source` Terragrunt runs the tool in a copy of the configuration;
 * - sees to it there that state goes to the run's backend, whatever `remote_state` says.
 *
 * Other units whose outputs a unit depends on keep the backends that they have.
 */
export const terragruntUnit = String.raw`job_pid_file=$job_dir/${jobLayout.data}/tool.pid
job_wrapper=$job_dir/${jobLayout.data}/${'$'}{job_iac##*/}
{
  printf '#!/bin/sh\njob_iac=%s\njob_cwd=%s\njob_data=%s\n' \
    "$(job_quote "$job_iac")" "$(job_quote "$job_cwd")" "$(job_quote "$job_dir/${jobLayout.data}")"
  cat <<'END_OF_WRAPPER'
case $(pwd -P)/ in
  "$job_cwd"/ | "$job_cwd"/.terragrunt-cache/*) ;;
  *) exec "$job_iac" "$@" ;;
esac
pwd -P >"$job_data/tool.directory" && echo $$ >"$job_data/tool.pid" &&
  printf 'terraform {\n  backend "http" {}\n}\n' >${backendOverrideFile} || exit ${jobExitCodes.internal}
# Settings of another backend would be refused by this one.
for job_argument do
  shift
  case $job_argument in -backend-config=*) ;; *) set -- "$@" "$job_argument" ;; esac
done
exec "$job_iac" "$@"
END_OF_WRAPPER
} >"$job_wrapper" && chmod 755 "$job_wrapper" ||
  job_refuse ${jobExitCodes.internal} 'the data directory is not writable.'
TG_TF_PATH=$job_wrapper TG_NON_INTERACTIVE=true TG_NO_AUTO_INIT=true TG_TF_FORWARD_STDOUT=true TG_NO_COLOR=true
export TG_TF_PATH TG_NON_INTERACTIVE TG_NO_AUTO_INIT TG_TF_FORWARD_STDOUT TG_NO_COLOR
# The names of before 0.73, which later versions warn of.
if job_terragrunt_is_before 0 73 0; then
  TERRAGRUNT_TFPATH=$job_wrapper TERRAGRUNT_NON_INTERACTIVE=true TERRAGRUNT_NO_AUTO_INIT=true
  TERRAGRUNT_FORWARD_TF_STDOUT=true TERRAGRUNT_NO_COLOR=true
  export TERRAGRUNT_TFPATH TERRAGRUNT_NON_INTERACTIVE TERRAGRUNT_NO_AUTO_INIT
  export TERRAGRUNT_FORWARD_TF_STDOUT TERRAGRUNT_NO_COLOR
fi
# Where the tool was run last.
job_find_directory() {
  if [ -r "$job_dir/${jobLayout.data}/tool.directory" ]; then
    IFS= read -r job_iac_cwd <"$job_dir/${jobLayout.data}/tool.directory" || :
  fi
}

# A state that could not be written lies where the tool was run.
job_fetch_errored_state() {
  job_find_directory
  if [ "$job_iac_cwd" != "$job_cwd" ] && [ -f "$job_iac_cwd/errored.tfstate" ]; then
    cp -- "$job_iac_cwd/errored.tfstate" "$job_cwd/errored.tfstate" || :
  fi
}
`
