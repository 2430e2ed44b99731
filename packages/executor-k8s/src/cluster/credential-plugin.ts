import { spawn } from 'node:child_process'

import type { Clock } from '@scalr-agent/core'
import { z } from 'zod'

import type { ClusterEntry, ExecEntry } from './kubeconfig-schema.ts'

/** Longest that a plugin may take: some ask a cloud. */
const pluginLimitMs = 60_000
const outputLimitBytes = 1024 ** 2
/** How long before its end a credential is no longer used. */
const marginMs = 20_000

const answerSchema = z.looseObject({
  kind: z.literal('ExecCredential'),
  status: z.looseObject({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.string().optional(),
  }),
})
/** What a plugin gives. */
export type PluginCredential = z.output<typeof answerSchema>['status']

/** A plugin that failed; the message never holds what it printed on its output. */
export class CredentialPluginError extends Error {
  override readonly name = 'CredentialPluginError'
}

/** Runs the plugin of a kubeconfig (`exec`), and keeps what it gave for as long as that is good. */
export class CredentialPlugin {
  readonly #exec: ExecEntry
  readonly #cluster: ClusterEntry
  readonly #env: Readonly<Record<string, string>>
  readonly #clock: Clock
  #given: { readonly credential: PluginCredential; readonly untilMs: number } | undefined

  constructor(
    exec: ExecEntry,
    cluster: ClusterEntry,
    options: { readonly env: Readonly<Record<string, string>>; readonly clock: Clock },
  ) {
    this.#exec = exec
    this.#cluster = cluster
    this.#env = options.env
    this.#clock = options.clock
  }

  /** @throws {@link CredentialPluginError} */
  async get(): Promise<PluginCredential> {
    if (this.#given !== undefined && this.#clock.now().getTime() < this.#given.untilMs) {
      return this.#given.credential
    }
    const output = await this.#run()
    const parsed = answerSchema.safeParse(parseJson(output))
    if (!parsed.success) throw this.#error('it printed no ExecCredential')
    const credential = parsed.data.status
    const end = new Date(credential.expirationTimestamp ?? '').getTime()
    // Without an end it is good until the server refuses it.
    const untilMs = Number.isNaN(end) ? Number.POSITIVE_INFINITY : end - marginMs
    this.#given = { credential, untilMs }
    return credential
  }

  async #run(): Promise<string> {
    const { args, command, env } = this.#exec
    const child = spawn(command, args ?? [], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...this.#env, ...named(env), KUBERNETES_EXEC_INFO: this.#info() },
      timeout: pluginLimitMs,
      killSignal: 'SIGKILL',
    })
    let output = ''
    let complaint = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.length > outputLimitBytes) child.kill('SIGKILL')
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = `${complaint}${text}`.slice(-2000)
    })
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error) => reject(this.#error(this.#startFailure(error))))
      child.once('close', resolve)
    })
    if (code === 0) return output
    const last = complaint.trim().split('\n').at(-1) ?? ''
    throw this.#error(
      code === null
        ? `it was killed after ${pluginLimitMs / 1000} s`
        : `exit code ${code}${last === '' ? '' : `: ${last}`}`,
    )
  }

  /** What the plugin is told of the cluster, as the protocol of plugins has it. */
  #info(): string {
    const { apiVersion, provideClusterInfo } = this.#exec
    const cluster = this.#cluster
    return JSON.stringify({
      apiVersion,
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        ...(provideClusterInfo === true
          ? {
              cluster: {
                server: cluster.server,
                'certificate-authority-data': cluster['certificate-authority-data'] ?? undefined,
                'tls-server-name': cluster['tls-server-name'] ?? undefined,
                'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'] ?? undefined,
                'proxy-url': cluster['proxy-url'] ?? undefined,
              },
            }
          : {}),
      },
    })
  }

  #startFailure(error: Error): string {
    const code = 'code' in error ? String(error.code) : error.message
    const hint = this.#exec.installHint
    return code === 'ENOENT' ? `there is no such program${hint ? ` (${hint})` : ''}` : code
  }

  #error(what: string): CredentialPluginError {
    return new CredentialPluginError(
      `the credential plugin \`${this.#exec.command}\` failed: ${what}`,
    )
  }
}

function named(env: ExecEntry['env']): Record<string, string> {
  return Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
