import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { enginesDirectory } from './tools.ts'

const run = promisify(execFile)

/** Docker's own command line, as an administrator uses it beside the agent. */
export async function docker(host: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run('docker', ['--host', host, ...words], {
    maxBuffer: 256 * 1024 ** 2,
  })
  return stdout.trim()
}

/** The lines that it prints. */
export async function dockerLines(
  host: string,
  ...words: readonly string[]
): Promise<readonly string[]> {
  return (await docker(host, ...words)).split('\n').filter((line) => line !== '')
}

/**
 * The engine of `TEST_DOCKER_HOST`, else of `DOCKER_HOST`, else the one that `pnpm engines up docker`
 * started; `undefined` after saying that the suite is skipped.
 */
export function anyDockerEngine(suite: string): string | undefined {
  const named = process.env['TEST_DOCKER_HOST'] ?? process.env['DOCKER_HOST']
  if (named !== undefined && named !== '') return named
  const state = process.env['SCALR_SDK_ENGINES_STATE_DIR'] ?? join(enginesDirectory, 'state')
  const socket = join(state, 'docker/docker.sock')
  if (existsSync(socket)) return `unix://${socket}`
  process.stdout.write(
    `SKIPPED ${suite}: no Docker engine; \`pnpm engines up docker docker-images\` starts one\n`,
  )
  return undefined
}

/** Where containers of that engine reach this machine. */
export async function gatewayOf(host: string): Promise<string> {
  const format = '{{range .IPAM.Config}}{{.Gateway}}{{"\\n"}}{{end}}'
  const [gateway] = await dockerLines(host, 'network', 'inspect', '--format', format, 'bridge')
  if (gateway === undefined) throw new Error(`The bridge of ${host} has no gateway`)
  return gateway
}

/** An image of the tool's own version, as `docker-images` names it. */
export function toolImage(tool: { readonly iac: string; readonly path: string }): string {
  const said = execFileSync(tool.path, ['version', '-json'], {
    env: { CHECKPOINT_DISABLE: '1', HOME: '/nonexistent' },
    encoding: 'utf8',
  })
  const version: unknown = Object(JSON.parse(said))['terraform_version']
  return `scalr/${tool.iac}:${String(version)}`
}
