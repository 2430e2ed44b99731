#!/bin/sh
# Runs the apply of one run. Made by @scalr-agent/core.
unset job_added job_agent_env job_allowed job_argument job_begun job_busy job_bytes job_caught job_changed job_code
unset job_complete job_cr job_crlf job_cwd job_delimiter job_destroyed job_dir job_fifo job_found
unset job_has_changes job_iac job_iac_cwd job_key job_kind job_line job_major job_mentioned job_minor
unset job_newline job_nonce job_number job_patch job_path job_pid job_pid_file job_pids job_program job_rest job_round
unset job_result job_root job_sent job_signal job_stage job_target job_told job_tool job_tries job_unit
unset job_units job_value job_values job_version job_waited job_wanted job_wrapper job_writer
job_wanted=0
trap '[ "$job_wanted" -ge 1 ] || job_wanted=1' TERM
trap 'job_wanted=2' QUIT
set -u
exec 2>&1 </dev/null

# The nonce proves that a marker is the script's. Nobody else may ever read it.
job_nonce=
IFS= read -r job_nonce <data/nonce || :
rm -f data/nonce
if [ -z "$job_nonce" ] || [ -e data/nonce ]; then
  echo 'Error: the job script cannot read and remove data/nonce.'
  exit 70
fi

job_allowed=0 job_begun= job_busy= job_code=0 job_complete= job_kind= job_pid= job_result=0
job_path= job_pid_file= job_pids= job_sent=0 job_stage= job_target= job_iac= job_told= job_tool= job_newline='
'
job_cr=$(printf '\r')

job_mark() { printf '\036%s %s\n' "$job_nonce" "$1"; }

job_say() { printf '%s\n' "$*"; }

# The signal that interrupts the running tool once. INT, but TERM, which means the same to the tool,
# where INT would be lost: a child that sh starts with '&' ignores INT until it has a handler of its
# own, and Terraform 1.0 runs itself below a wrapper that swallows INT and hands TERM on.
job_tool_signal() {
  if [ -r "/proc/$job_target/status" ]; then
    while read -r job_key job_value; do
      case $job_key$job_value in
        SigIgn:*[2367abef]) echo TERM; return ;;
      esac
    done <"/proc/$job_target/status"
  fi
  case $("${job_iac:-$job_tool}" version 2>/dev/null) in
    'Terraform v0.'* | 'Terraform v1.0.'*) echo TERM ;;
    *) echo INT ;;
  esac
}

# Which signals a process takes by handlers of its own.
job_caught_by() {
  while read -r job_key job_value; do
    case $job_key in SigCgt:) echo "$job_value"; return ;; esac
  done <"/proc/$1/status"
}

# A child that was only just forked still has our traps: it would take the signal, and forget it. From then on
# what it has not yet become dies of it, as it should.
job_settle() {
  job_round=0
  job_caught=$(job_caught_by $$)
  while [ -n "$job_caught" ] && [ "$job_round" -lt 50 ] && [ "$(job_caught_by "$1")" = "$job_caught" ]; do
    job_round=$((job_round + 1))
    sleep 0.02 || sleep 1
  done
} 2>/dev/null

# One interrupt to the child, and to it alone. A hook gets one TERM, since a shell's background child
# ignores INT; what is left of it after a hard interrupt dies of the executor's KILL.
job_interrupt() {
  if [ "$job_kind" = tool ] && [ -n "$job_pids" ]; then
    job_interrupt_units
    return 0
  fi
  [ -n "$job_told" ] || job_settle "$job_pid"
  job_target=$job_pid
  # A tool that another program runs.
  if [ "$job_kind" = tool ] && [ -n "$job_pid_file" ] && [ -s "$job_pid_file" ]; then
    read -r job_target <"$job_pid_file" || :
    kill -0 "$job_target" 2>/dev/null || job_target=$job_pid
  fi
  if [ "$job_kind" = tool ]; then
    # Signals do not queue: a second one must not come before the first was taken.
    if [ -n "$job_told" ]; then sleep 1; else job_signal=$(job_tool_signal); fi
  elif [ -z "$job_told" ]; then
    job_signal=TERM
  else
    return 0
  fi
  job_told=1
  kill -s "$job_signal" "$job_target" 2>/dev/null || :
}

job_deliver() {
  if [ -z "$job_pid" ] || [ -n "$job_busy" ]; then return 0; fi
  while [ "$job_sent" -lt "$job_wanted" ]; do
    job_busy=1
    while [ "$job_sent" -lt "$job_wanted" ]; do
      job_sent=$((job_sent + 1))
      job_interrupt
    done
    job_busy=
  done
}

job_on_signal() {
  [ "$job_wanted" -ge "$1" ] || job_wanted=$1
  job_deliver
}
trap 'job_on_signal 1' TERM
trap 'job_on_signal 2' QUIT

