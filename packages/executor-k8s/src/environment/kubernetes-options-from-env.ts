import { ConfigurationError } from '@scalr-agent/core'
import { z } from 'zod'

import { clusterOptionsFromEnv } from '../cluster/cluster-options-from-env.ts'
import type { ClusterOptions } from '../cluster/cluster-options.ts'
import type { CacheVolume } from '../manifest/cache-volume.ts'
import type { ResourceRequests } from '../manifest/pod-resources.ts'
import { podTemplateSchema, type PodTemplateOptions } from '../manifest/pod-template-options.ts'
import { base64Json } from './base64-json.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Options of the Kubernetes executor that the environment sets. */
export interface KubernetesEnvironmentOptions {
  readonly cluster: ClusterOptions
  readonly template: PodTemplateOptions
  readonly requests: ResourceRequests
  readonly schedulingTimeoutMs?: number
  readonly cacheVolume?: CacheVolume
}

const { annotations, labels, nodeSelector, tolerations } = podTemplateSchema.shape
const pairs = '{"team":"platform"}'
const someTolerations = '[{"key":"jobs","operator":"Exists","effect":"NoSchedule"}]'
const flag = z
  .enum(['true', 'false', '1', '0'], 'must be true, false, 1 or 0')
  .transform((value) => value === 'true' || value === '1')
const above0 = z.coerce.number('must be a number').positive('must be above 0')

/**
 * What Scalr's own variables for agents on Kubernetes mean, under new and old names, and what kubectl's
 * mean. Which jobs' limits there are is told by `optionsFromEnv` of core.
 *
 * @example
 * ```ts
 * new KubernetesExecutor(kubernetesOptionsFromEnv(process.env))
 * ```
 * @throws {@link ConfigurationError} that names every variable that cannot be used. Values are not shown.
 */
export function kubernetesOptionsFromEnv(env: Environment): KubernetesEnvironmentOptions {
  const issues: string[] = []
  const read = <T>(schema: z.ZodType<T>, name: string, oldName?: string): T | undefined => {
    const given = [name, oldName].find((it) => it !== undefined && (env[it] ?? '') !== '')
    if (given === undefined) return undefined
    const parsed = schema.safeParse(env[given])
    if (parsed.success) return parsed.data
    issues.push(`${given}: ${firstIssue(parsed.error)}`)
    return undefined
  }
  const readJson = <T>(schema: z.ZodType<T>, what: string, example: string): T | undefined =>
    read(
      base64Json(schema, example),
      `SCALR_AGENT_KUBERNETES_TASK_${what}`,
      `SCALR_KUBERNETES_ATASK_${what}`,
    )
  const template = withoutUndefined({
    labels: readJson(labels, 'LABELS', pairs),
    annotations: readJson(annotations, 'ANNOTATIONS', pairs),
    nodeSelector: readJson(nodeSelector, 'NODE_SELECTOR', '{"pool":"jobs"}'),
    tolerations: readJson(tolerations, 'TOLERATIONS', someTolerations),
    automountServiceAccountToken: read(
      flag,
      'SCALR_AGENT_KUBERNETES_AUTOMOUNT_SERVICE_ACCOUNT_TOKEN',
      'SCALR_KUBERNETES_AUTOMOUNT_SERVICE_ACCOUNT_TOKEN',
    ),
  })
  const requests = withoutUndefined({
    cpus: read(
      above0,
      'SCALR_AGENT_CONTAINER_TASK_CPU_REQUEST',
      'SCALR_CONTAINER_TASK_CPU_REQUEST',
    ),
    memoryBytes: read(
      above0.transform((megabytes) => Math.floor(megabytes * 1024 ** 2)),
      'SCALR_AGENT_CONTAINER_TASK_MEM_REQUEST',
      'SCALR_CONTAINER_TASK_MEM_REQUEST',
    ),
  })
  const schedulingTimeoutMs = read(
    above0.transform((seconds) => seconds * 1000),
    'SCALR_AGENT_CONTAINER_TASK_SCHEDULING_TIMEOUT',
    'SCALR_CONTAINER_TASK_SCHEDULING_TIMEOUT',
  )
  const cacheVolume = readCacheVolume(
    env,
    read(z.string(), 'SCALR_AGENT_KUBERNETES_EFS_CLAIM_NAME', 'SCALR_KUBERNETES_EFS_CLAIM_NAME'),
    issues,
  )
  if (issues.length > 0) {
    throw new ConfigurationError(
      `Cannot use the environment:\n${issues.map((issue) => `  - ${issue}`).join('\n')}`,
    )
  }
  return {
    cluster: clusterOptionsFromEnv(env),
    template,
    requests,
    ...withoutUndefined({ schedulingTimeoutMs, cacheVolume }),
  }
}

/** The claim holds the agent's caches, so where the agent has them must be told. */
function readCacheVolume(
  env: Environment,
  claim: string | undefined,
  issues: string[],
): CacheVolume | undefined {
  if (claim === undefined) return undefined
  const agentPath = env['SCALR_AGENT_CACHE_DIR']
  if (agentPath?.startsWith('/') === true) return { agentPath, persistentVolumeClaim: claim }
  issues.push(
    'SCALR_AGENT_KUBERNETES_EFS_CLAIM_NAME: needs SCALR_AGENT_CACHE_DIR, the absolute path at which the ' +
      'agent itself has mounted that claim',
  )
  return undefined
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues
  if (issue === undefined) return 'is not valid'
  const place = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : String(part)))
  return place.length === 0 ? issue.message : `${place.join('.')}: ${issue.message}`
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

function withoutUndefined<T extends object>(given: T): Defined<T> {
  const known = Object.entries(given).filter(([, value]) => value !== undefined)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the entries of the object itself
  return Object.fromEntries(known) as Defined<T>
}
