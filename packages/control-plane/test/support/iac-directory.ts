import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

export interface Ended {
  readonly code: number | null
  readonly output: string
}

/** A tool at work. */
export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Waits until it has printed this. */
  printed(text: string): Promise<void>
}

const enginesDirectory =
  process.env['SCALR_SDK_ENGINES_DIR'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'scalr-agent-sdk/engines')

/** The real tools that are here, by name; with TEST_IAC that one alone. */
export function iacTools(): readonly { readonly name: string; readonly path: string }[] {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), join(enginesDirectory, 'bin')]
  const wanted = process.env['TEST_IAC']
  return ['terraform', 'opentofu'].flatMap((name) => {
    if (wanted !== undefined && wanted !== name) return []
    const binary = name === 'opentofu' ? 'tofu' : name
    const path = folders.map((folder) => join(folder, binary)).find((it) => existsSync(it))
    return path === undefined ? [] : [{ name, path }]
  })
}

/** A directory of somebody who works with the tool, with a home of its own. */
export class IacDirectory implements AsyncDisposable {
  readonly path: string
  readonly #tool: string
  readonly #environment: NodeJS.ProcessEnv

  private constructor(path: string, tool: string, environment: NodeJS.ProcessEnv) {
    this.path = path
    this.#tool = tool
    this.#environment = environment
  }

  /** `token` is the one that the tool's own configuration holds for the control plane. */
  static async open(
    tool: string,
    server: { readonly url: string; readonly caCertPath: string; readonly token: string },
  ): Promise<IacDirectory> {
    const path = await mkdtemp(join(tmpdir(), 'iac-'))
    const cliConfig = join(path, 'cli.rc')
    const { host } = new URL(server.url)
    writeFileSync(cliConfig, `credentials ${JSON.stringify(host)} { token = "${server.token}" }\n`)
    return new IacDirectory(path, tool, {
      PATH: process.env['PATH'],
      HOME: path,
      CHECKPOINT_DISABLE: '1',
      TF_CLI_CONFIG_FILE: cliConfig,
      SSL_CERT_FILE: server.caCertPath,
    })
  }

  write(name: string, content: string): void {
    writeFileSync(join(this.path, name), content)
  }

  start(args: readonly string[]): Started {
    const child = spawn(this.#tool, [...args], { cwd: this.path, env: this.#environment })
    child.stdin.end()
    const chunks: Buffer[] = []
    const said = new EventEmitter()
    const collect = (chunk: Buffer): void => {
      chunks.push(chunk)
      said.emit('more')
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => {
        // Terraform breaks its messages into lines with bars before them.
        const text = Buffer.concat(chunks)
          .toString()
          .replaceAll(/\u001B\[[0-9;]*m/gu, '')
        resolve({ code, output: text })
      })
    })
    const printed = async (text: string): Promise<void> => {
      while (!Buffer.concat(chunks).toString().includes(text)) await once(said, 'more')
    }
    return { child, ended, printed }
  }

  run(...args: readonly string[]): Promise<Ended> {
    return this.start(args).ended
  }

  /** Runs what nothing is wrong with. */
  async must(...args: readonly string[]): Promise<string> {
    const { code, output } = await this.run(...args)
    if (code !== 0) throw new Error(`${args.join(' ')}: exit code ${code}\n${output}`)
    return output
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}
