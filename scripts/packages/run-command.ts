import { spawnSync } from 'node:child_process'

/** Runs a command to its end and gives its standard output. Throws with all of its output on failure. */
export function runCommand(
  program: string,
  parameters: readonly string[],
  options: { readonly cwd: string },
): string {
  const { status, signal, error, stdout, stderr } = spawnSync(program, parameters, {
    cwd: options.cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error !== undefined || status !== 0) {
    const how = error?.message ?? (signal === null ? `exit code ${status}` : `signal ${signal}`)
    throw new Error(`${program} ${parameters.join(' ')}: ${how}\n${stdout}${stderr}`.trimEnd())
  }
  return stdout
}
