import type { KitProgram } from './kit-program.ts'

/** Each parameter is written as one piece: a `printf` format of octal escapes, see {@link octal}. */
export const print: KitProgram = {
  name: 'print',
  script: 'for part; do printf "$part"; done',
  fake: (process, parameters) => {
    for (const part of parameters) process.write(fromOctal(part))
  },
}

/** Bytes as parameter of `print`. */
export function octal(bytes: string | Uint8Array): string {
  return [...(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)]
    .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
    .join('')
}

function fromOctal(format: string): Buffer {
  return Buffer.from(
    format
      .split('\\')
      .slice(1)
      .map((digits) => Number.parseInt(digits, 8)),
  )
}

/** `$1` lines to standard output and as many to standard error, in turn. */
export const bothStreams: KitProgram = {
  name: 'both-streams',
  script: 'i=0; while [ $i -lt $1 ]; do echo "out $i"; echo "err $i" >&2; i=$((i+1)); done',
  fake: (process, [count]) => process.write(bothStreamsText(Number(count))),
}

export function bothStreamsText(count: number): string {
  return Array.from({ length: count }, (_, i) => `out ${i}\nerr ${i}\n`).join('')
}

const pattern = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/'
const block = pattern.repeat(1024)

/** `$1` numbered blocks of 64 KiB and a little. */
export const flood: KitProgram = {
  name: 'flood',
  script: `b='${pattern}'; n=0; while [ $n -lt 10 ]; do b=$b$b; n=$((n+1)); done
i=0; while [ $i -lt $1 ]; do printf '%s %s\\n' "$i" "$b"; i=$((i+1)); done`,
  fake: (process, [count]) => {
    for (let i = 0; i < Number(count); i += 1) process.write(floodBlock(i))
  },
}

/** The block of that number. */
export function floodBlock(index: number): string {
  return `${index} ${block}\n`
}

/** Writes line after line, also when nobody looks, and ends with exit code 5. */
export const drip: KitProgram = {
  name: 'drip',
  script: `i=0; while [ $i -lt $1 ]; do echo "line $i"; i=$((i+1)); sleep 0.05 || sleep 1; done; exit 5`,
  fake: async (process, [count]) => {
    for (let i = 0; i < Number(count); i += 1) {
      process.write(`line ${i}\n`)
      await process.sleep(50)
    }
    return 5
  },
}

export function dripText(count: number): string {
  return Array.from({ length: count }, (_, i) => `line ${i}\n`).join('')
}

export const exitWith: KitProgram = {
  name: 'exit-with',
  script: 'exit "$1"',
  fake: (_process, [code]) => Number(code),
}
