import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

export type Iac = 'terraform' | 'opentofu'

/** A real tool of this machine. */
export interface Tool {
  readonly iac: Iac
  readonly path: string
}

const binaries = { terraform: 'terraform', opentofu: 'tofu' } as const

/** Where `pnpm engines up …` puts what it builds. */
export const enginesDirectory =
  process.env['SCALR_SDK_ENGINES_DIR'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'scalr-agent-sdk/engines')

/** With TEST_IAC the suites use that tool alone; CI runs them once with each. */
const wanted = process.env['TEST_IAC']

/** The real tools that are here. Suites that need one skip, with this as their reason. */
export function realTools(): readonly Tool[] {
  const directories = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    join(enginesDirectory, 'bin'),
  ]
  return (['terraform', 'opentofu'] as const).flatMap((iac) => {
    if (wanted !== undefined && wanted !== iac) return []
    const path = directories.map((it) => join(it, binaries[iac])).find((it) => isExecutable(it))
    return path === undefined ? [] : [{ iac, path }]
  })
}

/** The first real tool, or `undefined` after saying that the suite is skipped. */
export function anyRealTool(suite: string): Tool | undefined {
  const [tool] = realTools()
  if (tool === undefined) {
    process.stdout.write(
      `SKIPPED ${suite}: neither terraform nor tofu is in PATH; \`pnpm engines up tofu\` builds one\n`,
    )
  }
  return tool
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
