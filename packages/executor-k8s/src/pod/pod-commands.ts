import { interruptCommand, marks, ownPaths, supervisorArguments } from '@scalr-agent/core/container'
import type { WorkloadSpec } from '@scalr-agent/core'

import { notStartedExitCode } from '../manifest/own-names.ts'
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

const { root, run } = ownPaths

/** Before our own tools: the image's PATH may lead anywhere. */
export const toolPath = 'PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'

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
