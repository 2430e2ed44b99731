import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

import { vi } from 'vitest'

import { docker } from './docker-engine.ts'
import { ownPort } from './own-port.ts'
import { enginesDirectory } from './tools.ts'

/** Debian's docker-registry, or `undefined` after saying that the suite is skipped. */
export function registryProgram(suite: string): string | undefined {
  const places = [join(enginesDirectory, 'bin'), ...(process.env['PATH'] ?? '').split(delimiter)]
  const program = places.map((place) => join(place, 'docker-registry')).find(existsSync)
  if (program === undefined) {
    process.stdout.write(`SKIPPED ${suite}: \`pnpm engines up docker-registry\` fetches it\n`)
  }
  return program
}

// What htpasswd makes of the password.
const htpasswd = 'robot:$2b$04$a4KK/f16Y2g4G6aGoBckGOCi0L7dwL6kxXm7uIiOhspxJXf61a/oC\n'

/** A real registry on loopback. Layers can be held back in the middle, so that a pull is under way. */
export class Registry implements AsyncDisposable {
  readonly #gate: Server
  readonly #stop: () => Promise<void>
  #held: { readonly reached: () => void; readonly until: Promise<void> } | undefined

  private constructor(target: string, stop: () => Promise<void>) {
    this.#stop = stop
    this.#gate = createServer((incoming, outgoing) => {
      const { method, url, headers } = incoming
      const forwarded = request(`http://${target}${url}`, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        const isLayer = url?.includes('/blobs/') === true && method === 'GET'
        const held = Number(answer.headers['content-length']) > 100_000 ? this.#held : undefined
        if (!isLayer || held === undefined) {
          answer.pipe(outgoing)
          return
        }
        answer.once('data', (chunk: Buffer) => {
          answer.pause()
          outgoing.write(chunk)
          held.reached()
          void held.until.then(() => answer.pipe(outgoing))
        })
      })
      forwarded.on('error', () => outgoing.destroy())
      outgoing.on('close', () => forwarded.destroy())
      incoming.pipe(forwarded)
    })
  }

  /** @param options.password whether it lets in nobody but robot */
  static async start(
    program: string,
    options: { readonly password?: boolean } = {},
  ): Promise<Registry> {
    const directory = await mkdtemp(join(tmpdir(), 'sa-registry-'))
    const target = `127.0.0.1:${await ownPort()}`
    await writeFile(join(directory, 'htpasswd'), htpasswd)
    await writeFile(
      join(directory, 'config.yml'),
      `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: ${directory}/data}}
http: {addr: '${target}', relativeurls: true}
${options.password === true ? `auth: {htpasswd: {realm: test, path: ${directory}/htpasswd}}` : ''}
`,
    )
    const child = spawn(program, ['serve', join(directory, 'config.yml')], { stdio: 'ignore' })
    const registry = new Registry(target, async () => {
      child.kill()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      await rm(directory, { recursive: true, force: true })
    })
    await once(registry.#gate.listen(0, '127.0.0.1'), 'listening')
    await vi.waitFor(() => fetch(`http://${target}/v2/`), { timeout: 60_000 })
    return registry
  }

  /** As images name it. Engines take a loopback registry without TLS. */
  get address(): string {
    return `127.0.0.1:${(this.#gate.address() as AddressInfo).port}`
  }

  /** Puts an image of an engine here under another name. The engine has neither afterwards. */
  async take(host: string, image: string, name: string): Promise<string> {
    const here = `${this.address}/${name}`
    await docker(host, 'tag', image, here)
    await docker(host, 'push', '--quiet', here)
    // With another name for the same layers there would be nothing to pull.
    await docker(host, 'rmi', here, image)
    return here
  }

  /** From now on every layer stops in the middle until `letGo`. */
  hold(): { readonly reached: Promise<void>; letGo(): void } {
    const reached = Promise.withResolvers<void>()
    const until = Promise.withResolvers<void>()
    this.#held = { reached: reached.resolve, until: until.promise }
    return {
      reached: reached.promise,
      letGo: () => {
        this.#held = undefined
        until.resolve()
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#gate.closeAllConnections()
    await new Promise((resolve) => this.#gate.close(resolve))
    await this.#stop()
  }
}
