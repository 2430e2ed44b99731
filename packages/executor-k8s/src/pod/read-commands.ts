import { marks, ownPaths } from '@scalr-agent/core/container'

import { toolPath } from './pod-commands.ts'

const { output, run } = ownPaths

/** Says `sealed` and what the supervisor sealed, then the marks that explain it, once there is an exit record. */
export const exitRecordCommand = [
  '/bin/sh',
  '-c',
  `exec 2>/dev/null
${toolPath}
cd ${run} && [ -e ${marks.exit} ] || exit 0
echo "sealed $([ ! -f ${marks.sealed} ] || head -c 300 ${marks.sealed} | head -n 1)"
set -- marks
for name in ${marks.killed} ${marks.deadline} ${marks.over}; do
  [ ! -e "$name" ] || set -- "$@" "$name"
done
echo "$*"
`,
] as const

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
