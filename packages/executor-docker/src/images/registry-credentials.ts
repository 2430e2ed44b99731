import { configDirectory, readDockerConfig, type DockerConfig } from '../engine/docker-config.ts'
import { askCredentialHelper } from './credential-helper.ts'
import type { ImageReference } from './image-reference.ts'

/** What the engine shows to a registry, in its own form. */
export type RegistryAuth =
  | { readonly username: string; readonly password: string; readonly serveraddress: string }
  | { readonly identitytoken: string; readonly serveraddress: string }
  | { readonly registrytoken: string; readonly serveraddress: string }

/** Where credentials are looked for. */
export interface CredentialOptions {
  readonly credentials: Readonly<
    Record<string, { readonly username: string; readonly password: string }>
  >
  readonly configDir?: string | undefined
  /** Environment of credential helpers. */
  readonly helperEnv?: Readonly<Record<string, string | undefined>> | undefined
  readonly signal: AbortSignal
}

/** Docker Hub's name in configuration files, since the first days. */
const hubKey = 'https://index.docker.io/v1/'

/**
 * Credentials for the registry of an image: those given, else from where Docker's own client has them, a
 * helper of that registry, the helper for all, or the file. `undefined` where there are none.
 *
 * @throws `CredentialHelperError`; `ConfigurationError` when the file cannot be read
 */
export async function findCredentials(
  reference: ImageReference,
  options: CredentialOptions,
): Promise<RegistryAuth | undefined> {
  const given = Object.hasOwn(options.credentials, reference.registry)
    ? options.credentials[reference.registry]
    : undefined
  const serveraddress = reference.registry === 'docker.io' ? hubKey : reference.registry
  if (given !== undefined) return { ...given, serveraddress }
  const config = await readDockerConfig(configDirectory(options.configDir))
  const helper =
    config.credHelpers[serveraddress] ?? config.credHelpers[reference.registry] ?? config.credsStore
  if (helper !== undefined && helper !== '') {
    const found = await askCredentialHelper(helper, serveraddress, {
      env: options.helperEnv,
      signal: options.signal,
    })
    if (found !== undefined) {
      return found.username === '<token>'
        ? { identitytoken: found.secret, serveraddress }
        : { username: found.username, password: found.secret, serveraddress }
    }
    // A helper of one registry is the only one asked for it.
    if (helper !== config.credsStore) return undefined
  }
  return fromFile(config, reference.registry, serveraddress)
}

function fromFile(
  config: DockerConfig,
  registry: string,
  serveraddress: string,
): RegistryAuth | undefined {
  const key =
    [serveraddress, registry].find((name) => Object.hasOwn(config.auths, name)) ??
    // Older files name a registry by URL.
    Object.keys(config.auths).find((name) => hostOf(name) === registry)
  const entry = key === undefined ? undefined : config.auths[key]
  if (entry === undefined) return undefined
  const { identitytoken, registrytoken } = entry
  if (identitytoken !== undefined && identitytoken !== '') return { identitytoken, serveraddress }
  if (registrytoken !== undefined && registrytoken !== '') return { registrytoken, serveraddress }
  const { username, password } = decode(entry.auth) ?? entry
  if (username === undefined || username === '' || password === undefined) return undefined
  return { username, password, serveraddress }
}

/** Base64 of `user:password`; a password may hold colons, and some files end in NUL bytes. */
function decode(
  auth: string | undefined,
): { readonly username: string; readonly password: string } | undefined {
  if (auth === undefined || auth === '') return undefined
  const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/u, '')
  const colon = text.indexOf(':')
  if (colon < 1) return undefined
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

function hostOf(key: string): string {
  return key.replace(/^https?:\/\//u, '').replace(/\/.*$/u, '')
}
