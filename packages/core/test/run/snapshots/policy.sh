#!/bin/sh
# Checks the policies of one run. Made by @scalr-agent/core.
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

unset job_ast job_common job_compat job_complaint job_data job_ended job_entry job_file job_has_rule
unset job_index job_other job_policies job_report job_separator job_version
job_policies=0 job_separator=

# job_opa_check FLAG: whether the policy compiles so.
job_opa_check() {
  set -- check $1 --capabilities "$job_data/capabilities.json" "./$job_file"
  if [ -n "$job_common" ]; then set -- "$@" "./$job_common" --ignore '*_test.rego,*.test.rego'; fi
  "$job_tool" "$@" >/dev/null 2>"$job_data/compile.txt"
}

job_choose_rego() {
  job_compat=
  if job_opa_check ''; then return 0; fi
  job_complaint=$(cat "$job_data/compile.txt")
  if job_opa_check "$job_other"; then
    job_compat=$job_other
    return 0
  fi
  # It is wrong either way; it is told in the words for the one that it is written in.
  case $job_complaint in *'keyword is required'*) job_compat=$job_other ;; esac
}

# Whether the policy has a rule 'deny' at all: without one it would always pass.
job_find_rule() {
  job_has_rule=true
  case $(cat "$job_data/output.json") in
    *'"defined": false'*) ;;
    *) return 0 ;;
  esac
  job_ast=$("$job_tool" parse $job_compat --format json "./$job_file" 2>/dev/null)
  case $job_ast in
    *'"name": "deny"'*) ;;
    *) job_has_rule=false ;;
  esac
  # Up to the first bracket that closes stands the path of the package.
  case ${job_ast%%]*} in
    *'"value": "terraform"'*) ;;
    *) job_has_rule=false ;;
  esac
}

# job_policy FILE COMMON ENTRY: checks one policy; ENTRY begins its entry in the results.
job_policy() {
  if [ "$job_code" -ne 0 ] || [ "$job_wanted" -gt "$job_allowed" ]; then return 0; fi
  job_index=$job_policies job_file=$1 job_common=$2 job_entry=$3
  job_choose_rego
  set -- eval $job_compat --format json --timeout 5m \
    --capabilities "$job_data/capabilities.json" --input "$job_dir/data/policy/input.json" \
    --data "$job_dir/data/policy/check.rego" --data "./$job_file"
  if [ -n "$job_common" ]; then set -- "$@" --data "./$job_common" --ignore '*_test.rego,*.test.rego'; fi
  job_run tool "$job_tool" "$@" data.scalr_agent_check.result >"$job_data/output.json" 2>"$job_data/complaint.txt"
  if [ "$job_wanted" -gt "$job_allowed" ]; then return 0; fi
  # Killed, for want of memory say: that is no word about the policy.
  if [ "$job_code" -gt 128 ]; then
    job_say "Error: opa was ended by signal $((job_code - 128)) while it checked $job_file."
    return 0
  fi
  job_ended=$job_code job_code=0
  # 2: it could not be evaluated, and the output says why. Any other end leaves no output to trust.
  case $job_ended in
    0 | 2)
      job_find_rule
      "$job_tool" eval --format raw --input "$job_data/output.json" \
        --data "$job_dir/data/policy/report.rego" --data "$job_dir/data/policy/checks.json" \
        "data.scalr_agent_report.report($job_index, $job_has_rule)" >"$job_data/report.txt" 2>>"$job_data/complaint.txt" ||
        : >"$job_data/report.txt"
      ;;
    *) : >"$job_data/report.txt" ;;
  esac
  {
    if ! IFS= read -r job_report || [ -z "$job_report" ]; then
      job_report=$job_entry',"result":"error","messages":["opa ended with exit code '$job_ended' and no result"]}'
      job_say "  error   $job_file: opa ended with exit code $job_ended and no result."
      cat "$job_data/complaint.txt"
    else
      cat
    fi
    printf '%s%s\n' "$job_separator" "$job_report" >>"$job_data/results.json" || job_code=70
  } <"$job_data/report.txt"
  job_policies=$((job_policies + 1)) job_separator=,
}

job_begin prepare
job_dir=$(pwd -P)
job_data=$job_dir/data/policy
mkdir -p data/policy policies tmp ||
  job_refuse 70 'the job directory is not writable.'
HOME=$job_dir/tmp TMPDIR=$job_dir/tmp
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export HOME TMPDIR PATH
job_tool=$job_dir/caches/tools/opa
[ -f "$job_tool" ] && [ -x "$job_tool" ] ||
  job_refuse 127 "opa was not found: $job_tool is no executable file. The agent's cache of programs is not mounted."
job_version=$("$job_tool" version 2>/dev/null | {
  read -r job_key job_value && printf '%s' "$job_value"
  while read -r job_line; do :; done
})
case $job_version in
  0.*) job_other=--v1-compatible ;;
  *) job_other=--v0-compatible ;;
esac
"$job_tool" capabilities --current >"$job_data/all.json" &&
  "$job_tool" eval --format raw --input "$job_data/all.json" 'json.marshal(object.union(input, {"builtins": [b | b := input.builtins[_]; not {"opa.runtime", "http.send", "net.lookup_ip_addr"}[b.name]], "allow_net": []}))' >"$job_data/capabilities.json" ||
  job_refuse 70 'the builtins that policies may call cannot be listed.'
{
  printf '{"tfrun":' && cat data/tfrun.json && printf ',"tfplan":' && cat data/plan.json && printf '}'
} >data/policy/input.json ||
  job_refuse 70 'the input of the policies cannot be written.'
printf '{"version":1,"policies":[\n' >"$job_data/results.json" ||
  job_refuse 70 'the results cannot be written.'
job_end

if job_may_go_on; then
  job_begin policy
  job_say "Checking policies with OPA $job_version"
  job_say 'Policy group '\''security'\'':'
  cd -P -- "$job_dir"/policies/1 || job_code=70
  job_policy policies/clouds.rego lib '{"group":"pgrp-1","policy":"pol-1"'
  job_say 'Policy group '\''the team'\''s'\'':'
  cd -P -- "$job_dir"/policies/2 || job_code=70
  job_policy policies/clouds.rego '' '{"group":"pgrp-2","policy":"pol-1"'
  if [ "$job_code" -eq 0 ] && [ "$job_wanted" -le "$job_allowed" ]; then
    printf ']}\n' >>"$job_data/results.json" && mv "$job_data/results.json" "$job_dir/data/policy-results.json" ||
      job_code=70
    [ "$job_code" -ne 0 ] || job_complete=1
  fi
  job_end
fi

job_finish
