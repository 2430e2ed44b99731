import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { ownPort } from './own-port.ts'

/** Whom the registry lets in. The line below is what htpasswd makes of it. */
export const registryUser = { username: 'robot', password: 'pass-w0rd-7' }
const htpasswd = 'robot:$2b$04$a4KK/f16Y2g4G6aGoBckGOCi0L7dwL6kxXm7uIiOhspxJXf61a/oC\n'

/** A real registry on a loopback port of its own, which asks for a password. */
export interface Registry extends AsyncDisposable {
  /** e.g. `127.0.0.1:40123`. Engines take loopback registries without TLS. */
  readonly host: string
}

/** Where `pnpm engines up docker-registry` puts it; `undefined` where it was not run. */
export function findRegistryProgram(): string | undefined {
  const cache =
    process.env['SCALR_SDK_ENGINES_DIR'] ??
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'scalr-agent-sdk/engines')
  const places = [join(cache, 'bin'), ...(process.env['PATH'] ?? '').split(delimiter)]
  return places.map((place) => join(place, 'docker-registry')).find((path) => existsSync(path))
}

export async function startRegistry(program: string): Promise<Registry> {
  const directory = await mkdtemp(join(tmpdir(), 'sa-registry-'))
  const port = await ownPort()
  const host = `127.0.0.1:${port}`
  await writeFile(join(directory, 'htpasswd'), htpasswd)
  await writeFile(
    join(directory, 'config.yml'),
    `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: ${directory}/data}}
http: {addr: '${host}'}
auth: {htpasswd: {realm: test, path: ${directory}/htpasswd}}
`,
  )
  const child = spawn(program, ['serve', join(directory, 'config.yml')], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
  })
  const registry: Registry = {
    host,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await ended
      await rm(directory, { recursive: true, force: true })
    },
  }
  for (;;) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined)
    if (answer !== undefined) break
    if (child.exitCode !== null) throw new Error(`The registry ended with ${child.exitCode}.`)
    await delay(20)
  }
  return registry
}
