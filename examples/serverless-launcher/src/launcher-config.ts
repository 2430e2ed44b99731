import { ConfigurationError } from '@scalr-agent/core'
import { z } from 'zod'

const text = z.string().min(1)
const count = z.coerce.number().int().positive()
const seconds = z.coerce
  .number()
  .nonnegative()
  .transform((value) => value * 1000)
/** With commas or blanks between them. */
const list = text.transform((value) => value.split(/[\s,]+/u).filter((item) => item !== ''))

/** An address and a port: `127.0.0.1:8080`, `[::]:8443`. */
const place = z
  .string()
  .regex(/^(?:\[[0-9a-f:.]+\]|[\w.-]+):\d{1,5}$/iu, 'must be an address and a port: 0.0.0.0:8080')
  .transform((value) => {
    const colon = value.lastIndexOf(':')
    return {
      host: value.slice(0, colon).replace(/^\[|\]$/gu, ''),
      port: Number(value.slice(colon + 1)),
    }
  })

const json = z.string().transform((value, context): unknown => {
  try {
    return JSON.parse(value)
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' })
    return z.NEVER
  }
})
const texts = z.record(z.string(), z.string())
const argv = json.pipe(z.tuple([text], z.string()))
const actionsSchema = z.record(
  z.string(),
  z.strictObject({
    image: text.optional(),
    argv: z.tuple([text], z.string()).optional(),
    env: texts.optional(),
    memoryBytes: z.number().positive().optional(),
    cpus: z.number().positive().optional(),
  }),
)

/** Every variable, with its default. README.md has the same table in words. */
const configSchema = z.object({
  SCALR_URL: z.url(),
  SCALR_AGENT_TOKEN: text,
  SCALR_AGENT_CA_CERT: text.optional(),
  LAUNCHER_EXECUTOR: z.enum(['process', 'docker', 'kubernetes']).default('docker'),
  LAUNCHER_DATA_DIR: text.default('/var/lib/scalr-launcher'),
  LAUNCHER_ID: text.default('serverless'),
  LAUNCHER_LISTEN: place.prefault('127.0.0.1:8080'),
  LAUNCHER_PATH: z.string().startsWith('/').default('/'),
  LAUNCHER_SECRET_HEADER: text.default('x-launch-secret'),
  LAUNCHER_SECRET: text.optional(),
  LAUNCHER_SECRET_OLD: text.optional(),
  LAUNCHER_TLS_CERT: text.optional(),
  LAUNCHER_TLS_KEY: text.optional(),
  LAUNCHER_CLIENT_CA: text.optional(),
  LAUNCHER_CLIENT_NAMES: list.optional(),
  LAUNCHER_ALLOW: list.optional(),
  LAUNCHER_ALLOWLIST: text.optional(),
  LAUNCHER_TRUSTED_PROXIES: list.optional(),
  LAUNCHER_STATUS_LISTEN: place.prefault('127.0.0.1:9090'),
  LAUNCHER_STATUS_TOKEN: text.optional(),
  LAUNCHER_CONCURRENCY: count.default(5),
  LAUNCHER_MAX_QUEUED: count.default(1000),
  LAUNCHER_DEADLINE: seconds.prefault('3600'),
  LAUNCHER_DRAIN_TIMEOUT: seconds.prefault('20'),
  LAUNCHER_IMAGE: text.optional(),
  LAUNCHER_ARGV: argv.optional(),
  LAUNCHER_ENV: json.pipe(texts).optional(),
  LAUNCHER_MEMORY_MB: count.optional(),
  LAUNCHER_CPUS: z.coerce.number().positive().optional(),
  LAUNCHER_USER: text.optional(),
  LAUNCHER_NETWORK: text.optional(),
  LAUNCHER_ACTIONS: json.pipe(actionsSchema).optional(),
})

/** How the daemon is set. */
export type LauncherConfig = z.output<typeof configSchema>

/** Reads the environment. @throws ConfigurationError that names each variable that is wrong, and shows no value */
export function readLauncherConfig(
  env: Readonly<Record<string, string | undefined>>,
): LauncherConfig {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const unknown = Object.keys(given).filter(
    (name) => name.startsWith('LAUNCHER_') && !Object.hasOwn(configSchema.shape, name),
  )
  if (unknown.length > 0) {
    throw new ConfigurationError(
      `Cannot use the environment of the launcher: ${unknown.join(', ')} is unknown, most likely misspelt. README.md lists all.`,
    )
  }
  const parsed = configSchema.safeParse(given)
  if (!parsed.success) {
    throw ConfigurationError.fromZod('the environment of the launcher', parsed.error)
  }
  const config = parsed.data
  if ((config.LAUNCHER_TLS_CERT === undefined) !== (config.LAUNCHER_TLS_KEY === undefined)) {
    throw new ConfigurationError(
      'Cannot start the launcher: give both LAUNCHER_TLS_CERT and LAUNCHER_TLS_KEY, or none of them behind a proxy that ends TLS.',
    )
  }
  const { LAUNCHER_CLIENT_CA: clientCa, LAUNCHER_CLIENT_NAMES: names } = config
  if (
    (clientCa !== undefined && config.LAUNCHER_TLS_CERT === undefined) ||
    (names !== undefined && clientCa === undefined)
  ) {
    throw new ConfigurationError(
      'Cannot start the launcher: certificates of callers are known by TLS alone. LAUNCHER_CLIENT_NAMES needs LAUNCHER_CLIENT_CA, and that needs LAUNCHER_TLS_CERT and LAUNCHER_TLS_KEY.',
    )
  }
  if (config.LAUNCHER_SECRET === undefined && clientCa === undefined) {
    throw new ConfigurationError(
      'Cannot start the launcher: whoever reaches it could start agents. Set LAUNCHER_SECRET to what the header of the pool holds (openssl rand -hex 32), or LAUNCHER_CLIENT_CA.',
    )
  }
  return config
}
