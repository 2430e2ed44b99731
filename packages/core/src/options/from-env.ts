import { z } from 'zod'

import { ConfigurationError } from '../errors/index.ts'
import { stopActionSchema, type AgentOptions } from './agent-options.ts'

/** What the environment can set; the executor and the logger come from code. */
export type AgentEnvironmentOptions = Omit<Partial<AgentOptions>, 'executor' | 'logger'>

type Environment = Readonly<Record<string, string | undefined>>

const seconds = z.coerce
  .number()
  .nonnegative()
  .transform((value) => value * 1000)
const count = z.coerce.number().int().positive()
const megabytes = count.transform((value) => value * 1024 ** 2)
const boolean = z
  .enum(['true', 'false', '1', '0'], 'must be true, false, 1 or 0')
  .transform((value) => value === 'true' || value === '1')

interface Variable {
  /** Old name, still read; the new one wins. */
  readonly oldName: string | undefined
  /** The options that a text means, or why it means none. */
  readonly read: (text: string) => AgentEnvironmentOptions | { readonly issue: string }
}

function variable<T>(
  schema: z.ZodType<T>,
  set: (value: T) => AgentEnvironmentOptions,
  oldName?: string,
): Variable {
  return {
    oldName,
    read: (text) => {
      const parsed = schema.safeParse(text)
      if (parsed.success) return set(parsed.data)
      return { issue: parsed.error.issues[0]?.message ?? 'is not valid' }
    },
  }
}

const text = z.string().min(1)

/** One row a variable: Scalr's own names, and those old names that Scalr itself still uses. */
const variables: Readonly<Record<string, Variable>> = {
  SCALR_URL: variable(z.url(), (url) => ({ url })),
  SCALR_AGENT_TOKEN: variable(text, (token) => ({ token }), 'SCALR_TOKEN'),
  SCALR_AGENT_NAME: variable(text.max(64), (name) => ({ name })),
  SCALR_AGENT_DATA_DIR: variable(text, (dataDir) => ({ dataDir }), 'SCALR_DATA_HOME'),
  SCALR_AGENT_CONCURRENCY: variable(count, (concurrency) => ({ concurrency })),
  SCALR_AGENT_WORKLOAD_URL: variable(z.url(), (workloadUrl) => ({ workloadUrl })),
  SCALR_AGENT_CA_CERT: variable(text, (caCert) => ({ caCert }), 'SCALR_CA_CERT'),
  SCALR_AGENT_CONTAINER_TASK_CA_CERT: variable(
    text,
    (workloadCaCert) => ({ workloadCaCert }),
    'SCALR_CONTAINER_TASK_CA_CERT',
  ),
  SCALR_AGENT_CONTAINER_TASK_IMAGE: variable(text, (image) => ({ image })),
  SCALR_AGENT_CONTAINER_TASK_MEM_LIMIT: variable(
    megabytes,
    (jobMemoryBytes) => ({ jobMemoryBytes }),
    'SCALR_CONTAINER_TASK_MEM_LIMIT',
  ),
  SCALR_AGENT_CONTAINER_TASK_CPU_LIMIT: variable(
    z.coerce.number().positive(),
    (jobCpus) => ({ jobCpus }),
    'SCALR_CONTAINER_TASK_CPU_LIMIT',
  ),
  SCALR_AGENT_WORKER_ON_STOP_ACTION: variable(
    stopActionSchema,
    (stopAction) => ({ stopAction }),
    'SCALR_WORKER_ON_STOP_ACTION',
  ),
  SCALR_AGENT_WORKER_DRAIN_TIMEOUT: variable(
    seconds,
    (drainTimeoutMs) => ({ drainTimeoutMs }),
    'SCALR_WORKER_DRAIN_TIMEOUT',
  ),
  SCALR_AGENT_WORKER_GRACE_SHUTDOWN_TIMEOUT: variable(
    seconds,
    (graceShutdownTimeoutMs) => ({ graceShutdownTimeoutMs }),
    'SCALR_WORKER_GRACE_SHUTDOWN_TIMEOUT',
  ),
  SCALR_AGENT_DISCONNECT_ON_STOP: variable(
    boolean,
    (disconnectOnStop) => ({ disconnectOnStop }),
    'SCALR_DISCONNECT_ON_STOP',
  ),
  PATH: variable(text, (path) => ({ path })),
}

/** Read by the daemon for things that are no agent options: driver, log format, debug. */
const otherNames = [
  'SCALR_AGENT_DRIVER',
  'SCALR_AGENT_DEBUG',
  'SCALR_AGENT_LOG_FORMAT',
  'SCALR_AGENT_BACKEND',
]

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
  for (const [name, { oldName, read }] of Object.entries(variables)) {
    const given = env[name] !== undefined && env[name] !== '' ? name : oldName
    const value = given === undefined ? undefined : env[given]
    if (value === undefined || value === '') continue
    const result = read(value)
    if ('issue' in result) issues.push(`${given}: ${result.issue}`)
    else options = { ...options, ...result }
  }
  for (const name of Object.keys(env)) {
    if (!name.startsWith('SCALR_AGENT_') || name in variables || otherNames.includes(name)) continue
    const near = nearest(name)
    issues.push(`${name}: unknown variable${near === undefined ? '' : `; did you mean ${near}?`}`)
  }
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
  const logFormat = env['SCALR_AGENT_LOG_FORMAT'] ?? env['SCALR_LOG_FORMAT'] ?? 'json'
  if (logFormat !== 'plain' && logFormat !== 'json' && logFormat !== 'dev') {
    throw new ConfigurationError(
      `Cannot use the environment:\n  - SCALR_AGENT_LOG_FORMAT: must be plain, dev or json`,
    )
  }
  const debug = env['SCALR_AGENT_DEBUG'] ?? env['SCALR_DEBUG']
  return {
    driver: env['SCALR_AGENT_DRIVER'] ?? env['SCALR_DRIVER'],
    debug: debug === 'true' || debug === '1',
    logFormat: logFormat === 'json' ? 'json' : 'plain',
  }
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

/** The known name that differs least, if any is near. */
function nearest(name: string): string | undefined {
  const known = [...Object.keys(variables), ...otherNames].filter((it) => it.startsWith('SCALR_'))
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .toSorted((a, b) => a.distance - b.distance)
  return best !== undefined && best.distance <= 4 ? best.candidate : undefined
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}
