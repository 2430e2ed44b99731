import { silentLogger, systemClock, type Clock, type Logger } from '@scalr-agent/core'
import { parseUser } from '@scalr-agent/core/container'
import { z } from 'zod'

import { clusterOptionsSchema } from './cluster/cluster-options.ts'
import { cacheVolumeSchema } from './manifest/cache-volume.ts'
import { requestsSchema } from './manifest/pod-resources.ts'
import { podTemplateSchema } from './manifest/pod-template-options.ts'

const mebibyte = 1024 ** 2
const hourMs = 60 * 60_000

export const kubernetesExecutorOptionsSchema = z.strictObject({
  /** Which cluster, as whom, in which namespace. @default as kubectl finds it, or the pod's own */
  cluster: clusterOptionsSchema.prefault({}),
  /**
   * Image of workloads whose spec names none. `/bin/sh` and `tar` are all that it needs.
   * @default none: such a workload is refused
   */
  image: z.string().min(1).optional(),
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent'),
  /**
   * Numeric `uid` or `uid:gid` that workloads run as when their spec names none.
   * @default '1000:1000', or '0:0' with `root`
   */
  user: z
    .string()
    .refine((text) => parseUser(text) !== undefined, 'must be numeric, `uid` or `uid:gid`')
    .optional(),
  /** For images and hooks that install packages: root, and a root file system that can be written to. @default false */
  root: z.boolean().default(false),
  /** Size of `/tmp`, on the node's disk. @default 1 GiB */
  tmpBytes: z
    .int()
    .positive()
    .default(1024 * mebibyte),
  /**
   * Most output that is kept. What comes after it is dropped with a note.
   * @default 2 GiB
   */
  outputLimitBytes: z
    .int()
    .min(64 * 1024)
    .default(2 * 1024 * mebibyte),
  /**
   * How long files and output stay reachable after the end of a job whose agent is away; also how long a pod that is
   * evicted waits for its agent.
   * @default 1 h
   */
  keepMs: z.int().min(1000).default(hourMs),
  /** How often a pod that never started is replaced. One that started never is. @default 3 */
  backoffLimit: z.int().min(0).max(100).default(3),
  /** How long a pod may find no node before the job ends as `unschedulable`. @default 120_000 */
  schedulingTimeoutMs: z.int().positive().default(120_000),
  /** What of the pods is the operator's choice. */
  template: podTemplateSchema.prefault({}),
  /** What the scheduler keeps free for each job. @default the limits of the job */
  requests: requestsSchema.prefault({}),
  /** Where jobs find the caches of the agent. @default none: jobs run without */
  cacheVolume: cacheVolumeSchema.optional(),
  /**
   * `block` makes a NetworkPolicy for each job that keeps it from the metadata service of the cloud; it holds
   * where the cluster's network enforces policies.
   * @default 'block'
   */
  metadata: z.enum(['block', 'allow']).default('block'),
  /** Whether a PodDisruptionBudget keeps nodes from being drained while a job runs. @default true */
  podDisruptionBudget: z.boolean().default(true),
  /** Names of kubeJobs begin so. @default 'scalr-agent' */
  nameBase: z
    .string()
    .regex(/^[a-z0-9](?:[-a-z0-9]{0,30}[a-z0-9])?$/u, 'must be 1 to 32 of a-z, 0-9 and -')
    .default('scalr-agent'),
  /** @default the machine's own clock */
  clock: z.custom<Clock>((value) => typeof value === 'object').default(systemClock),
  /** @default a logger that says nothing */
  logger: z.custom<Logger>((value) => typeof value === 'object').default(silentLogger),
})

/** Which cluster, and how its pods are made. */
export type KubernetesExecutorOptions = z.input<typeof kubernetesExecutorOptionsSchema>
export type ResolvedKubernetesExecutorOptions = z.output<typeof kubernetesExecutorOptionsSchema>