# job_run tool|hook ARGV...: runs one child to its very end; its exit code is then in job_code.
job_run() {
  job_kind=$1
  shift
  job_sent=$job_allowed job_told=
  if [ -n "$job_pid_file" ]; then rm -f -- "$job_pid_file"; fi
  PATH=${job_path:-$PATH} "$@" &
  job_pid=$!
  job_deliver
  job_waited= job_tries=0
  while :; do
    wait "$job_pid"
    job_code=$?
    # The shell has told the code before and does not know the child any more.
    if [ -n "$job_waited" ] && [ "$job_code" -eq 127 ]; then job_code=$job_waited; fi
    # 128 + TERM or QUIT: either wait was cut short (bash does so even after the trap was run), or the
    # child did die of that signal. It counts only once the child is gone and wait keeps to it. And bash
    # may give -1 when the child ends in the very moment of a signal.
    case $job_code in
      143 | 131 | -*) ;;
      *) break ;;
    esac
    job_waited=$job_code
    if ! kill -0 "$job_pid" 2>/dev/null; then
      job_tries=$((job_tries + 1))
      [ "$job_tries" -lt 3 ] || break
    fi
  done 2>/dev/null
  case $job_code in -*) job_code=255 ;; esac
  job_pid=
}

# Whether the next stage may start: nothing failed, nobody asked to stop.
job_may_go_on() { [ "$job_result" -eq 0 ] && [ "$job_wanted" -le "$job_allowed" ]; }

job_begin() {
  job_stage=$1 job_code=0
  job_mark "begin $1"
}

job_fail() { [ "$job_result" -ne 0 ] || job_result=$1; }

# Ends the stage with job_code. A plan's 2 means changes, not failure.
job_end() {
  job_mark "end $job_stage $job_code"
  if [ "$job_stage" = plan ] && [ "$job_code" -eq 2 ]; then job_code=0; fi
  job_fail "$job_code"
}

# The last marker, then the same exit code: both together are the proof of how the job ended.
job_finish() {
  if [ "$job_result" -eq 0 ] && [ -z "$job_complete" ]; then job_result=75; fi
  job_mark "result $job_result"
  exit "$job_result"
}

# job_refuse CODE MESSAGE: ends the stage, and the job before anything more is run.
job_refuse() {
  job_say "Error: $2"
  job_code=$1
  job_end
  job_finish
}

job_take_refuse() {
  job_say "Error: the $job_stage hook wrote to SCALR_AGENT_ENV what cannot be used: $1."
  return 1
}

# job_take_name NAME: whether a hook may set that variable.
job_take_name() {
  case $1 in
    '' | [!A-Za-z_]* | *[!A-Za-z0-9_]*)
      job_take_refuse "line $job_number does not begin with the name of a variable (letters, digits and '_', no digit first)"
      ;;
    TF_HTTP_* | job_* | \
      SCALR_RUN_ID | SCALR_RUN_PHASE | SCALR_RUN_IS_DESTROY | SCALR_RUN_MODE | SCALR_RUN_SOURCE | \
      SCALR_RUN_VCS_BRANCH | SCALR_RUN_VCS_COMMIT | SCALR_RUN_CONTENT_ROOT | SCALR_WORKSPACE_ID | \
      SCALR_WORKSPACE_NAME | SCALR_ENVIRONMENT_ID | SCALR_ENVIRONMENT_NAME | SCALR_ACCOUNT_ID | \
      SCALR_IAC_PLATFORM | SCALR_TERRAFORM_OPERATION | SCALR_TERRAFORM_EXIT_CODE | \
      SCALR_AGENT_ENV | SCALR_HOOK_DIR | IFS | OPTARG | OPTIND | PPID | PS4 | PWD | OLDPWD | \
      LINENO | UID | EUID | GROUPS | DIRSTACK | FUNCNAME | FUNCNEST | RANDOM | SRANDOM | SECONDS | \
      TMOUT | POSIXLY_CORRECT | SHELLOPTS | BASH*)
      job_take_refuse "line $job_number sets $1, which may not be changed"
      ;;
  esac
}

