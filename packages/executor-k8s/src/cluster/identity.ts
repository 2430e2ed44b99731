import { readFile } from 'node:fs/promises'

import type { Clock } from '@scalr-agent/core'

import { AuthProvider } from './auth-provider.ts'
import { CredentialPlugin, type PluginCredential } from './credential-plugin.ts'
import type { ClusterEntry, UserEntry } from './kubeconfig-schema.ts'
import type { Kubeconfig } from './load-kubeconfig.ts'

/** Who we are to the cluster, and who it is to us, at one moment. Holds secrets. */
export interface Presented {
  readonly ca: Buffer | undefined
  readonly cert: Buffer | undefined
  readonly key: Buffer | undefined
  readonly headers: Readonly<Record<string, string | string[]>>
}

/** Reads what a kubeconfig points at: files anew each time, plugins when what they gave ends. */
export class Identity {
  readonly #cluster: ClusterEntry
  readonly #user: UserEntry
  readonly #plugin: CredentialPlugin | undefined
  readonly #provider: AuthProvider | undefined

  constructor(
    { cluster, user }: Kubeconfig,
    options: { readonly pluginEnv: Readonly<Record<string, string>>; readonly clock: Clock },
  ) {
    const { clock, pluginEnv: env } = options
    this.#cluster = cluster
    this.#user = user
    const provider = user['auth-provider']
    this.#plugin = user.exec ? new CredentialPlugin(user.exec, cluster, { env, clock }) : undefined
    this.#provider = provider ? new AuthProvider(provider, cluster) : undefined
  }

  async present(): Promise<Presented> {
    const cluster = this.#cluster
    const user = this.#user
    const given = await this.#plugin?.get()
    return {
      ca: await fileOrData(cluster['certificate-authority'], cluster['certificate-authority-data']),
      cert:
        pem(given?.clientCertificateData) ??
        (await fileOrData(user['client-certificate'], user['client-certificate-data'])),
      key:
        pem(given?.clientKeyData) ??
        (await fileOrData(user['client-key'], user['client-key-data'])),
      headers: { ...(await this.#authorization(given)), ...impersonation(user) },
    }
  }

  async #authorization(given: PluginCredential | undefined): Promise<Record<string, string>> {
    const { password, token, tokenFile, username } = this.#user
    // As kubectl: the file goes before the token beside it.
    const own = tokenFile ? (await readFile(tokenFile, 'utf8')).trim() : token
    if (own) return { authorization: `Bearer ${own}` }
    if (given?.token !== undefined) return { authorization: `Bearer ${given.token.trim()}` }
    const provided = await this.#provider?.authorization()
    if (provided !== undefined) return { authorization: provided }
    if (!username) return {}
    const basic = Buffer.from(`${username}:${password ?? ''}`).toString('base64')
    return { authorization: `Basic ${basic}` }
  }
}

function impersonation(user: UserEntry): Record<string, string | string[]> {
  if (!user.as) return {}
  const groups = user['as-groups'] ?? []
  return {
    'impersonate-user': user.as,
    ...(user['as-uid'] ? { 'impersonate-uid': user['as-uid'] } : {}),
    ...(groups.length === 0 ? {} : { 'impersonate-group': groups }),
  }
}

/** As kubectl: data goes before the file. */
async function fileOrData(
  file: string | null | undefined,
  data: string | null | undefined,
): Promise<Buffer | undefined> {
  if (data) return Buffer.from(data, 'base64')
  return file ? await readFile(file) : undefined
}

function pem(text: string | undefined): Buffer | undefined {
  return text ? Buffer.from(text) : undefined
}
