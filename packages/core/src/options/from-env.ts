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
  readonly schema: z.ZodType
  /** Old name, still read; the new one wins. */
  readonly oldName?: string
  readonly set: (value: never) => AgentEnvironmentOptions
}

/** One row a variable: Scalr's own names, and those old names that Scalr itself still uses. */
const variables: Readonly<Record<string, Variable>> = {
  SCALR_URL: { schema: z.url(), set: (url: string) => ({ url }) },
  SCALR_AGENT_TOKEN: {
    schema: z.string().min(1),
    oldName: 'SCALR_TOKEN',
    set: (token: string) => ({ token }),
  },
  SCALR_AGENT_NAME: { schema: z.string().min(1).max(64), set: (name: string) => ({ name }) },
  SCALR_AGENT_DATA_DIR: {
    schema: z.string().min(1),
    oldName: 'SCALR_DATA_HOME',
    set: (dataDir: string) => ({ dataDir }),
  },
  SCALR_AGENT_CONCURRENCY: { schema: count, set: (concurrency: number) => ({ concurrency }) },
  SCALR_AGENT_WORKLOAD_URL: { schema: z.url(), set: (workloadUrl: string) => ({ workloadUrl }) },
  SCALR_AGENT_CA_CERT: {
    schema: z.string().min(1),
    oldName: 'SCALR_CA_CERT',
    set: (caCert: string) => ({ caCert }),
  },
  SCALR_AGENT_CONTAINER_TASK_CA_CERT: {
    schema: z.string().min(1),
    oldName: 'SCALR_CONTAINER_TASK_CA_CERT',
    set: (workloadCaCert: string) => ({ workloadCaCert }),
  },
  SCALR_AGENT_CONTAINER_TASK_IMAGE: {
    schema: z.string().min(1),
    set: (image: string) => ({ image }),
  },
  SCALR_AGENT_CONTAINER_TASK_MEM_LIMIT: {
    schema: megabytes,
    oldName: 'SCALR_CONTAINER_TASK_MEM_LIMIT',
    set: (jobMemoryBytes: number) => ({ jobMemoryBytes }),
  },
  SCALR_AGENT_CONTAINER_TASK_CPU_LIMIT: {
    schema: z.coerce.number().positive(),
    oldName: 'SCALR_CONTAINER_TASK_CPU_LIMIT',
    set: (jobCpus: number) => ({ jobCpus }),
  },
  SCALR_AGENT_WORKER_ON_STOP_ACTION: {
    schema: stopActionSchema,
    oldName: 'SCALR_WORKER_ON_STOP_ACTION',
    set: (stopAction: 'drain') => ({ stopAction }),
  },
  SCALR_AGENT_WORKER_DRAIN_TIMEOUT: {
    schema: seconds,
    oldName: 'SCALR_WORKER_DRAIN_TIMEOUT',
    set: (drainTimeoutMs: number) => ({ drainTimeoutMs }),
  },
  SCALR_AGENT_WORKER_GRACE_SHUTDOWN_TIMEOUT: {
    schema: seconds,
    oldName: 'SCALR_WORKER_GRACE_SHUTDOWN_TIMEOUT',
    set: (graceShutdownTimeoutMs: number) => ({ graceShutdownTimeoutMs }),
  },
  SCALR_AGENT_DISCONNECT_ON_STOP: {
    schema: boolean,
    oldName: 'SCALR_DISCONNECT_ON_STOP',
    set: (disconnectOnStop: boolean) => ({ disconnectOnStop }),
  },
  PATH: { schema: z.string().min(1), set: (path: string) => ({ path }) },
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
  for (const [name, variable] of Object.entries(variables)) {
    const given = env[name] !== undefined && env[name] !== '' ? name : variable.oldName
    const text = given === undefined ? undefined : env[given]
    if (text === undefined || text === '') continue
    const parsed = variable.schema.safeParse(text)
    if (parsed.success) options = { ...options, ...variable.set(parsed.data as never) }
    else issues.push(`${given}: ${parsed.error.issues[0]?.message ?? 'is not valid'}`)
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
