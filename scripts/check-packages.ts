import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

import { checkConsumer, type PackedPackage } from './packages/consumer.ts'
import { runCommand } from './packages/run-command.ts'
import { workspacePackages } from './packages/workspace-packages.ts'

// Checks what would be published, not the sources: packs every built package (which applies
// publishConfig), looks at each tarball with publint and attw, then installs all of them elsewhere.
const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const work = mkdtempSync(`${tmpdir()}/scalr-agent-packages-`)
try {
  const packed = workspacePackages(root).map((entry): PackedPackage => {
    if (!existsSync(`${entry.directory}/dist`)) {
      throw new Error(`${entry.name} is not built. Run \`pnpm build\` first.`)
    }
    const tarball = `${work}/${entry.name.replace('@', '').replace('/', '-')}.tgz`
    runCommand('pnpm', ['pack', '--out', tarball], { cwd: entry.directory })
    return { ...entry, tarball }
  })
  for (const { name, tarball } of packed) {
    checkContents(name, tarball)
    runCommand('publint', ['run', tarball, '--strict'], { cwd: root })
    runCommand('attw', [tarball, '--profile', 'esm-only'], { cwd: root })
    console.log(`${name}: publint and attw find nothing`)
  }
  const readmes = [root, ...packed.map(({ directory }) => directory)].map((at) => `${at}/README.md`)
  for (const line of checkConsumer(`${work}/consumer`, packed, readmes)) console.log(line)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** Things that neither tool looks for: our own condition, workspace ranges, licence and readme. */
function checkContents(name: string, tarball: string): void {
  const files = runCommand('tar', ['-tzf', tarball], { cwd: work }).split('\n')
  for (const wanted of ['package/LICENSE', 'package/README.md']) {
    if (!files.includes(wanted)) throw new Error(`${name}: the tarball has no ${wanted}.`)
  }
  runCommand('tar', ['-xzf', tarball, 'package/package.json'], { cwd: work })
  const manifest = readFileSync(`${work}/package/package.json`, 'utf8')
  for (const unwanted of ['@scalr-agent/source', 'workspace:']) {
    if (manifest.includes(unwanted)) throw new Error(`${name}: its manifest holds '${unwanted}'.`)
  }
  const stray = files.find((file) => /\.tsbuildinfo$|\.test\.|\/test\//.test(file))
  if (stray !== undefined) throw new Error(`${name}: the tarball holds ${stray}.`)
}
