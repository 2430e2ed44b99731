import { z } from 'zod'

import type { Executor } from '../executor/index.ts'
import { silentLogger, systemClock, type Clock, type Logger } from '../runtime/index.ts'

const minuteMs = 60_000

/** What is started for a task. */
const launchSchema = z.strictObject({
  /** Image with an agent in it; executors without images ignore it. @default 'scalr/agent:latest' */
  image: z.string().min(1).default('scalr/agent:latest'),
  /** Program and arguments; an image's own entrypoint is not used. @default `scalr-agent run` */
  argv: z.tuple([z.string().min(1)], z.string()).default(['scalr-agent', 'run']),
  /** Further environment, not secret. */
  env: z.record(z.string(), z.string()).default({}),
  /** Further environment that no engine shows. */
  secretEnv: z.record(z.string(), z.string()).default({}),
  memoryBytes: z.number().positive().optional(),
  cpus: z.number().positive().optional(),
  /** `uid` or `uid:gid`. @default the executor's choice */
  user: z.string().optional(),
  network: z.string().optional(),
})

/** The same without defaults. */
const actionSchema = z.strictObject({
  image: z.string().min(1).optional(),
  argv: z.tuple([z.string().min(1)], z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  secretEnv: z.record(z.string(), z.string()).optional(),
  memoryBytes: z.number().positive().optional(),
  cpus: z.number().positive().optional(),
  user: z.string().optional(),
  network: z.string().optional(),
})

export const launcherOptionsSchema = z.strictObject({
  executor: z.custom<Executor>((value) => typeof value === 'object' && value !== null),
  /** Queue, outcomes and logs. */
  dataDir: z.string().min(1),
  /** Where the launched agents find Scalr. */
  url: z.url(),
  /** Of the agent pool; the launched agents register with it. */
  token: z.string().min(1),
  /** Whose workloads these are: launchers that share an engine have different ones. @default 'serverless' */
  launcherId: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u)
    .default('serverless'),
  /** Tasks at once. @default 5 */
  concurrency: z.int().min(1).max(1000).default(5),
  /** Most tasks that wait for a slot; more are answered with 503. @default 1000 */
  maxQueued: z.int().min(1).default(1000),
  /** What is launched for every action that `actions` does not name. */
  launch: launchSchema.prefault({}),
  /** By action: what differs from `launch`. */
  actions: z.record(z.string(), actionSchema).default({}),
  /** Until the agent's process runs. @default 180_000 */
  startTimeoutMs: z
    .int()
    .positive()
    .default(3 * minuteMs),
  /** For how long a task is tried again whose agent could not be started. @default 15 min */
  launchForMs: z
    .int()
    .positive()
    .default(15 * minuteMs),
  /** Most time that a launched agent may take. @default 1 h */
  deadlineMs: z
    .int()
    .positive()
    .default(60 * minuteMs),
  /** Most of its output that is kept. @default 16 MiB */
  logLimitBytes: z
    .int()
    .positive()
    .default(16 * 1024 ** 2),
  /** How long a key is remembered. @default 24 h */
  rememberMs: z
    .int()
    .positive()
    .default(24 * 60 * minuteMs),
  clock: z.custom<Clock>((value) => typeof value === 'object').default(systemClock),
  logger: z.custom<Logger>((value) => typeof value === 'object').default(silentLogger),
})

/** What a launcher starts, where, and how many at once. */
export type ServerlessLauncherOptions = z.input<typeof launcherOptionsSchema>
export type ResolvedLauncherOptions = z.output<typeof launcherOptionsSchema>
export type LaunchSettings = z.output<typeof launchSchema>
