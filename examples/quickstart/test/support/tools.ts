import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

import type { Tool } from '../../src/find-tool.ts'

/** Where `pnpm engines up tofu` puts what it builds. */
const engines =
  process.env['SCALR_SDK_ENGINES_DIR'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'scalr-agent-sdk/engines')

/** The real tools of this machine; with TEST_IAC that one alone. */
export function realTools(): readonly Tool[] {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), join(engines, 'bin')]
  const found = (['terraform', 'opentofu'] as const).flatMap((iac) => {
    if ((process.env['TEST_IAC'] ?? iac) !== iac) return []
    const binary = iac === 'opentofu' ? 'tofu' : iac
    const path = directories.map((it) => join(it, binary)).find((it) => isExecutable(it))
    return path === undefined ? [] : [{ iac, path }]
  })
  if (found.length === 0) {
    process.stdout.write('SKIPPED demo: neither terraform nor tofu is here\n')
  }
  return found
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
