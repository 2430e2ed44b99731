import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'

import { ConfigurationError } from '../errors/index.ts'
import type { Executor } from '../executor/index.ts'
import { silentLogger, type Logger } from '../runtime/index.ts'
import { binaryCacheSchema, providerCacheSchema } from './cache-options.ts'
import { durationSchema } from './duration.ts'
import { memoryMonitorSchema } from './memory-monitor-options.ts'

/** What the agent does on its first SIGTERM, SIGINT or SIGHUP; Scalr's three words. */
export const stopActionSchema = z.enum(['drain', 'grace-shutdown', 'force-shutdown'])
/** What an agent that is told to stop does with its jobs. */
export type StopAction = z.infer<typeof stopActionSchema>

/** Results of ended workloads still have to be reported; the time-outs leave this much for it. */
const reportMs = 10_000
const minimumDrainMs = 120_000
const minimumGraceMs = 30_000

const executorSchema = z.custom<Executor>(
  (value) =>
    typeof value === 'object' && value !== null && 'launch' in value && 'capabilities' in value,
  'must be an Executor, e.g. new ProcessExecutor({ dataDir })',
)

const loggerSchema = z.custom<Logger>(
  (value) => typeof value === 'object' && value !== null && 'info' in value && 'child' in value,
  'must have debug, info, warn, error and child, as a pino logger has',
)

const absolutePath = z.string().startsWith('/', 'must be an absolute path')

const toolPathsSchema = z.strictObject({
  terraform: absolutePath.optional(),
  opentofu: absolutePath.optional(),
  terragrunt: absolutePath.optional(),
  opa: absolutePath.optional(),
})

/** Which image a job runs in, in Scalr's words. */
export const imageModeSchema = z.enum(['golden', 'legacy'])

