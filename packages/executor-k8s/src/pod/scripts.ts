import { interruptCommand, marks, ownPaths, supervisorArguments } from '@scalr-agent/core/container'
import type { WorkloadSpec } from '@scalr-agent/core'

import type { PodCommands } from '../manifest/pod-spec.ts'

/** Marks of pods alone, beside those of `@scalr-agent/core/container`. */
export const podMarks = {
  /** The last file of the job's archive: all the others are there. */
  laid: 'laid',
  /** Main may start. */
  ready: 'ready',
  /** A directory: whoever makes it decides, once for all, whether main starts. */
  go: 'go',
  /** The companion may end. */
  release: 'release',
} as const

const { output, root, run } = ownPaths
const toolPath = 'PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'

/** What main exits with when it was never started. */
export const notStartedExitCode = 125

/** Kubernetes gives every container these, whatever its pod says. */
const ofKubernetes = [
  'KUBERNETES_PORT',
  'KUBERNETES_PORT_443_TCP',
  'KUBERNETES_PORT_443_TCP_ADDR',
  'KUBERNETES_PORT_443_TCP_PORT',
  'KUBERNETES_PORT_443_TCP_PROTO',
  'KUBERNETES_SERVICE_HOST',
  'KUBERNETES_SERVICE_PORT',
  'KUBERNETES_SERVICE_PORT_HTTPS',
]

/**
 * Process 1 of `main`: waits until all files are laid in, then becomes the supervisor. Who makes the directory
 * `go` decides: this, or a launcher that gives up. Argument 1: longest wait in seconds, 2… of the supervisor.
 */
function gateScript(unset: readonly string[]): string {
  return `exec 2>/dev/null </dev/null
trap 'exit ${notStartedExitCode}' TERM
read -r now rest </proc/uptime
set -- "$((\${now%.*} + $1))" "$@"
pause=0.02 rounds=0
until [ -e ${run}/${podMarks.ready} ]; do
  # Files come within a second, or not soon.
  rounds=$((rounds + 1))
  [ "$rounds" -lt 150 ] || pause=0.3
  ${toolPath} sleep "$pause" || ${toolPath} sleep 1
  read -r now rest </proc/uptime
  [ "\${now%.*}" -lt "$1" ] || { echo late >/dev/termination-log; exit ${notStartedExitCode}; }
done
${toolPath} mkdir ${run}/${podMarks.go} || { echo refused >/dev/termination-log; exit ${notStartedExitCode}; }
trap - TERM
unset now rest pause rounds ${unset.join(' ')}
shift 2
exec /bin/sh "$@"
`
}

/**
 * Process 1 of the companion. Argument 1: how long it stays after the end of main, 2: how long it waits for
 * files, in seconds. A pod that is deleted waits for it, until its grace period is over.
 */
const keeperScript = `exec 2>/dev/null </dev/null
${toolPath}
asked=
trap 'asked=1' TERM
trap '' HUP INT QUIT
read -r now rest </proc/uptime
begun=\${now%.*} ended=
while [ ! -e ${root}/${podMarks.release} ]; do
  read -r now rest </proc/uptime
  now=\${now%.*}
  if [ -e ${run}/${marks.exit} ]; then
    : "\${ended:=$now}"
    [ "$((now - ended))" -lt "$1" ] || break
  elif [ ! -d ${run}/${podMarks.go} ] || [ -e ${run}/${marks.notStarted} ]; then
    # Nothing ever ran here: nothing to keep.
    [ -z "$asked" ] && [ "$((now - begun))" -lt "$2" ] || exit ${notStartedExitCode}
  fi
  sleep 0.5 & wait $!
done
exit 0
`

/**
 * Before main is stopped from outside, as by a drain of its node: asks it to stop, once (I8), and waits for its end. The
 * kubelet waits for this, as long as the pod's grace period.
 */
