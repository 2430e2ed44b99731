import { marks, ownPaths, terminationLog } from './layout.ts'
import { ownEnvironment } from './own-environment.ts'

/**
 * The processes on the workload's side, as POSIX shell (dash, busybox ash, bash). Handed over by `sh -c`,
 * since a job may do with the files of its container what it likes.
 *
 * ```
 * supervisor (pid 1) ─┬─ warden ─┬─ wrapper, becomes argv by exec: the main process
 *                     │          └─ watchdog (only with a deadline)
 *                     └─ copier ─┬─ cat, from the pipe of the main process to the output
 *                                └─ size watch
 * ```
 *
 * - The main process is a foreground child: a shell makes background children ignore SIGINT and SIGQUIT.
 *   So pid 1 cannot forward signals; they are sent to the main process by `exec`, see `interruptCommand`.
 * - Output goes through a pipe, since a hook that writes to /dev/stderr would cut a file short.
 * - Supervisor and warden hold the environment of the workload, since they must hand it on: before the
 *   main process has ended they set no variable but the seal, which is not handed on. Positional parameters and
 *   builtins alone.
 * - All of them have the same user as the job, which can write to any file of theirs. So the exit code goes from warden to
 *   supervisor with the seal, which stands in their memory alone: a job can take the proof of its end away, not make one.
 */

const signals = 'HUP INT QUIT TERM PIPE ALRM USR1 USR2'

const { output, run, seal, secrets } = ownPaths

/** `size` of the output. wc of busybox reads it all, so stat comes first. */
const sizeFunction = `
size() { stat -c %s ${output} || wc -c <${output}; }`

/**
 * `sweep <own pid> <copier>` ends what the main process left behind: all processes but pid 1, ourselves,
 * the copier with its children, and what came in by an exec of the engine (sessions whose leader has no parent
 * in here). Repeats until there is none left, since a process may fork while it is looked for.
 */
const sweepFunction = `
sweep() {
  round=0
  while [ "$round" -lt 300 ]; do
    round=$((round + 1)) found=
    for entry in /proc/[0-9]*; do
      pid=\${entry#/proc/}
      case $pid in 1 | "$1" | "$2") continue ;; esac
      read -r line <"$entry/stat" || continue
      # After the name: state, parent, group, session.
      set -f; set -- "$1" "$2" \${line##*) }; set +f
      case $3 in [ZXx]) continue ;; esac
      [ "$4" != "$2" ] || continue
      if [ "$6" != 1 ] && read -r line <"/proc/$6/stat"; then
        line=\${line##*) }
        case $line in [A-Za-z]' 0 '*) continue ;; esac
      fi
      kill -KILL "$pid" && found=1
    done
    [ -n "$found" ] || return 0
    sleep 0.01 || sleep 1
  done
  return 1
}`

/**
 * Arguments: 1 limit of the output in bytes, 2 deadline in seconds or '', 3 wrapper script, 4 what is
 * said when the output is cut, 5… argv. The working directory is the job directory.
 */
