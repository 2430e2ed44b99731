import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { createJobCaches, type JobCaches, type PreparedCaches } from '@scalr-agent/core'

import type { ProviderMirror } from './provider-mirror.ts'
import type { BuiltProvider } from './provider-zip.ts'
import type { Tool } from './tools.ts'

const execute = promisify(execFile)

/** How an `init` ended, with all that it said. */
export interface InitEnd {
  readonly isGood: boolean
  readonly output: string
}

type CacheSettings = NonNullable<Parameters<typeof createJobCaches>[0]['providers']>

/** A cache directory, agents that share it, and jobs that `init` with a real tool. */
export class ProviderScene implements AsyncDisposable {
  readonly directory: string
  readonly #tool: Tool
  readonly #mirror: ProviderMirror
  readonly #caches: JobCaches[] = []
  #agents = 0

  private constructor(directory: string, tool: Tool, mirror: ProviderMirror) {
    this.directory = directory
    this.#tool = tool
    this.#mirror = mirror
  }

  static async open(tool: Tool, mirror: ProviderMirror): Promise<ProviderScene> {
    const directory = await mkdtemp(join(tmpdir(), 'scalr-agent-providers-'))
    return new ProviderScene(directory, tool, mirror)
  }

  get cacheDir(): string {
    return join(this.directory, 'cache')
  }

  /** The caches of another agent, with a data directory of its own. */
  agent(settings: CacheSettings = {}, cacheDir: string = this.cacheDir): JobCaches {
    this.#agents += 1
    const caches = createJobCaches({
      cacheDir,
      dataDir: join(this.directory, `agent-${this.#agents}`),
      connection: { caCert: this.#mirror.caCertPath },
      providers: { networkMirrors: [{ url: this.#mirror.url }], registryHosts: [], ...settings },
    })
    this.#caches.push(caches)
    return caches
  }

  /** What a job without a cache writes down as its lock file. */
  async lockFileOf(providers: readonly BuiltProvider[]): Promise<string> {
    const jobDir = await this.jobDir(providers)
    const config = join(jobDir, 'mirror.tfrc')
    await writeFile(
      config,
      `provider_installation {\n  network_mirror {\n    url = "${this.#mirror.url}"\n  }\n}\n`,
    )
    const { isGood, output } = await this.#run(jobDir, config, {})
    if (!isGood) throw new Error(`init without a cache failed:\n${output}`)
    return readFile(join(jobDir, 'work/.terraform.lock.hcl'), 'utf8')
  }

  /** A job directory with a configuration that needs these providers. */
  async jobDir(providers: readonly BuiltProvider[], lockFile?: string): Promise<string> {
    const jobDir = await mkdtemp(join(this.directory, 'job-'))
    const required = providers.map(
      ({ type, version }) =>
        `    ${type} = {\n      source  = "hashicorp/${type}"\n      version = "${version}"\n    }\n`,
    )
    await mkdir(join(jobDir, 'work'))
    await writeFile(
      join(jobDir, 'work/main.tf'),
      `terraform {\n  required_providers {\n${required.join('')}  }\n}\n`,
    )
    if (lockFile !== undefined) {
      await writeFile(join(jobDir, 'work/.terraform.lock.hcl'), lockFile)
    }
    return jobDir
  }

  /** Runs `init` as a job with these caches does. */
  async init(
    providers: readonly BuiltProvider[],
    lockFile: string | undefined,
    prepared: PreparedCaches,
  ): Promise<InitEnd & { readonly jobDir: string }> {
    const jobDir = await this.jobDir(providers, lockFile)
    await mkdir(join(jobDir, 'caches'))
    for (const { name, source } of prepared.mounts) {
      await symlink(source, join(jobDir, 'caches', name))
    }
    const config = join(jobDir, 'cli.tfrc')
    await writeFile(config, (prepared.cliConfig ?? '').replaceAll('@job_dir@', jobDir))
    return { ...(await this.#run(jobDir, config, prepared.secretEnv)), jobDir }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const caches of this.#caches) await caches.close()
    await rm(this.directory, { recursive: true, force: true })
  }

  async #run(
    jobDir: string,
    config: string,
    env: Readonly<Record<string, string>>,
  ): Promise<InitEnd> {
    try {
      const { stdout, stderr } = await execute(
        this.#tool.path,
        ['init', '-input=false', '-no-color'],
        {
          cwd: join(jobDir, 'work'),
          env: {
            PATH: process.env['PATH'] ?? '/usr/bin:/bin',
            HOME: jobDir,
            SSL_CERT_FILE: this.#mirror.caCertPath,
            TF_CLI_CONFIG_FILE: config,
            CHECKPOINT_DISABLE: '1',
            ...env,
          },
        },
      )
      return { isGood: true, output: `${stdout}${stderr}` }
    } catch (error) {
      const parts = error as { readonly stdout?: string; readonly stderr?: string }
      return { isGood: false, output: `${parts.stdout ?? ''}${parts.stderr ?? ''}` }
    }
  }
}