/** Every option of an agent, with its default. Unknown ones are errors. */
const agentOptionsSchema = z
  .strictObject({
    /** URL of the control plane, HTTPS or loopback. @default the issuer in the token's payload. */
    url: z.url().optional(),
    /** Token of the agent pool: registers this agent and does nothing else. */
    token: z
      .string()
      .default('')
      .refine(
        (token) => token !== '',
        'is missing: make an access token of the agent pool and set SCALR_AGENT_TOKEN to it',
      ),
    /** Starts the workloads. */
    executor: executorSchema,
    /** Journals, log spools and downloaded files; one agent at a time. */
    dataDir: z.string().min(1).default('/var/lib/scalr-agent'),
    /** Programs and providers that jobs share. @default `dataDir` */
    cacheDir: z.string().min(1).optional(),
    /** Hooks of this agent: files named after their stage, e.g. `pre-plan`. @default `<dataDir>/hooks` */
    hooksDir: z.string().min(1).optional(),
    /** Unique in its pool. @default the host name. */
    name: z
      .string()
      .min(1)
      .max(64)
      .default(() => hostname().slice(0, 64)),
    /** Jobs at once. @default 5 */
    concurrency: z.int().min(1).max(1000).default(5),
    /** Takes exactly one job, reports it, disconnects and ends; `concurrency` is 1 then. @default false */
    single: z.boolean().default(false),
    /** How long single mode waits for its job. @default 5 min */
    singleWaitMs: durationSchema.default(300_000),
    /** URL at which workloads reach the control plane for their state. @default `url` */
    workloadUrl: z.url().optional(),
    /** CA bundle for the agent's own calls, instead of the built-in roots: a path, PEM text or base64 of it. */
    caCert: z.string().min(1).optional(),
    /** CA bundle that workloads trust, likewise. @default `caCert` */
    workloadCaCert: z.string().min(1).optional(),
    /** Proxies for the agent and, handed on, for workloads. */
    proxy: z
      .strictObject({
        httpProxy: z.string().optional(),
        httpsProxy: z.string().optional(),
        noProxy: z.string().optional(),
      })
      .optional(),
    /** PATH of workloads of an executor without isolation. */
    path: z.string().min(1).default('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'),
    /** Absolute paths of the tools, as the workload sees them. @default looked up in PATH, then cached */
    tools: toolPathsSchema.default({}),
    /** Programs that are downloaded for jobs that ask for a version. */
    binaryCache: binaryCacheSchema.prefault({}),
    /** Providers that are kept for the next `init`. */
    providerCache: providerCacheSchema.prefault({}),
    /** Operations that Terraform or OpenTofu runs at once. @default the tool's own, 10 */
    parallelism: z.int().min(1).max(1000).optional(),
    /** Whether policies may send requests (Rego's `http.send`). @default false */
    policyNetwork: z.boolean().default(false),
    /** Container image of jobs; for executors with images. */
    image: z.string().min(1).optional(),
    /** `golden`: `image` for all; `legacy`: one image for each tool in each version. @default 'golden' */
    imageMode: imageModeSchema.default('golden'),
    /** Where legacy images lie: with a slash at its end the namespace is kept. @default Docker Hub */
    imageRegistry: z.string().min(1).optional(),
    /** Memory limit of a job that says nothing else. @default 512 MiB */
    jobMemoryBytes: z
      .int()
      .positive()
      .default(512 * 1024 ** 2),
    /** CPU limit of a job that says nothing else, in cores. @default 1 */
    jobCpus: z.number().positive().default(1),
    /** One interrupt before the memory limit, so that the state is saved. */
    memoryMonitor: memoryMonitorSchema.prefault({}),
    /** Memory that admission leaves free. @default 256 MiB */
    memoryReserveBytes: z
      .int()
      .nonnegative()
      .default(256 * 1024 ** 2),
    /** Disk space that admission leaves free in `dataDir`. @default 512 MiB */
    diskReserveBytes: z
      .int()
      .nonnegative()
      .default(512 * 1024 ** 2),
    /** Masked log that waits on disk for the control plane, for one job. @default 1 GiB */
    logSpoolBytes: z
      .int()
      .positive()
      .default(1024 ** 3),
    /** Time from launch until a workload runs. @default 180 s */
    startTimeoutMs: durationSchema.default(180_000),
    /** What the first signal does. @default 'drain' */
    stopAction: stopActionSchema.default('drain'),
    /** How long a drain waits for jobs before it soft-cancels them. @default 180 s */
    drainTimeoutMs: durationSchema.default(180_000),
    /** How long soft-cancelled jobs may take before they are left for adoption. @default 60 s */
    graceShutdownTimeoutMs: durationSchema.default(60_000),
    /** Whether `run()` listens to SIGTERM, SIGINT and SIGHUP. @default true */
    handleSignals: z.boolean().default(true),
    /** Whether the agent deregisters when it stops without jobs left. @default true */
    disconnectOnStop: z.boolean().default(true),
    /** @default says nothing */
    logger: loggerSchema.default(silentLogger),
  })
  .superRefine((options, context) => {
    const { stopAction, drainTimeoutMs, graceShutdownTimeoutMs } = options
    if (
      stopAction === 'drain' &&
      drainTimeoutMs + graceShutdownTimeoutMs + reportMs < minimumDrainMs
    ) {
      context.addIssue({
        code: 'custom',
        path: ['drainTimeoutMs'],
        message: `drainTimeoutMs + graceShutdownTimeoutMs + ${reportMs} must be at least ${minimumDrainMs}, or an apply could lose its state`,
      })
    }
    if (stopAction === 'grace-shutdown' && graceShutdownTimeoutMs + reportMs < minimumGraceMs) {
      context.addIssue({
        code: 'custom',
        path: ['graceShutdownTimeoutMs'],
        message: `graceShutdownTimeoutMs must be at least ${minimumGraceMs - reportMs}, or an apply could lose its state`,
      })
    }
  })
  .transform((options) => ({
    ...options,
    concurrency: options.single ? 1 : options.concurrency,
    // Absolute, since engines mount what lies there.
    cacheDir: resolve(options.cacheDir ?? options.dataDir),
    hooksDir: resolve(options.hooksDir ?? join(options.dataDir, 'hooks')),
  }))

/** Options as a user writes them. */
export type AgentOptions = z.input<typeof agentOptionsSchema>
/** Options with every default filled in. */
export type ResolvedAgentOptions = z.output<typeof agentOptionsSchema>

/** @throws {@link ConfigurationError} that lists every issue. */
export function resolveAgentOptions(options: AgentOptions): ResolvedAgentOptions {
  const parsed = agentOptionsSchema.safeParse(options)
  if (!parsed.success) throw ConfigurationError.fromZod('the options of the agent', parsed.error)
  return parsed.data
}