# job_take NAME VALUE
job_take() {
  job_bytes=$((${#1} + ${#2} + 2))
  # Some shells count characters, of at most four bytes each.
  if [ "$job_bytes" -gt 32768 ]; then job_bytes=$(printf '%s=%s.' "$1" "$2" | wc -c); fi
  if [ "$job_bytes" -gt 131072 ]; then
    job_take_refuse "the value of $1 is longer than the system allows (131072 bytes with the name). Pass it on in a file"
    return
  fi
  case $1 in
    # For what is run, and not for the programs that this script needs.
    PATH) job_path=$2 ;;
    *) export "$1=$2" ;;
  esac
}

job_take_env() {
  if [ ! -s "$job_agent_env" ]; then return 0; fi
  if [ ! -f "$job_agent_env" ] || [ ! -r "$job_agent_env" ]; then
    job_take_refuse 'it is no file any more that can be read'
    return
  fi
  job_bytes=$(wc -c <"$job_agent_env")
  if [ "$job_bytes" -gt 1048576 ]; then
    job_take_refuse 'more than 1048576 bytes. Pass large data on in a file'
    return
  fi
  if [ "$(tr -d '\000' <"$job_agent_env" | wc -c)" -ne "$job_bytes" ]; then
    job_take_refuse 'NUL bytes. Write it as UTF-8'
    return
  fi
  {
    rm -f -- "$job_agent_env" && (umask 077 && : >"$job_agent_env") || {
      job_take_refuse 'it cannot be emptied'
      return
    }
    job_take_lines
  } <"$job_agent_env"
}

job_take_lines() {
  job_number=0 job_key=
  while IFS= read -r job_line || [ -n "$job_line" ]; do
    job_number=$((job_number + 1))
    if [ -n "$job_key" ]; then
      if [ -n "$job_crlf" ]; then job_line=${job_line%"$job_cr"}; fi
      if [ "$job_line" = "$job_delimiter" ]; then
        job_take "$job_key" "${job_value%"$job_newline"}" || return
        job_key=
      else
        job_value=$job_value$job_line$job_newline
        if [ "${#job_value}" -gt 131072 ]; then
          job_take "$job_key" "$job_value" || return
        fi
      fi
      continue
    fi
    job_crlf=
    case $job_line in
      *"$job_cr") job_crlf=1 job_line=${job_line%"$job_cr"} ;;
    esac
    job_program=${job_line%%[=\<]*}
    job_rest=${job_line#"$job_program"}
    case $job_rest in
      =*)
        job_take_name "$job_program" && job_take "$job_program" "${job_rest#=}" || return
        ;;
      '<<'?*)
        job_take_name "$job_program" || return
        job_key=$job_program job_delimiter=${job_rest#'<<'} job_value=
        ;;
      *)
        if [ -n "$job_line" ]; then
          job_take_refuse "line $job_number is neither KEY=value nor KEY<<END"
          return
        fi
        ;;
    esac
  done
  if [ -n "$job_key" ]; then
    job_take_refuse "the value of $job_key has no end: the line that ends it never comes"
  fi
}

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
  if [ "$job_code" -eq 0 ]; then job_take_env || job_code=65; fi
}

job_hook_refuse() {
  job_say "Error: $1"
  job_code=127
  return 1
}

