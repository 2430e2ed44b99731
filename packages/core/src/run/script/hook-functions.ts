import { jobExitCodes } from '../stages.ts'
import { agentEnvironmentReader } from './agent-environment-reader.ts'

/**
 * The part of the job script that runs hooks; only in jobs that have some. A hook stage stops at its
 * first hook that fails or is told to stop.
 */
export const hookFunctions = String.raw`${agentEnvironmentReader}
# job_hook_begin SHOWN: whether the next hook of the stage may run; prints what is run.
job_hook_begin() {
  if [ "$job_code" -ne 0 ] || [ "$job_wanted" -gt "$job_allowed" ]; then return 1; fi
  job_say "Executing $job_stage hook..."
  printf '~$ %s\n' "$1"
}

# job_hook_run ARGV...
job_hook_run() {
  job_run hook "$@"
  job_say "Exit code: $job_code"
  if [ "$job_code" -eq 0 ]; then job_take_env || job_code=${jobExitCodes.hookEnvironment}; fi
}

job_hook_refuse() {
  job_say "Error: $1"
  job_code=${jobExitCodes.toolNotFound}
  return 1
}

# Whether a program that a hook needs is there.
job_hook_needs() {
  case $1 in
    */*) [ -f "$1" ] && [ -x "$1" ] ;;
    *) (PATH=${'$'}{job_path:-$PATH} && command -v "$1") >/dev/null ;;
  esac || job_hook_refuse "the $job_stage hook needs $1, which was not found. Install it where the job runs."
}

# job_agent_hook SHOWN FILE INTERPRETER...
job_agent_hook() {
  job_hook_begin "$1" || return 0
  job_program=$job_dir/$2
  shift 2
  for job_argument do
    job_hook_needs "$job_argument" || return 0
  done
  job_hook_run "$job_program"
}

# job_registry_hook SHOWN DIRECTORY SCRIPT INTERPRETER...
job_registry_hook() {
  job_hook_begin "$1" || return 0
  SCALR_HOOK_DIR=$job_dir/$2 job_program=$job_dir/$2/$3
  shift 3
  job_hook_needs "$1" || return 0
  if [ ! -f "$job_program" ]; then
    job_hook_refuse "the $job_stage hook has no file ${'$'}{job_program#"$SCALR_HOOK_DIR/"} in its archive. Correct the hook's script path." || return 0
  fi
  export SCALR_HOOK_DIR
  job_hook_run "$@" "$job_program"
  unset SCALR_HOOK_DIR
}

# job_workspace_hook COMMAND
job_workspace_hook() {
  job_hook_begin "$1" || return 0
  job_hook_run /bin/sh -c "$1"
}
`
