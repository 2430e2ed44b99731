import { spawnSync } from 'node:child_process'

/** The shells that `/bin/sh` is on the systems we run on. */
const candidates = [
  { name: 'dash', argv: ['dash'] },
  { name: 'busybox ash', argv: ['busybox', 'ash'] },
  { name: 'bash as sh', argv: ['bash', '--posix'] },
  { name: 'bash', argv: ['bash'] },
] as const

export interface TestShell {
  readonly name: string
  readonly argv: readonly [string, ...string[]]
}

/** Those that are installed; the others are named on the console, so that a skip is seen. */
export function installedShells(): readonly TestShell[] {
  return candidates.filter(({ name, argv: [command, ...rest] }) => {
    const there = spawnSync(command, [...rest, '-c', 'exit 0']).status === 0
    if (!there) console.warn(`skipped: ${name} is not installed`)
    return there
  })
}

/** The absolute path of a program on this machine, or `undefined` with a printed reason. */
function findTool(name: 'terraform' | 'tofu'): string | undefined {
  const cached = `${process.env['HOME'] ?? ''}/.cache/scalr-agent-sdk/engines/bin`
  const found = spawnSync('/bin/sh', ['-c', `command -v ${name}`], {
    encoding: 'utf8',
    env: { PATH: `${process.env['PATH'] ?? ''}:${cached}` },
  }).stdout.trim()
  if (found !== '') return found
  console.warn(`skipped: ${name} is not installed`)
  return undefined
}

export interface TestTool {
  readonly name: 'terraform' | 'tofu'
  readonly path: string
}

/** The real tools of this machine. */
export function findTools(): readonly TestTool[] {
  return (['terraform', 'tofu'] as const).flatMap((name) => {
    const path = findTool(name)
    return path === undefined ? [] : [{ name, path }]
  })
}