const supervisorScript = `exec 2>/dev/null </dev/null
trap : ${signals}
[ ! -e ${run}/${marks.notStarted} ] || exit 125
# A start that an engine's crash cut off, and that was asked for again: nothing runs twice.
[ ! -s ${run}/${marks.main} ] || exit 125
unset __scalr_agent_seal
IFS= read -r __scalr_agent_seal <${seal}
command -p rm -f ${seal}
[ ! -e ${seal} ] || __scalr_agent_seal=
(
  trap : ${signals}
  case $2 in
  '') ;;
  *) (
      trap '' ${signals}
      ${ownEnvironment}
      read -r end rest </proc/uptime
      end=$((\${end%.*} + \${2%.*}))
      sleep "$2" || sleep "\${2%.*}"
      # A job may have ended our sleep.
      while read -r now rest </proc/uptime && [ "\${now%.*}" -lt "$end" ]; do sleep 1; done
      : >${run}/${marks.deadline}
      read -r pid <${run}/${marks.main} && kill -KILL "$pid"
    ) >/dev/null & ;;
  esac
  /bin/sh -c "$3" scalr-agent "$@"
  set -- "$?" "$!"
  ${ownEnvironment}
  [ -z "$2" ] || kill -KILL "$2"
  read -r self rest </proc/self/stat
  ${sweepFunction}
  tries=0 copier=
  # A main process may be faster than the copier.
  until read -r copier <${run}/${marks.copier} && [ -n "$copier" ] || [ "$tries" -ge 300 ]; do
    tries=$((tries + 1))
    sleep 0.01 || sleep 1
  done
  # What does not die of SIGKILL hangs in the kernel, and may hold the pipe.
  [ -z "$copier" ] || sweep "$self" "$copier" || kill -KILL "$copier"
  # Now nobody is left to learn the seal from it.
  echo "\${__scalr_agent_seal:-none} $1 " 1<>${run}/${marks.code}
) | (
  trap '' ${signals}
  ${ownEnvironment}
  ${sizeFunction}
  exec 3<&0 </dev/null
  read -r self rest </proc/self/stat
  echo "$self" 1<>${run}/${marks.copier}
  over() { [ "$(size)" -gt "$1" ]; }
  while :; do
    cat <&3 >>${output} & cat=$!
    (while sleep 0.5 || sleep 1; do over "$1" && kill -KILL "$cat" && exit; done) 3<&- & watch=$!
    wait "$cat" && ended=1 || ended=
    kill -KILL "$watch"
    if over "$1"; then
      dd if=/dev/null of=${output} bs=1 seek="$1" count=0
      : >${run}/${marks.over}
      printf '%s' "$4" >>${output}
      [ -n "$ended" ] || cat <&3 >/dev/null
      break
    fi
    # Otherwise the job ended our cat.
    [ -z "$ended" ] || break
  done
)
[ -s ${run}/${marks.main} ] || exit 125
${ownEnvironment}
${sizeFunction}
mark= code= kills=- peak=-
read -r mark code rest <${run}/${marks.code}
[ "$mark" = "\${__scalr_agent_seal:-none}" ] || code=
if [ -r /sys/fs/cgroup/memory/memory.oom_control ]; then
  while read -r key value; do [ "$key" != oom_kill ] || kills=$value; done </sys/fs/cgroup/memory/memory.oom_control
  read -r peak </sys/fs/cgroup/memory/memory.max_usage_in_bytes
elif [ -r /sys/fs/cgroup/memory.events ]; then
  while read -r key value; do [ "$key" != oom_kill ] || kills=$value; done </sys/fs/cgroup/memory.events
  read -r peak </sys/fs/cgroup/memory.peak
fi
bytes=$(size)
set -- $bytes
case \${1:-x} in *[!0-9]*) bytes=- ;; *) bytes=$1 ;; esac
[ -z "$__scalr_agent_seal" ] || echo "$__scalr_agent_seal exit 1 \${code:-137} $bytes \${kills:--} \${peak:--} end" 1<>${run}/${marks.sealed}
echo "exit 1 \${code:-137} $bytes \${kills:--} \${peak:--} end" 1<>${run}/${marks.exitDraft}
mv ${run}/${marks.exitDraft} ${run}/${marks.exit}
# Kubernetes tells this with the end of the container, so that nobody need ask the container itself.
if [ -w ${terminationLog} ]; then
  set -- marks
  for name in ${marks.killed} ${marks.deadline} ${marks.over}; do
    [ ! -e "${run}/$name" ] || set -- "$@" "$name"
  done
  echo "exit 1 \${code:-137} $bytes \${kills:--} \${peak:--} end
$*" >${terminationLog}
fi
exit "\${code:-137}"
`

/**
 * Same arguments. Takes the secrets into the environment and removes them, leaves proof that the main
 * process is started, and becomes argv. A soft or hard interrupt that came before that proof is taken
 * here: whoever made its mark found nobody to signal.
 *
 * @param madeUp variables that a shell makes up and that argv must not see.
 */
function wrapperScript(madeUp: readonly string[]): string {
  return `exec 2>&1
__scalr_agent_secrets=$(command -p cat ${secrets}) && command -p rm -f ${secrets} && [ ! -e ${secrets} ] || {
  echo "The agent's supervisor cannot read and remove ${secrets}."
  exit 125
}
echo "$$" >${run}/${marks.main} || exit 125
[ ! -e ${run}/${marks.hard} ] || kill -QUIT "$$"
[ ! -e ${run}/${marks.soft} ] || kill -TERM "$$"
shift 4
${madeUp.length === 0 ? '' : `unset ${madeUp.join(' ')}`}
eval "unset __scalr_agent_secrets; $__scalr_agent_secrets"
exec "$@"
`
}

/** Names that shells make up for their children. */
const madeUpByShells = ['PWD', 'OLDPWD', 'SHLVL', '_']

/** What pid 1 runs. */
export function supervisorArguments(options: {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly secretEnv: Readonly<Record<string, string>>
  readonly outputLimitBytes: number
  readonly deadlineMs: number | undefined
}): readonly string[] {
  const { argv, env, secretEnv, outputLimitBytes, deadlineMs } = options
  const madeUp = madeUpByShells.filter((name) => !(name in env) && !(name in secretEnv))
  return [
    '-c',
    supervisorScript,
    'scalr-agent',
    String(outputLimitBytes),
    deadlineMs === undefined ? '' : (deadlineMs / 1000).toFixed(3),
    wrapperScript(madeUp),
    cutNote(outputLimitBytes),
    ...argv,
  ]
}

/** What stands at the end of an output that was cut. */
function cutNote(outputLimitBytes: number): string {
  return `\n[scalr-agent] The output is longer than ${outputLimitBytes} bytes. The rest was dropped.\n`
}