function preStopScript(): string {
  const [, , script] = interruptCommand('soft', 'stdout')
  return `[ -d ${run}/${podMarks.go} ] && [ ! -e ${run}/${marks.notStarted} ] || exit 0
(
set -- ${marks.soft} TERM
${script}
)
while [ ! -e ${run}/${marks.exit} ]; do ${toolPath} sleep 1; done
`
}

/** What the containers of a workload's pod run. */
export function podCommands(
  spec: Pick<WorkloadSpec, 'argv' | 'deadlineMs' | 'env' | 'secretEnv' | 'startTimeoutMs'>,
  options: { readonly keepMs: number; readonly outputLimitBytes: number },
): PodCommands {
  const own = new Set([...Object.keys(spec.env), ...Object.keys(spec.secretEnv)])
  const unset = ofKubernetes.filter((name) => !own.has(name))
  const startSeconds = Math.ceil(spec.startTimeoutMs / 1000)
  const supervisor = supervisorArguments({
    argv: spec.argv,
    env: spec.env,
    secretEnv: spec.secretEnv,
    outputLimitBytes: options.outputLimitBytes,
    deadlineMs: spec.deadlineMs,
  })
  return {
    main: ['/bin/sh', '-c', gateScript(unset), 'scalr-agent', String(startSeconds), ...supervisor],
    preStop: ['/bin/sh', '-c', preStopScript()],
    keeper: [
      '/bin/sh',
      '-c',
      keeperScript,
      'scalr-agent',
      String(Math.ceil(options.keepMs / 1000)),
      // Main gives up first.
      String(startSeconds + 30),
    ],
  }
}

/**
 * Lays the files in, by exec in the companion. Arguments: 1 bytes of the archive on standard input, 2 longest
 * wait for main in seconds. What the image has below /opt comes first, so that its tools are found. Says
 * `send` when it reads, `laid`, then `started` once main runs, or `refused` when main shall not start any more.
 */
// Descriptor 3 keeps standard error open: containerd ends the input of a process with the FIRST of its two outputs that
// ends (measured by K2 and K3 on both clusters: `exec 2>&1` loses input in most runs, `exec 3>&2 2>&1` in none).
const layScript = `exec 3>&2 2>&1
${toolPath}
cd ${root} || { echo 'no directory'; exit 1; }
command -v tar >/dev/null || { echo 'no tar'; exit 1; }
umask 0
(
  cd /opt || exit
  set --
  for name in * .[!.]*; do if [ -e "$name" ] || [ -h "$name" ]; then set -- "$@" "$name"; fi; done
  [ $# -eq 0 ] || tar -cf - -- "$@" | tar -C ${root}/job -xf -
) >/dev/null 2>&1
# Input that came before anybody read it was seen to be lost on its way through a runtime.
echo send
head -c "$1" | tar -xpf - || { echo 'tar failed'; exit 1; }
[ -e run/${podMarks.laid} ] || { echo 'archive was cut'; exit 1; }
: >run/${podMarks.ready} || { echo 'cannot write'; exit 1; }
echo laid
read -r now rest </proc/uptime
end=$((\${now%.*} + $2))
until [ -s run/${marks.main} ]; do
  if [ -e run/${marks.notStarted} ]; then echo refused; exit 0; fi
  if [ -e run/${marks.exit} ]; then break; fi
  read -r now rest </proc/uptime
  [ "\${now%.*}" -lt "$end" ] || { echo late; exit 0; }
  sleep 0.02 || sleep 1
done
echo started
`

export function layCommand(bytes: number, waitMs: number): readonly [string, ...string[]] {
  const seconds = String(Math.max(Math.ceil(waitMs / 1000), 1))
  return ['/bin/sh', '-c', layScript, 'scalr-agent', String(bytes), seconds]
}

