import { createPrivateKey } from 'node:crypto'

import { ConfigurationError, type Clock } from '@scalr-agent/core'
import { SharedWork } from '@scalr-agent/core/runtime'
import { SignJWT } from 'jose'
import { z } from 'zod'

import type { HeaderPairs } from '../relay-exchange.ts'
import type { CredentialsContext } from './create-credentials.ts'
import { secretSetting, type ResolvedCredentialsOptions } from './credentials-options.ts'
import { GithubAppApi } from './github-app-api.ts'
import { SecretSource } from './secret-source.ts'
import { tokenHeaders } from './token-headers.ts'
import type { CredentialsRequest, VcsCredentials } from './vcs-credentials.ts'

type AppOptions = Extract<ResolvedCredentialsOptions, { readonly type: 'github-app' }>

interface InstallationToken {
  readonly token: string
  readonly expiresAtMs: number
}

const installationSchema = z.object({ id: z.int().positive() })
const tokenSchema = z.object({ token: z.string().min(1), expires_at: z.iso.datetime() })

// Tokens live for an hour; a clone that begins now may still be at it in a few minutes.
const renewBeforeMs = 5 * 60_000

/** Installation tokens of a GitHub App: fetched once for all that wait, kept, and renewed before they expire. */
export class GithubAppCredentials implements VcsCredentials {
  readonly #appId: string
  readonly #key: SecretSource
  readonly #installationId: number | undefined
  readonly #host: string
  readonly #api: GithubAppApi
  readonly #clock: Clock
  readonly #installations = new Map<string, number>()
  readonly #tokens = new Map<number, InstallationToken>()
  readonly #findings = new SharedWork<number>()
  readonly #renewals = new SharedWork<InstallationToken>()

  constructor(options: AppOptions, context: CredentialsContext) {
    this.#appId = options.appId
    this.#host = context.url.host
    this.#key = new SecretSource(
      secretSetting(options.privateKey, options.privateKeyFile),
      `the private key of the GitHub App on ${context.url.host}`,
    )
    this.#installationId = options.installationId
    this.#api = new GithubAppApi(context.url, context.dispatcher)
    this.#clock = context.clock
  }

  async headersFor(request: CredentialsRequest): Promise<HeaderPairs> {
    const installation = await this.#installationOf(request)
    const kept = this.#tokens.get(installation)
    const { token } =
      kept !== undefined && kept.expiresAtMs - this.#clock.now().getTime() > renewBeforeMs
        ? kept
        : await this.#renewals.run(
            String(installation),
            (signal) => this.#renew(installation, signal),
            request,
          )
    return tokenHeaders('github-enterprise', request.traffic, token)
  }

  rejected(request: CredentialsRequest): void {
    const owner = ownerOf(request)
    const installation =
      this.#installationId ?? (owner === undefined ? undefined : this.#installations.get(owner))
    if (installation !== undefined) this.#tokens.delete(installation)
  }

  async #renew(installation: number, signal: AbortSignal): Promise<InstallationToken> {
    try {
      const answer = await this.#api.call(
        'POST',
        `/app/installations/${installation}/access_tokens`,
        { jwt: await this.#jwt(), signal, schema: tokenSchema },
      )
      const token = { token: answer.token, expiresAtMs: Date.parse(answer.expires_at) }
      this.#tokens.set(installation, token)
      return token
    } catch (error) {
      // The App may have been taken out of the organisation and put in again, under another id.
      for (const [owner, id] of this.#installations) {
        if (id === installation) this.#installations.delete(owner)
      }
      throw error
    }
  }

  async #installationOf(request: CredentialsRequest): Promise<number> {
    if (this.#installationId !== undefined) return this.#installationId
    const owner = ownerOf(request)
    if (owner === undefined) {
      throw new ConfigurationError(
        `Cannot tell which installation of the GitHub App on ${this.#host} a request without an owner is for. Set \`installationId\`.`,
      )
    }
    const kept = this.#installations.get(owner)
    if (kept !== undefined) return kept
    return this.#findings.run(owner, (signal) => this.#find(owner, request, signal), request)
  }

  async #find(owner: string, request: CredentialsRequest, signal: AbortSignal): Promise<number> {
    const path =
      request.project === undefined
        ? `/orgs/${encodeURIComponent(owner)}/installation`
        : `/repos/${request.project.split('/').map(encodeURIComponent).join('/')}/installation`
    const jwt = await this.#jwt()
    const { id } = await this.#api.call('GET', path, { jwt, signal, schema: installationSchema })
    this.#installations.set(owner, id)
    return id
  }

  async #jwt(): Promise<string> {
    const pem = await this.#key.read()
    const seconds = Math.floor(this.#clock.now().getTime() / 1000)
    return (
      new SignJWT({})
        .setProtectedHeader({ alg: 'RS256' })
        .setIssuer(this.#appId)
        // A minute back, as GitHub advises, for clocks that differ; ten minutes are the most it takes.
        .setIssuedAt(seconds - 60)
        .setExpirationTime(seconds + 8 * 60)
        .sign(this.#parseKey(pem))
    )
  }

  #parseKey(pem: string): ReturnType<typeof createPrivateKey> {
    try {
      return createPrivateKey(pem)
    } catch {
      // Without a cause: what OpenSSL says may quote the key.
      throw new ConfigurationError(
        `Cannot use the private key of the GitHub App on ${this.#host}: it is no RSA key in PEM. Give the file as GitHub made it.`,
        { code: 'INVALID_TOKEN' },
      )
    }
  }
}

function ownerOf({ owner, project }: CredentialsRequest): string | undefined {
  return (owner ?? project?.split('/')[0])?.toLowerCase()
}
