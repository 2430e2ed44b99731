/**
 * The processes on the workload's side, as POSIX shell (dash, busybox ash, bash). Handed over by
 * `sh -c`, not as a file: a shell reads a file while it runs, so replacing it would break workloads
 * that outlive an update of the agent.
 *
 * ```
 * supervisor (session leader) ── wrapper, becomes argv by exec: the main process, in the cgroup
 *                             └─ watchdog (only with a deadline)
 * ```
 *
 * The supervisor holds the workload's environment, since it must hand it on. So before the main process
 * has ended it sets no variable: positional parameters and builtins alone.
 */

/** Tools of the supervisor's own, found wherever the workload's PATH points. */
const ownEnvironment = `PATH=/usr/bin:/bin:/usr/sbin:/sbin IFS=' \t\n'`

/**
 * `sweep <memory cgroup or ''> <pid to spare>` ends every process of the workload but the supervisor:
 * the cgroup's where there is one, else by /proc those in the session and those that write to the
 * output (they may have left the session). Repeats until there are none, since a process may fork
 * while it is looked for. Without /proc, the SIGKILL to the group that follows is all there is.
 */
const sweepFunction = `
sweep() {
  round=0
  while [ "$round" -lt 300 ]; do
    round=$((round + 1)) found=
    if [ -n "$1" ]; then
      while read -r pid; do kill -KILL "$pid" && found=1; done <"$1/cgroup.procs"
    elif [ -d "/proc/$$/fd" ]; then
      for entry in /proc/[0-9]*; do
        pid=\${entry#/proc/}
        if [ "$pid" = "$$" ] || [ "$pid" = "$2" ]; then continue; fi
        read -r line <"$entry/stat" || continue
        # After the name: state, parent, group, session.
        set -f; set -- "$1" "$2" \${line##*) }; set +f
        case $3 in [ZXx]) continue ;; esac
        if [ "$6" = "$$" ] || [ "$entry/fd/1" -ef "/proc/$$/fd/1" ] || [ "$entry/fd/2" -ef "/proc/$$/fd/1" ]; then
          kill -KILL "$pid" && found=1
        fi
      done
    fi
    [ -n "$found" ] || return 0
    sleep 0.01 || sleep 1
  done
}`

/**
 * Arguments: 1 run directory, 2 output, 3 deadline in seconds or '', 4 memory cgroup or '', 5 version of
 * the cgroup, 6 wrapper script, 7… argv. Descriptor 3 is a socket to the launching process.
 *
 * - No signal but SIGKILL may end the supervisor: a workload that signals its own group (`kill 0`) would
 *   take the proof of its exit with it. Traps that do something are reset in children, so the main
 *   process starts with default dispositions. The shell's own remarks ("Killed") go nowhere.
 * - The wrapper runs in the foreground: a shell makes background children ignore SIGINT and SIGQUIT.
 * - The exit record comes last, when nothing is left that could write to the output: written over
 *   space that was reserved before the start (works on a full disk), then renamed.
 */
export const supervisorScript = `
exec 2>/dev/null
trap : HUP INT QUIT TERM PIPE ALRM USR1 USR2
case $3 in
'') ;;
*) (
    trap '' HUP INT QUIT TERM PIPE ALRM USR1 USR2
    ${ownEnvironment}
    ${sweepFunction}
    sleep "$3" || sleep "\${3%.*}"
    read -r self rest </proc/self/stat
    # Without the mark the supervisor must live, to write the exit record.
    if : >"$1/deadline"; then sweep "$4" "$self"; kill -KILL 0; fi
    sweep "$4" "$self"
  ) </dev/null >/dev/null 3>&- & ;;
esac
/bin/sh -c "$6" scalr-agent "$@"
set -- "$?" "$1" "$2" "$4" "$5" "$!"
${ownEnvironment}
exec 3>&-
[ -s "$2/main" ] || kill -KILL 0
# Past the deadline the watchdog ends all of this; go on only if somebody killed the watchdog.
if [ -e "$2/deadline" ]; then wait; fi
[ -z "$6" ] || kill -KILL "$6"
${sweepFunction}
sweep "$4" ''
bytes=- kills=- peak=-
case $4:$5 in
?*:1)
  while read -r key value; do [ "$key" = oom_kill ] && kills=$value; done <"$4/memory.oom_control"
  read -r peak <"$4/memory.max_usage_in_bytes" ;;
?*:2)
  while read -r key value; do [ "$key" = oom_kill ] && kills=$value; done <"$4/memory.events"
  read -r peak <"$4/memory.peak" ;;
esac
if bytes=$(wc -c <"$3"); then bytes=$((bytes)); else bytes=-; fi
echo "exit 1 $1 $bytes $kills \${peak:--} end" 1<>"$2/exit.draft"
mv "$2/exit.draft" "$2/exit"
kill -KILL 0
`

/**
 * Same arguments. Tells its pid, waits for leave to start, leaves proof that it got it, and becomes
 * argv. When the launching process is gone or gave up, reading fails and nothing starts.
 *
 * @param madeUp variables that a shell makes up and that argv must not see.
 */
export function wrapperScript(madeUp: readonly string[]): string {
  return `
exec 2>&1
echo "$$" >&3 || exit 125
read -r __scalr_agent_gate <&3 || exit 125
[ "$__scalr_agent_gate" = go ] || exit 125
unset __scalr_agent_gate
echo "$$" >"$1/main" || exit 125
trap '' PIPE
{ echo started >&3; } 2>/dev/null
trap - PIPE
exec 3>&-
shift 6
${madeUp.length === 0 ? '' : `unset ${madeUp.join(' ')}`}
exec "$@"
`
}
