import { marks, ownPaths } from './layout.ts'
import { ownEnvironment } from './own-environment.ts'

const { output, run } = ownPaths

/**
 * Where a process that was started by `exec` answers. Docker mixes its own remarks ("OCI runtime exec
 * failed…") into standard output, so that there it has to be standard error.
 */
export type AnswerStream = 'stdout' | 'stderr'

const onto: Readonly<Record<AnswerStream, string>> = {
  stdout: 'exec 2>/dev/null',
  stderr: 'exec 1>&2 2>/dev/null',
}

const interrupts = {
  soft: { mark: marks.soft, signal: 'TERM' },
  hard: { mark: marks.hard, signal: 'QUIT' },
} as const

/**
 * Arguments: 1 mark, 2 signal. Whoever makes the mark sends the signal, and nobody ever sends a second
 * one (I8). Says what it did: \`sent\`, \`already\`, \`pending\` (the wrapper will), \`ended\`.
 */
const interruptScript = `
${ownEnvironment}
cd ${run} || exit 1
[ ! -e ${marks.exit} ] || { echo ended; exit; }
mkdir "$1" || { [ -d "$1" ] && echo already; exit; }
read -r pid <${marks.main} || { echo pending; exit; }
if kill -s "$2" "$pid"; then echo sent; else echo ended; fi
`

/**
 * Argument: number of the first byte, from 1. Writes the output from there on until the exit record is
 * there. Gives up after some minutes, since nobody tells it that its reader has left.
 */
const followScript = `
${ownEnvironment}
exec 3<${output} || exit 1
tail -c "+$1" <&3
round=0
while [ "$round" -lt 3000 ]; do
  round=$((round + 1))
  if [ -e ${run}/${marks.exit} ]; then cat <&3; exit 0; fi
  cat <&3
  sleep 0.1 || sleep 1
done
`

/** A process in the container of the main process that interrupts it. May be started any number of times. */
export function interruptCommand(
  level: 'soft' | 'hard',
  answer: AnswerStream,
): readonly [string, ...string[]] {
  const { mark, signal } = interrupts[level]
  return ['/bin/sh', '-c', `${onto[answer]}${interruptScript}`, 'scalr-agent', mark, signal]
}

/** Whether what `interruptCommand` said proves that it ran to its end: an exec tells nothing else for sure. */
export function isInterruptAnswer(said: string): boolean {
  return /^(?:sent|already|pending|ended)\n/u.test(said)
}

/** A process that writes the output from that byte on, in any container that has our own files. */
export function followCommand(
  fromByte: number,
  answer: AnswerStream,
): readonly [string, ...string[]] {
  const script = `${onto[answer]}${followScript}`
  return ['/bin/sh', '-c', script, 'scalr-agent', String(fromByte + 1)]
}
