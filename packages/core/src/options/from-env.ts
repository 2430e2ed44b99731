import { ConfigurationError } from '../errors/index.ts'
import type { AgentEnvironmentOptions } from './environment-variable.ts'
import { environmentVariables, otherVariables } from './environment-variables.ts'
import { nearestName } from './nearest-name.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Agent options from environment variables, under Scalr's own names. The only place of the SDK that
 * knows the environment; a constructor argument wins over it: `{ ...optionsFromEnv(), concurrency: 3 }`.
 *
 * A variable that begins `SCALR_AGENT_` and is not known is an error, since it is most likely misspelt.
 *
 * @throws {@link ConfigurationError} that names every variable that cannot be used. Values are not shown.
 */
export function optionsFromEnv(env: Environment = process.env): AgentEnvironmentOptions {
  const issues: string[] = []
  let options: AgentEnvironmentOptions = {}
  for (const [name, { oldName, read }] of Object.entries(environmentVariables)) {
    const given = env[name] !== undefined && env[name] !== '' ? name : oldName
    const value = given === undefined ? undefined : env[given]
    if (value === undefined || value === '') continue
    const result = read(value)
    if ('issue' in result) issues.push(`${given}: ${result.issue}`)
    else options = merge(options, result)
  }
  issues.push(...unknownVariables(env))
  if (issues.length > 0) {
    throw new ConfigurationError(
      `Cannot use the environment:\n${issues.map((issue) => `  - ${issue}`).join('\n')}`,
    )
  }
  const proxy = readProxy(env)
  return proxy === undefined ? options : { ...options, proxy }
}

/** How the daemon is set by the environment beside the agent's options. */
export interface DaemonEnvironment {
  readonly driver: string | undefined
  readonly debug: boolean
  readonly logFormat: 'plain' | 'json'
}

/** @throws {@link ConfigurationError} */
export function daemonFromEnv(env: Environment = process.env): DaemonEnvironment {
  const logFormat = env['SCALR_AGENT_LOG_FORMAT'] || env['SCALR_LOG_FORMAT'] || 'json'
  if (logFormat !== 'plain' && logFormat !== 'json' && logFormat !== 'dev') {
    throw new ConfigurationError(
      `Cannot use the environment:\n  - SCALR_AGENT_LOG_FORMAT: must be plain, dev or json`,
    )
  }
  const debug = env['SCALR_AGENT_DEBUG'] || env['SCALR_DEBUG']
  return {
    // Empty is not set, as with every other variable.
    driver: env['SCALR_AGENT_DRIVER'] || env['SCALR_DRIVER'] || undefined,
    debug: debug === 'true' || debug === '1',
    logFormat: logFormat === 'json' ? 'json' : 'plain',
  }
}

/** Several variables may set parts of one option. */
function merge(
  options: AgentEnvironmentOptions,
  more: AgentEnvironmentOptions,
): AgentEnvironmentOptions {
  return {
    ...options,
    ...more,
    ...both('tools'),
    ...both('binaryCache'),
    ...both('providerCache'),
    ...both('memoryMonitor'),
  }

  function both(name: 'tools' | 'binaryCache' | 'providerCache' | 'memoryMonitor'): object {
    const value = { ...options[name], ...more[name] }
    return Object.keys(value).length === 0 ? {} : { [name]: value }
  }
}

function unknownVariables(env: Environment): readonly string[] {
  const known = [...Object.keys(environmentVariables), ...otherVariables]
  return Object.keys(env)
    .filter((name) => name.startsWith('SCALR_AGENT_') && !known.includes(name))
    .map((name) => {
      const near = nearestName(
        name,
        known.filter((it) => it.startsWith('SCALR_')),
      )
      return `${name}: unknown variable${near === undefined ? '' : `; did you mean ${near}?`}`
    })
}

function readProxy(env: Environment): AgentEnvironmentOptions['proxy'] {
  const read = (name: string): string | undefined =>
    env[name] || env[name.toLowerCase()] || undefined
  const proxy = {
    ...(read('HTTP_PROXY') === undefined ? {} : { httpProxy: read('HTTP_PROXY') }),
    ...(read('HTTPS_PROXY') === undefined ? {} : { httpsProxy: read('HTTPS_PROXY') }),
    ...(read('NO_PROXY') === undefined ? {} : { noProxy: read('NO_PROXY') }),
  }
  return Object.keys(proxy).length === 0 ? undefined : proxy
}
