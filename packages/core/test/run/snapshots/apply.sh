#!/bin/sh
# Runs the apply of one run. Made by @scalr-agent/core.
unset job_allowed job_argument job_begun job_busy job_code job_complete job_cwd job_dir
unset job_key job_kind job_line job_nonce job_pid job_result job_root job_sent job_signal job_stage
unset job_told job_tool job_tries job_value job_waited job_wanted
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
job_sent=0 job_stage= job_told= job_tool=

job_mark() { printf '\036%s %s\n' "$job_nonce" "$1"; }

job_say() { printf '%s\n' "$*"; }

# The signal that interrupts the running tool once. INT, but TERM, which means the same to the tool,
# where INT would be lost: a child that sh starts with '&' ignores INT until it has a handler of its
# own, and Terraform 1.0 runs itself below a wrapper that swallows INT and hands TERM on.
job_tool_signal() {
  if [ -r "/proc/$job_pid/status" ]; then
    while read -r job_key job_value; do
      case $job_key$job_value in
        SigIgn:*[2367abef]) echo TERM; return ;;
      esac
    done <"/proc/$job_pid/status"
  fi
  case $("$job_tool" version 2>/dev/null) in
    'Terraform v0.'* | 'Terraform v1.0.'*) echo TERM ;;
    *) echo INT ;;
  esac
}

# One interrupt to the child, and to it alone. A hook gets one TERM, since a shell's background child
# ignores INT; what is left of it after a hard interrupt dies of the executor's KILL.
job_interrupt() {
  if [ "$job_kind" = tool ]; then
    # Signals do not queue: a second one must not come before the first was taken.
    if [ -n "$job_told" ]; then sleep 1; else job_signal=$(job_tool_signal); fi
  elif [ -z "$job_told" ]; then
    job_signal=TERM
  else
    return 0
  fi
  job_told=1
  kill -s "$job_signal" "$job_pid" 2>/dev/null || :
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
  "$@" &
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

# job_hook STAGE SHOWN ARGV...: stops at the first hook of a stage that fails or is told to stop.
job_hook() {
  if [ "$job_code" -ne 0 ] || [ "$job_wanted" -gt "$job_allowed" ]; then return 0; fi
  job_say "Executing $1 hook..."
  printf '~$ %s\n' "$2"
  shift 2
  job_run hook "$@"
  job_say "Exit code: $job_code"
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

job_begin prepare
job_dir=$(pwd -P)
job_root=$job_dir/workdir
mkdir -p workdir providers tmp ||
  job_refuse 70 'the job directory is not writable.'
HOME=$job_dir/tmp TMPDIR=$job_dir/tmp SCALR_RUN_CONTENT_ROOT=$job_root
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}:$HOME/.local/bin
export HOME TMPDIR PATH SCALR_RUN_CONTENT_ROOT
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
cd -P -- "$job_root"/envs/prod 2>/dev/null ||
  job_refuse 78 'the working directory '\''envs/prod'\'''" does not exist in the configuration."
job_cwd=$(pwd -P)
case $job_cwd/ in
  "$job_root"/*) ;;
  *) job_refuse 78 'the working directory '\''envs/prod'\'''" leads out of the configuration." ;;
esac
job_tool=/opt/tofu
[ -f "$job_tool" ] && [ -x "$job_tool" ] ||
  job_refuse 127 "tofu was not found: $job_tool is no executable file. Correct the agent's path to it."
rm -f scalr_agent_backend_override.tf && printf 'terraform {\n  backend "http" {}\n}\n' >scalr_agent_backend_override.tf ||
  job_refuse 70 'the backend override cannot be written.'
job_end


# A later override file of the configuration could select another backend: state would go astray.
job_backend_is_http() {
  while IFS= read -r job_line; do
    case $job_line in *'"type": "http"'*) return 0 ;; esac
  done <"${TF_DATA_DIR:-.terraform}/terraform.tfstate"
  return 1
} 2>/dev/null
if job_may_go_on; then
  job_begin init
  SCALR_TERRAFORM_OPERATION=apply
  export SCALR_TERRAFORM_OPERATION
  # The providers of the plan, to the byte.
  if [ -f "$job_dir"/data/lock.hcl ]; then
    cp "$job_dir"/data/lock.hcl .terraform.lock.hcl
    job_run tool "$job_tool" init -input=false -no-color -reconfigure -lockfile=readonly
  else
    job_run tool "$job_tool" init -input=false -no-color -reconfigure
  fi
  if [ "$job_code" -eq 0 ] && ! job_backend_is_http; then
    job_say 'Error: an override file of the configuration selects another backend than the run must use. Remove the backend or cloud block from it.'
    job_code=78
  fi
  job_end
fi


if job_may_go_on; then
  job_begin apply
  job_begun=1
  job_run tool "$job_tool" apply -input=false -no-color -parallelism=3 "$job_dir"/data/terraform.tfplan.bin
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
  job_hook post-apply true /bin/sh -c true
  job_end
fi

job_finish