/** Decides that main never starts, unless it did. Says \`refused\` or \`started\`. */
const refuseScript = `exec 2>/dev/null
${toolPath}
mkdir -p ${run}
if mkdir ${run}/${podMarks.go}; then
  : >${run}/${marks.notStarted}
else
  # Whoever was faster may not have said yet what it is to be.
  rounds=0
  until [ -e ${run}/${marks.notStarted} ] || [ -s ${run}/${marks.main} ] || [ -e ${run}/${marks.exit} ] || [ "$rounds" -ge 250 ]; do
    rounds=$((rounds + 1))
    sleep 0.02 || sleep 1
  done
fi
if [ -e ${run}/${marks.notStarted} ]; then echo refused; else echo started; fi
`

export const refuseCommand = ['/bin/sh', '-c', refuseScript] as const

/** Ends all processes of main but process 1, which then writes the exit record. Says \`killed\`. */
const killScript = `exec 2>/dev/null
cd ${run} || exit 1
if ${toolPath} mkdir ${podMarks.go}; then
  : >${marks.notStarted}
  kill -TERM 1
else
  : >${marks.killed}
  kill -KILL -1
fi
echo killed
`

export const killCommand = ['/bin/sh', '-c', killScript] as const

/** Says what stands in the termination message of main, once it has ended. */
export const exitRecordCommand = [
  '/bin/sh',
  '-c',
  `exec 2>/dev/null
cd ${run} && [ -e ${marks.exit} ] || exit 0
read -r record <${marks.exit}
echo "$record"
set -- marks
for name in ${marks.killed} ${marks.deadline} ${marks.over}; do
  [ ! -e "$name" ] || set -- "$@" "$name"
done
echo "$*"
`,
] as const

/** Lets the companion end. */
export const releaseCommand = ['/bin/sh', '-c', `: >${root}/${podMarks.release}`] as const

/** A part of the output: arguments are the first byte, from 1, and most bytes. */
export function readOutputCommand(fromByte: number): readonly [string, ...string[]] {
  const script = `exec 2>/dev/null\n${toolPath} tail -c "+$1" <${output}\n`
  return ['/bin/sh', '-c', script, 'scalr-agent', String(fromByte + 1)]
}

/** Says how long the output is. */
export const outputSizeCommand = [
  '/bin/sh',
  '-c',
  `exec 2>/dev/null\n${toolPath}\nstat -c %s ${output} || wc -c <${output}\n`,
] as const

/** The numbers of main's cgroup: memory, cache that the kernel gives back, peak, and CPU time. */
export const usageCommand = [
  '/bin/sh',
  '-c',
  `exec 2>/dev/null
${toolPath}
cd /sys/fs/cgroup || exit 1
if [ -r memory.current ]; then
  echo "memory $(cat memory.current)"; echo "peak $(cat memory.peak)"
  cat memory.stat; cat cpu.stat
else
  echo "memory $(cat memory/memory.usage_in_bytes)"; echo "peak $(cat memory/memory.max_usage_in_bytes)"
  cat memory/memory.stat; echo "usage_nsec $(cat cpuacct/cpuacct.usage || cat cpu,cpuacct/cpuacct.usage)"
fi
`,
] as const

/** Packs what exists of these paths of the job directory. Nothing is reached through a link. */
const readFilesScript = `exec 2>/dev/null
${toolPath}
cd ${ownPaths.job} || exit 1
count=$#
while [ "$count" -gt 0 ]; do
  count=$((count - 1)) path=$1 parent=$1 keep=1
  shift
  if [ ! -e "$path" ] && [ ! -h "$path" ]; then keep=; fi
  while [ -n "$keep" ]; do
    case $parent in */*) parent=\${parent%/*} ;; *) break ;; esac
    if [ -h "$parent" ]; then keep=; fi
  done
  [ -z "$keep" ] || set -- "$@" "./$path"
done
if [ $# -eq 0 ]; then head -c 1024 /dev/zero; else tar -cf - "$@"; fi
`

export function readFilesCommand(paths: readonly string[]): readonly [string, ...string[]] {
  return ['/bin/sh', '-c', readFilesScript, 'scalr-agent', ...paths]
}