# Whether a program that a hook needs is there.
job_hook_needs() {
  case $1 in
    */*) [ -f "$1" ] && [ -x "$1" ] ;;
    *) (PATH=${job_path:-$PATH} && command -v "$1") >/dev/null ;;
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
    job_hook_refuse "the $job_stage hook has no file ${job_program#"$SCALR_HOOK_DIR/"} in its archive. Correct the hook's script path." || return 0
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


job_begin prepare
job_dir=$(pwd -P)
job_root=$job_dir/workdir
mkdir -p workdir providers tmp ||
  job_refuse 70 'the job directory is not writable.'
HOME=$job_dir/tmp TMPDIR=$job_dir/tmp SCALR_RUN_CONTENT_ROOT=$job_root
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}:$HOME/.local/bin
job_agent_env=$job_dir/data/agent-env SCALR_AGENT_ENV=$job_dir/data/agent-env
TF_VAR_SCALR_RUN_CONTENT_ROOT=$job_root
export HOME TMPDIR PATH SCALR_RUN_CONTENT_ROOT TF_VAR_SCALR_RUN_CONTENT_ROOT SCALR_AGENT_ENV
(umask 077 && : >"$job_agent_env") ||
  job_refuse 70 'the data directory is not writable.'
# SSL_CERT_FILE replaces the system's certificates, so it must hold them too.
if [ -f data/ca.pem ]; then
  for job_argument in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt \
    /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
    if [ -n "$job_argument" ] && [ -r "$job_argument" ]; then
      cat "$job_argument" && echo
      break
    fi
  done >data/ca-bundle.pem
  cat data/ca.pem >>data/ca-bundle.pem ||
    job_refuse 70 'the CA bundle cannot be written.'
  SSL_CERT_FILE=$job_dir/data/ca-bundle.pem
  export SSL_CERT_FILE
fi
# Paths in it are absolute, and only here it is known where the job lies.
(umask 077 && : >data/cli.tfrc) ||
  job_refuse 70 'the CLI configuration of the tool cannot be written.'
while IFS= read -r job_line || [ -n "$job_line" ]; do
  while :; do
    case $job_line in
      *@job_dir@*) printf '%s' "${job_line%%@job_dir@*}$job_dir" && job_line=${job_line#*@job_dir@} ;;
      *) break ;;
    esac
  done
  printf '%s\n' "$job_line"
done <data/cli.tfrc.in >data/cli.tfrc ||
  job_refuse 70 'the CLI configuration of the tool cannot be written.'
TF_CLI_CONFIG_FILE=$job_dir/data/cli.tfrc
export TF_CLI_CONFIG_FILE
cd -P -- "$job_root"/envs/prod 2>/dev/null ||
  job_refuse 78 'the working directory '\''envs/prod'\'''" does not exist in the configuration."
job_cwd=$(pwd -P)
case $job_cwd/ in
  "$job_root"/*) ;;
  *) job_refuse 78 'the working directory '\''envs/prod'\'''" leads out of the configuration." ;;
esac
job_find_tool() {
  job_program=$(command -v "$1") ||
    job_refuse 127 "$1 was not found in PATH ($PATH). Install it where the job runs, or set the agent's path to it."
}
job_check_tool() {
  [ -f "$job_program" ] && [ -x "$job_program" ] ||
    job_refuse 127 "$1 was not found: $job_program is no executable file. $2"
}
# job_check_version NAME VERSION ASK: the first line that is told ends with it, with or without a v.
job_check_version() {
  job_found=$("$job_program" "$3" 2>/dev/null | {
    read -r job_line && printf '%s' "${job_line##* }"
    while read -r job_line; do :; done
  })
  job_found=${job_found#v}
  [ "$job_found" = "$2" ] ||
    job_refuse 127 "the workspace wants $1 $2, but $job_program is version ${job_found:-unknown}. Install $2 where the job runs, let the agent download it, or change the version in the workspace."
}
job_program=$job_dir/caches/binaries/tofu
job_check_tool tofu "The agent's cache of programs is not mounted."
job_iac=$job_program job_iac_cwd=$job_cwd job_tool=$job_program
rm -f scalr_agent_backend_override.tf && printf 'terraform {\n  backend "http" {}\n}\n' >scalr_agent_backend_override.tf ||
  job_refuse 70 'the backend override cannot be written.'
job_end


# A later override file or -backend-config could select another backend, or another address of this one:
# state, and the run's token with it, would go astray. Ours has no setting at all.
job_backend_is_ours() {
  job_found= job_argument=${TF_DATA_DIR:-.terraform}
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
if job_may_go_on; then
  job_begin init
  SCALR_TERRAFORM_OPERATION=apply
  export SCALR_TERRAFORM_OPERATION
  job_say 'Provider cache: it'\''s warm'
  # The providers of the plan, to the byte.
  if [ -f "$job_dir"/data/lock.hcl ]; then
    cp "$job_dir"/data/lock.hcl .terraform.lock.hcl
    job_run tool "$job_tool" init -input=false -no-color -reconfigure -var-file=../common.tfvars -lockfile=readonly
  else
    job_run tool "$job_tool" init -input=false -no-color -reconfigure -var-file=../common.tfvars
  fi
  if [ "$job_code" -eq 0 ] && ! job_backend_is_ours; then
    job_say 'Error: the configuration selects another backend than the run must use. Remove backend and cloud blocks from its override files, and -backend from TF_CLI_ARGS_init.'
    job_code=78
  fi
  job_end
fi


if job_may_go_on; then
  job_begin apply
  job_begun=1
  case $("$job_iac" version 2>/dev/null) in
    'OpenTofu v1.'[678].*) job_run tool "$job_tool" apply -input=false -no-color -parallelism=3 "$job_dir"/data/terraform.tfplan.bin ;;
    *)
    
      job_run tool "$job_tool" apply -input=false -no-color -parallelism=3 -var-file=../common.tfvars "$job_dir"/data/terraform.tfplan.bin
    
      ;;
  esac
  job_end
  [ "$job_code" -ne 0 ] || job_complete=1
fi

# An apply that was asked to stop politely still gets its post hook.
if [ "$job_wanted" -eq 1 ]; then job_allowed=1; fi
if [ -n "$job_begun" ] && [ "$job_wanted" -le "$job_allowed" ]; then
  job_begin post-apply
  SCALR_TERRAFORM_OPERATION=apply SCALR_TERRAFORM_EXIT_CODE=0
  [ "$job_result" -eq 0 ] || SCALR_TERRAFORM_EXIT_CODE=1
  export SCALR_TERRAFORM_OPERATION SCALR_TERRAFORM_EXIT_CODE
  job_workspace_hook true
  job_end
fi

job_finish
