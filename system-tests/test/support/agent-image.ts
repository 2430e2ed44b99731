import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

import { build } from 'esbuild'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../../..')

/** The name of an image of examples/agent, with that tool in it, in the engine of `host`. */
export async function agentImage(host: string, tool: { readonly path: string }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'agent-image-'))
  try {
    const bundle = join(directory, 'main.mjs')
    await build({
      entryPoints: [join(root, 'examples/agent/src/main.ts')],
      bundle: true,
      outfile: bundle,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      conditions: ['@scalr-agent/source'],
      // Of other drivers than that of single mode.
      external: ['@scalr-agent/executor-docker', '@scalr-agent/executor-k8s'],
      // What of it is still CommonJS looks for built-in modules by this.
      banner: {
        js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;",
      },
      logLevel: 'warning',
    })
    const script = join(root, 'scripts/engines/docker-agent-image.sh')
    const { stdout } = await run('bash', [script, bundle, tool.path], {
      env: {
        ...process.env,
        DOCKER_HOST: host,
        PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      },
    })
    return stdout.trim()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
