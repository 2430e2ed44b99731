import { fileURLToPath } from 'node:url'

import { runCommand } from './packages/run-command.ts'
import { workspacePackages } from './packages/workspace-packages.ts'

// Builds every published package, each after those it depends on: tsup writes the JavaScript, tsc the
// declarations.
const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
try {
  for (const { name, directory } of workspacePackages(root)) {
    runCommand('tsup', [], { cwd: directory })
    runCommand('tsc', ['-p', 'tsconfig.build.json'], { cwd: directory })
    console.log(`Built ${name}.`)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
