import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Agent } from 'node:http'
import type { RequestOptions } from 'node:https'

import type { Clock } from '@scalr-agent/core'

import { orAborted } from '../calls/or-aborted.ts'
import { kubernetesError } from '../kubernetes-error.ts'
import type { ClusterAccess } from './cluster.ts'
import type { Kubeconfig } from './kubeconfig.ts'
import { makeAgent, retireAgent } from './make-agent.ts'

/** Longest that a credential plugin may think. */
const pluginLimitMs = 60_000
/** Shortest time between two looks at the kubeconfig. */
const reloadPauseMs = 5000

/** What the kubeconfig means for one connection, always as new as its files. */
export class Credentials {
  readonly #reload: () => Promise<Kubeconfig>
  readonly #proxyUrl: string | undefined
  readonly #clock: Clock
  #kubeconfig: Kubeconfig
  #reloadedMs = Number.NEGATIVE_INFINITY
  #asking: Promise<ClusterAccess> | undefined
  #made: { readonly identity: string; readonly agent: Agent; readonly expires: Expiry } | undefined

  constructor(
    kubeconfig: Kubeconfig,
    options: {
      readonly reload: () => Promise<Kubeconfig>
      readonly proxyUrl: string | undefined
      readonly clock: Clock
    },
  ) {
    this.#kubeconfig = kubeconfig
    this.#reload = options.reload
    this.#proxyUrl = options.proxyUrl
    this.#clock = options.clock
  }

  async access(signal: AbortSignal): Promise<ClusterAccess> {
    // Shared, so that a plugin runs once however many calls wait for it.
    if (this.#asking === undefined) {
      const asking = this.#ask().finally(() => {
        if (this.#asking === asking) this.#asking = undefined
      })
      asking.catch(() => {})
      this.#asking = asking
    }
    return await orAborted(this.#asking, signal)
  }

  /** Something else than what was refused, or `undefined` when there is nothing. */
  async renew(refused: ClusterAccess, signal: AbortSignal): Promise<ClusterAccess | undefined> {
    const present = await this.access(signal)
    if (!isSame(present, refused)) return present
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#reloadedMs < reloadPauseMs) return undefined
    this.#reloadedMs = nowMs
    // Also drops what a plugin gave, whatever it said of its time.
    this.#kubeconfig = await orAborted(this.#reload(), signal)
    const renewed = await this.access(signal)
    return isSame(renewed, refused) ? undefined : renewed
  }

  close(): void {
    if (this.#made !== undefined) retireAgent(this.#made.agent)
    this.#made = undefined
  }

  async #ask(): Promise<ClusterAccess> {
    const { config, tokenFile } = this.#kubeconfig
    const options: RequestOptions = {}
    await withinLimit(config.applyToHTTPSOptions(options)).catch((error: unknown) => {
      throw credentialError(error, this.#kubeconfig)
    })
    const headers = textHeaders(options.headers)
    if (tokenFile !== undefined) {
      headers['authorization'] = `Bearer ${await readToken(tokenFile)}`
    }
    return { agent: this.#agent(options), headers, auth: options.auth ?? undefined }
  }

  /** The one that there is, unless certificates changed. */
  #agent({ ca, cert, key, rejectUnauthorized, servername }: RequestOptions): Agent {
    const hash = createHash('sha256')
    for (const part of [ca, cert, key, rejectUnauthorized, servername]) {
      hash.update(`${JSON.stringify(part) ?? ''}\n`)
    }
    const identity = hash.digest('hex')
    if (this.#made?.identity !== identity) {
      if (this.#made !== undefined) retireAgent(this.#made.agent)
      const server = this.#kubeconfig.config.getCurrentCluster()?.server ?? ''
      const agent = makeAgent({
        ca,
        cert,
        key,
        rejectUnauthorized,
        servername,
        server,
        proxyUrl: this.#proxyUrl,
      })
      this.#made = { identity, agent, expires: expiryOf(cert) }
    }
    const { agent, expires } = this.#made
    this.#refuseExpired(expires)
    return agent
  }

  #refuseExpired({ from, to }: Expiry): void {
    const now = this.#clock.now()
    if (to !== undefined && to < now) {
      throw kubernetesError(
        'REJECTED',
        'connect',
        `Cannot speak to the cluster of ${this.#kubeconfig.source}: our client certificate expired at ${to.toISOString()}. Renew the kubeconfig.`,
      )
    }
    if (from !== undefined && from > now) {
      throw kubernetesError(
        'REJECTED',
        'connect',
        `Cannot speak to the cluster of ${this.#kubeconfig.source}: our client certificate is valid only from ${from.toISOString()}, and here it is ${now.toISOString()}. Set the clock of this machine.`,
      )
    }
  }
}

interface Expiry {
  readonly from?: Date
  readonly to?: Date
}

function expiryOf(cert: RequestOptions['cert']): Expiry {
  const first = Array.isArray(cert) ? cert[0] : cert
  if (first === undefined) return {}
  try {
    const { validFrom, validTo } = new X509Certificate(first)
    return { from: new Date(validFrom), to: new Date(validTo) }
  } catch {
    // TLS tells better what is wrong with it.
    return {}
  }
}

function isSame(a: ClusterAccess, b: ClusterAccess): boolean {
  return (
    a.agent === b.agent &&
    a.auth === b.auth &&
    JSON.stringify(a.headers) === JSON.stringify(b.headers)
  )
}

function textHeaders(headers: RequestOptions['headers']): Record<string, string> {
  const entries = Object.entries(headers ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name.toLowerCase(), value.trim()] as const] : [],
  )
  return Object.fromEntries(entries)
}

async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw kubernetesError(
      'REJECTED',
      'connect',
      `Cannot read the token in ${path}: ${code}. Give the agent a token there.`,
    )
  }
}

async function withinLimit(asking: Promise<void>): Promise<void> {
  const limit = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    limit.reject(new Error(`no answer within ${pluginLimitMs / 1000} s`))
  }, pluginLimitMs)
  try {
    await Promise.race([asking, limit.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** A file of the kubeconfig that is gone, or a plugin that failed. Parsers quote what plugins print. */
function credentialError(error: unknown, { config, source }: Kubeconfig): Error {
  const plugin: unknown = Object(config.getCurrentUser()?.exec)['command']
  const words =
    error instanceof SyntaxError || error instanceof TypeError
      ? 'it printed no credential'
      : error instanceof Error
        ? redact(error.message)
        : 'unknown reason'
  const what =
    typeof plugin === 'string'
      ? `the credential plugin \`${plugin}\` failed: ${words}`
      : `the credentials cannot be read: ${words}`
  return kubernetesError(
    'REJECTED',
    'connect',
    `Cannot speak to the cluster of ${source}: ${what}. Try \`kubectl get pods\` as the agent's user.`,
  )
}

function redact(text: string): string {
  return text
    .replaceAll(/\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/gu, '[redacted]')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .replace(/\.$/u, '')
    .slice(0, 500)
}
