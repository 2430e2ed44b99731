import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const directory = new URL('../../../scripts/engines/', import.meta.url)

/** A script of `scripts/engines` failed; the message is what it said. */
export class EngineScriptError extends Error {
  override readonly name = 'EngineScriptError'
}

/** Runs a script of `scripts/engines`. @returns the last line that it prints */
export async function runEngineScript(
  name: string,
  args: readonly string[],
  options: {
    readonly env: Readonly<Record<string, string | undefined>>
    readonly signal?: AbortSignal
  },
): Promise<string> {
  const { env, signal } = options
  const script = fileURLToPath(new URL(name, directory))
  try {
    const { stdout } = await run('bash', [script, ...args], {
      env,
      ...(signal === undefined ? {} : { signal }),
    })
    return stdout.trim().split('\n').at(-1) ?? ''
  } catch (error) {
    signal?.throwIfAborted()
    const said: unknown = Object(error)['stderr']
    const lines = typeof said === 'string' ? said.trim() : ''
    throw new EngineScriptError(
      `\`${name} ${args.join(' ')}\` failed${lines === '' ? '.' : `:\n${lines}`}`,
      { cause: error },
    )
  }
}
