import { join } from 'node:path'

import type { EngineOptions } from './engine-options.ts'

/**
 * The options that Docker's own variables mean: `DOCKER_HOST`, `DOCKER_CONTEXT`, `DOCKER_TLS_VERIFY`,
 * `DOCKER_CERT_PATH`, `DOCKER_CONFIG`; and `XDG_RUNTIME_DIR`, where a rootless engine listens.
 *
 * @example
 * ```ts
 * new DockerExecutor({ engine: engineOptionsFromEnv(process.env) })
 * ```
 */
export function engineOptionsFromEnv(
  env: Readonly<Record<string, string | undefined>>,
): EngineOptions {
  const get = (name: string): string | undefined => (env[name] === '' ? undefined : env[name])
  const host = get('DOCKER_HOST')
  const context = get('DOCKER_CONTEXT')
  const configDir = get('DOCKER_CONFIG')
  const runtimeDir = get('XDG_RUNTIME_DIR')
  const home = get('HOME')
  // As Docker's client: verification alone means the certificates beside its configuration.
  const besides = configDir ?? (home === undefined ? undefined : join(home, '.docker'))
  const certPath =
    get('DOCKER_CERT_PATH') ?? (get('DOCKER_TLS_VERIFY') === undefined ? undefined : besides)
  return {
    ...(host === undefined ? {} : { host }),
    ...(context === undefined ? {} : { context }),
    // Docker's client heeds certificates for TCP alone.
    ...(certPath === undefined || host?.startsWith('unix:') === true ? {} : { certPath }),
    ...(configDir === undefined ? {} : { configDir }),
    ...(runtimeDir === undefined ? {} : { runtimeDir }),
  }
}
