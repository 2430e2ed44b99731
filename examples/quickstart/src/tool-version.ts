import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import type { Tool } from './find-tool.ts'

const run = promisify(execFile)

/** e.g. `1.11.4`. OpenTofu says it under the same name. */
export async function toolVersion({ path }: Tool, signal: AbortSignal): Promise<string> {
  const { stdout } = await run(path, ['version', '-json'], {
    env: { CHECKPOINT_DISABLE: '1', HOME: '/nonexistent' },
    signal,
  })
  const version: unknown = Object(JSON.parse(stdout))['terraform_version']
  if (typeof version !== 'string') throw new TypeError(`${path} does not say which version it is.`)
  return version
}
