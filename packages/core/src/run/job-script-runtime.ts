import { jobExitCodes } from './stages.ts'

/**
 * The part of the job script that is the same for every job: markers, children, signals. POSIX sh
 * without `local`, arrays or `set -e`.
 *
 * Every name starts with `job_`, and the names are unset first: one that came exported from the
 * environment would stay exported, and so would the nonce.
 *
 * How an interrupt goes (design: one interrupt, then patience):
 * - `job_wanted` is what the executor asked for: 0, 1 (TERM, soft), 2 (QUIT, hard). It only grows, so a
 *   second TERM is nothing.
 * - `job_sent` is what the running child was told. `job_deliver` brings it up to `job_wanted`, from the
 *   trap or, when the trap came before the child's pid was known, right after the start. Each step is
 *   counted before it is sent, and `job_busy` keeps a trap from doing the same step again.
 * - `job_allowed` is what a stage may start in spite of: 0, but for the post-apply hook after a soft
 *   interrupt.
 */
export const jobScriptRuntime = String.raw`unset job_added job_agent_env job_allowed job_argument job_begun job_busy job_bytes job_caught job_changed job_code
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
  exit ${jobExitCodes.internal}
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
  case $("${'$'}{job_iac:-$job_tool}" version 2>/dev/null) in
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
  PATH=${'$'}{job_path:-$PATH} "$@" &
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
  if [ "$job_result" -eq 0 ] && [ -z "$job_complete" ]; then job_result=${jobExitCodes.canceled}; fi
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
`
