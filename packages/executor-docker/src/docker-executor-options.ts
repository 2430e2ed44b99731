import { silentLogger, systemClock, type Clock, type Logger } from '@scalr-agent/core'
import { parseUser } from '@scalr-agent/core/container'
import { z } from 'zod'

import { engineOptionsSchema } from './engine/engine-options.ts'
import { imageOptionsSchema } from './images/image-options.ts'
import type { PullProgress } from './images/pull-progress.ts'

const mebibyte = 1024 ** 2

export const dockerExecutorOptionsSchema = z.strictObject({
  /** Which engine. @default looked for where Docker's own client does */
  engine: engineOptionsSchema.prefault({}),
  /**
   * Image of workloads whose spec names none.
   * @default none: such a workload is refused
   */
  image: z.string().min(1).optional(),
  /** How images come to the engine. */
  images: imageOptionsSchema.prefault({}),
  /** Called at most once a second for each pull, and at its end. */
  onPullProgress: z
    .custom<(progress: PullProgress) => void>((value) => typeof value === 'function')
    .optional(),
  /**
   * Numeric `uid` or `uid:gid` that workloads run as when their spec names none.
   * @default '1000:1000', or '0:0' with `root`
   */
  user: z
    .string()
    .refine((text) => parseUser(text) !== undefined, 'must be numeric, `uid` or `uid:gid`')
    .optional(),
  /**
   * For images and hooks that install packages: root, a root file system that can be written to, and
   * the few capabilities that a package manager needs.
   * @default false
   */
  root: z.boolean().default(false),
  /**
   * Network of workloads whose spec names none: `bridge`, or one that exists in the engine.
   * @default 'bridge'
   */
  network: z.string().min(1).default('bridge'),
  /**
   * `block` keeps workloads from the metadata service of the cloud (169.254.169.0/24) by a network of
   * their own, `scalr-agent-no-metadata`. `allow` does not; needed for the networks `host` and
   * `container:…`, and on Google Cloud unless `dns` is given, since the resolver has that address there.
   * @default 'block'
   */
  metadata: z.enum(['block', 'allow']).default('block'),
  /** Resolvers of workloads. @default the engine's choice */
  dns: z.array(z.string().min(1)).default([]),
  /**
   * Lines for /etc/hosts, `name:address`. `host-gateway` as address is the machine of the engine.
   * @default `host.docker.internal:host-gateway`
   */
  extraHosts: z
    .array(z.string().regex(/^[^:\s]+:\S+$/u))
    .default(['host.docker.internal:host-gateway']),
  /** Most processes and threads of a workload. @default 1024 */
  pidsLimit: z.int().positive().default(1024),
  /** Size of `/tmp`, which lies in memory and counts as such. @default 128 MiB */
  tmpBytes: z
    .int()
    .positive()
    .default(128 * mebibyte),
  /** Limits of the kernel on each process. @default no core dumps */
  ulimits: z
    .array(z.strictObject({ name: z.string().min(1), soft: z.int(), hard: z.int() }))
    .default([{ name: 'core', soft: 0, hard: 0 }]),
  /**
   * Most output that is kept. What comes after it is dropped with a note, so that a runaway log cannot
   * fill the disk of the engine.
   * @default 2 GiB
   */
  outputLimitBytes: z
    .int()
    .min(64 * 1024)
    .default(2 * 1024 * mebibyte),
  /**
   * Log driver of containers. Workloads do not write there; only what the engine itself says of a start
   * that failed.
   * @default a small file of driver `local`
   */
  log: z
    .strictObject({
      driver: z.string().min(1),
      options: z.record(z.string(), z.string()).default({}),
    })
    .default({
      driver: 'local',
      options: { 'max-size': '64k', 'max-file': '1', compress: 'false' },
    }),
  /**
   * Whether the engine runs on this machine and sees its files at the same paths: caches are mounted
   * then, and admission counts the machine's memory. `DockerExecutor.connect` finds out.
   * @default false
   */
  localEngine: z.boolean().default(false),
  /** @default the machine's own clock */
  clock: z.custom<Clock>((value) => typeof value === 'object').default(systemClock),
  /** @default a logger that says nothing */
  logger: z.custom<Logger>((value) => typeof value === 'object').default(silentLogger),
})

/** Which engine, and how its containers are made. */
export type DockerExecutorOptions = z.input<typeof dockerExecutorOptionsSchema>
export type ResolvedDockerExecutorOptions = z.output<typeof dockerExecutorOptionsSchema>
