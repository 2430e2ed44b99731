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
job_find_tool terraform
job_check_version terraform 1.11.4 version
job_iac=$job_program job_iac_cwd=$job_cwd job_tool=$job_program
job_find_tool terragrunt
job_check_version terragrunt 0.99.1 --version
job_tool=$job_program
# A word for sh, whatever it holds.
job_quote() {
  job_rest=$1 job_value=
  while :; do
    case $job_rest in
      *"'"*) job_value=$job_value${job_rest%%"'"*}"'\\''" job_rest=${job_rest#*"'"} ;;
      *) break ;;
    esac
  done
  printf "'%s'" "$job_value$job_rest"
}

# "terragrunt version v0.99.1". What tells no version is taken for a new one.
job_version=$("$job_tool" --version 2>/dev/null | {
  read -r job_line && printf '%s' "${job_line##* }"
  while read -r job_line; do :; done
})
job_version=${job_version#v}
case $job_version in
  [0-9]*.[0-9]*.[0-9]*)
    job_major=${job_version%%.*} job_rest=${job_version#*.}
    job_minor=${job_rest%%.*} job_rest=${job_rest#*.}
    job_patch=${job_rest%%[!0-9]*}
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
if job_terragrunt_is_before 0 58 13; then
  job_refuse 127 "$job_tool is Terragrunt $job_version, and the first version that can be run is 0.58.13. Set a later version in the workspace."
fi
job_wrapper=$job_dir/data/${job_iac##*/}
{
  printf '#!/bin/sh\njob_iac=%s\njob_dir=%s\njob_cwd=%s\n' \
    "$(job_quote "$job_iac")" "$(job_quote "$job_dir")" "$(job_quote "$job_cwd")"
  cat <<'END_OF_WRAPPER'
job_phase=apply
job_units=$job_dir/data/units job_runs=$job_dir/data/unit-runs

job_fail() {
  printf 'Error: %s\n' "$2" >&2
  exit "$1"
}

# job_watch ARGV...: runs the tool, whose process is known before it is the tool.
job_watch() {
  /bin/sh -c 'echo $$ >"$1" && [ ! -e "$2" ] || exit 75; shift 2; exec "$@"' sh \
    "$job_runs/$$.pid" "$job_runs/stop" "$job_iac" "$@"
}

job_pass() {
  job_watch "$@"
  job_code=$?
  rm -f -- "$job_runs/$$.pid"
  exit "$job_code"
}

# Where the lock file of this directory is kept: the job lies at the same path in both phases.
job_find_lock() {
  job_here=$(pwd -P)
  job_lock=$job_units/locks/${job_here#"$job_dir"/}
}

# An apply gets the providers of its plan.
job_init() {
  job_find_lock
  if [ "$job_phase" = apply ] && [ -f "$job_lock/lock.hcl" ]; then
    cp -- "$job_lock/lock.hcl" .terraform.lock.hcl || exit 70
  fi
  job_failed=$job_runs/inits/${job_here#"$job_dir"/}/.failed
  rm -rf -- "$job_failed"
  job_watch "$@"
  job_code=$?
  rm -f -- "$job_runs/$$.pid"
  if [ "$job_code" -ne 0 ]; then
    mkdir -p -- "$job_failed" && printf '%s\n' "$job_here" >>"$job_runs/failed-inits"
  fi
  exit "$job_code"
}

# The plan file, and the unit by its place.
job_find_plan() {
  job_plan=
  for job_argument do
    case $job_argument in
      -out=*) job_plan=${job_argument#-out=} ;;
      "$job_units"/plans/*) job_plan=$job_argument ;;
    esac
  done
  case $job_plan in
    */../*) job_plan= ;;
    "$job_units"/plans/*/tfplan.tfplan | "$job_units"/plans/tfplan.tfplan) ;;
    *) job_plan= ;;
  esac
  [ -n "$job_plan" ] || job_fail 78 \
    "Terragrunt runs $1 in $(pwd -P) without a plan file of this run. Remove -out and plan files from extra_arguments, and units outside of the working directory."
  job_unit=${job_plan#"$job_units"/plans/}
  case $job_unit in
    */*) job_unit=${job_unit%/*} ;;
    *) job_unit=. ;;
  esac
  case $job_unit in
    *[[:cntrl:]]*) job_fail 78 'a path of a unit holds a control character. Rename it.' ;;
  esac
  if [ "$1" != plan ] && [ ! -f "$job_plan" ]; then
    job_fail 78 "the unit '$job_unit' has no plan in this run, so it is not changed. Plan again."
  fi
}

# From now on this unit is one of those that are judged.
job_keep_known() {
  job_record=$job_runs/units/$job_unit/.unit
  mkdir -p -- "$job_runs/units/$job_unit" || exit 70
  if mkdir -- "$job_record" 2>/dev/null; then
    printf '%s\n' "$job_unit" >>"$job_runs/list" || exit 70
  fi
  rm -f -- "$job_record/code"
  [ -d "$job_record" ] || exit 70
}

case ${1-} in
  plan | apply | destroy) ;;
  init) job_init "$@" ;;
  *) job_pass "$@" ;;
esac
job_find_plan "$@"
job_keep_known "$@"
job_verb=$1 job_variables=
shift
for job_argument do
  shift
  case $job_argument in
    -out=* | "$job_plan" | -auto-approve | -detailed-exitcode) ;;
    # A saved plan knows that it destroys.
    -destroy) [ "$job_verb" != plan ] || set -- "$@" "$job_argument" ;;
    *) set -- "$@" "$job_argument" ;;
  esac
done
if [ "$job_verb" = plan ]; then set -- plan "$@" -detailed-exitcode -out="$job_plan"
else job_verb=apply; set -- apply "$@"
fi
# A saved plan holds the values of its variables; OpenTofu, from 1.9 on, wants to hear them again.
case $job_verb:$("$job_iac" version 2>/dev/null) in
  *'OpenTofu v1.'[678].*) [ "$job_verb" != plan ] || job_variables=1 ;;
  *) case $job_verb in plan) job_variables=1 ;; esac ;;
esac
if [ -n "$job_variables" ]; then set -- "$@" -var-file="$job_cwd"/../common.tfvars; fi
[ "$job_verb" = plan ] || set -- "$@" "$job_plan"
{
  job_watch "$@"
  echo $? >"$job_record/code"
} | tee "$job_record/output"
rm -f -- "$job_runs/$$.pid"
job_code=
read -r job_code <"$job_record/code" || job_code=70
if [ "$job_verb" = apply ]; then
  if [ -f errored.tfstate ]; then
    job_states=$job_dir/data/unit-states/$job_unit
    mkdir -p -- "$job_states" && cp -- errored.tfstate "$job_states/errored.tfstate"
  fi
  exit "$job_code"
fi
case $job_code in
  0 | 2)
    job_json=$job_dir/data/unit-plans/$job_unit
    job_find_lock
    mkdir -p -- "$job_json" &&
      "$job_iac" show -json -no-color "$job_plan" >"$job_json/plan.json" &&
      { [ ! -f .terraform.lock.hcl ] || { mkdir -p -- "$job_lock" && cp -- .terraform.lock.hcl "$job_lock/lock.hcl"; }; } || {
        echo 70 >"$job_record/code"
        job_fail 70 "the plan of the unit '$job_unit' cannot be kept."
      }
    exit 0
    ;;
  *) exit "$job_code" ;;
esac
END_OF_WRAPPER
} >"$job_wrapper" && chmod 755 "$job_wrapper" ||
  job_refuse 70 'the data directory is not writable.'
TG_TF_PATH=$job_wrapper TG_NON_INTERACTIVE=true TG_NO_COLOR=true TG_OUT_DIR=$job_dir/data/units/plans
export TG_TF_PATH TG_NON_INTERACTIVE TG_NO_COLOR TG_OUT_DIR
# The names of before 0.73, which later versions warn of.
if job_terragrunt_is_before 0 73 0; then
  TERRAGRUNT_TFPATH=$job_wrapper TERRAGRUNT_NON_INTERACTIVE=true TERRAGRUNT_NO_COLOR=true
  TERRAGRUNT_OUT_DIR=$TG_OUT_DIR
  export TERRAGRUNT_TFPATH TERRAGRUNT_NON_INTERACTIVE TERRAGRUNT_NO_COLOR TERRAGRUNT_OUT_DIR
fi

# job_run_all VERB ARGUMENT...
job_run_all() {
  if job_terragrunt_is_before 0 80 0; then job_run tool "$job_tool" run-all "$@"
  else job_run tool "$job_tool" run --all -- "$@"
  fi
}

# One interrupt to the tool of each unit that runs. First the mark that lets no further one start: a tool's
# process is noted before it looks for the mark. Where none runs, Terragrunt itself is told, once it is there.
job_interrupt_units() {
  : >"$job_pids/stop"
  # Signals do not queue: a second one must not come before the first was taken.
  if [ -n "$job_told" ]; then sleep 1; else job_settle "$job_pid"; fi
  job_told=1 job_found=
  for job_argument in "$job_pids"/*.pid; do
    job_target=
    { read -r job_target <"$job_argument"; } 2>/dev/null || continue
    kill -0 "$job_target" 2>/dev/null || continue
    job_found=1
    kill -s "$(job_tool_signal)" "$job_target" 2>/dev/null || :
  done
  if [ -z "$job_found" ]; then
    job_target=$job_pid
    kill -s "$(job_tool_signal)" "$job_target" 2>/dev/null || :
  fi
}

# The counts in what the tool said of a unit.
job_unit_counts() {
  sed -n -e 's/^Plan: \([0-9]* to import, \)\{0,1\}\([0-9]*\) to add, \([0-9]*\) to change, \([0-9]*\) to destroy.*/\2 \3 \4/p' \
    -e 's/^Apply complete! Resources: \([0-9]* imported, \)\{0,1\}\([0-9]*\) added, \([0-9]*\) changed, \([0-9]*\) destroyed.*/\2 \3 \4/p' \
    "$1" 2>/dev/null
}

# job_add_counts ADDED CHANGED DESTROYED...
job_add_counts() {
  job_added=$((job_added + $1)) job_changed=$((job_changed + $2)) job_destroyed=$((job_destroyed + $3))
}

# Judges by what the tools of the units ended with: some versions of Terragrunt end with 0 though one failed,
# and it may be told to overlook failures. In an apply, what was planned must have been applied.
job_judge_units() {
  job_units=0 job_has_changes= job_added=0 job_changed=0 job_destroyed=0
  # Not the tool's: it is hidden from Terragrunt.
  [ "$job_code" -ne 2 ] || job_code=1
  while IFS= read -r job_unit; do
    job_units=$((job_units + 1)) job_value=
    { read -r job_value <"$job_pids/units/$job_unit/.unit/code"; } 2>/dev/null || :
    case $job_stage$job_value in
      plan0 | apply0) ;;
      plan2) job_has_changes=1 ;;
      *)
        job_say "Error: the unit '$job_unit' failed: its $job_stage ended with exit code ${job_value:-unknown}."
        [ "$job_code" -ne 0 ] || job_code=1
        ;;
    esac
    if [ "$job_stage" = plan ]; then
      printf '%s %s\n' "${job_value:-unknown}" "$job_unit" >>"$job_dir/data/units/list" || job_code=70
    fi
    job_line=$(job_unit_counts "$job_pids/units/$job_unit/.unit/output")
    job_add_counts ${job_line:-0 0 0}
  done <"$job_pids/list"
  # A unit whose init failed did not come to its plan.
  while IFS= read -r job_unit; do
    if [ -d "$job_pids/inits/${job_unit#"$job_dir"/}/.failed" ]; then
      job_say "Error: the init in $job_unit failed."
      [ "$job_code" -ne 0 ] || job_code=1
    fi
  done <"$job_pids/failed-inits"
  if [ "$job_stage" = apply ]; then
    while read -r job_value job_unit; do
      if [ "$job_value" != 0 ] && [ ! -d "$job_pids/units/$job_unit/.unit" ]; then
        job_say "Error: the unit '$job_unit' was not applied, though its plan has changes."
        [ "$job_code" -ne 0 ] || job_code=1
      fi
    done <"$job_dir/data/units/list"
  elif [ "$job_code" -eq 0 ] && [ "$job_units" -eq 0 ]; then
    job_say "Error: Terragrunt found no unit below the working directory. A unit is a directory with a terragrunt.hcl."
    job_code=78
  fi
  if [ "$job_code" -ne 0 ]; then return 0; fi
  job_say "All units together ($job_units):"
  if [ "$job_stage" = apply ]; then
    job_say "Apply complete! Resources: $job_added added, $job_changed changed, $job_destroyed destroyed."
  else
    job_say "Plan: $job_added to add, $job_changed to change, $job_destroyed to destroy."
    if [ -n "$job_has_changes" ]; then job_code=2; fi
  fi
}

job_pids=$job_dir/data/unit-runs
mkdir -p "$job_pids"/units "$job_dir"/data/units/plans "$job_dir"/data/unit-plans &&
  : >"$job_pids/list" && : >"$job_pids/failed-inits" || job_refuse 70 'the data directory is not writable.'

job_end


if job_may_go_on; then
  job_begin init
  SCALR_TERRAFORM_OPERATION=apply
  export SCALR_TERRAFORM_OPERATION
  job_say 'Provider cache: it'\''s warm'
  job_say 'Terragrunt initializes each unit when its turn comes.'
  job_end
fi


if job_may_go_on; then
  job_begin apply
  job_begun=1
  job_run_all destroy -no-color -parallelism=3
  job_judge_units
  job_end
  [ "$job_code" -ne 0 ] || job_complete=1
fi

# An apply that was asked to stop politely still gets its post hook.
if [ "$job_wanted" -eq 1 ]; then job_allowed=1; fi

job_finish
