import { marks, ownPaths } from '@scalr-agent/core/container'

import { podMarks, toolPath } from './pod-commands.ts'

const { root, run } = ownPaths

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

/** Lets the companion end. */
export const releaseCommand = ['/bin/sh', '-c', `: >${root}/${podMarks.release}`] as const
