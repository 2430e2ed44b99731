import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

import { enginesDirectory } from './tools.ts'

/** The real OPA of this machine, or `undefined` after saying that the suite is skipped. */
export function realOpa(suite: string): string | undefined {
  const directories = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    join(enginesDirectory, 'bin'),
  ]
  const path = directories.map((directory) => join(directory, 'opa')).find((it) => isExecutable(it))
  if (path === undefined) {
    process.stdout.write(
      `SKIPPED ${suite}: opa is not in PATH; \`pnpm engines up opa\` builds it\n`,
    )
  }
  return path
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
