import { z } from 'zod'

import { imageModeSchema, stopActionSchema } from './agent-options.ts'
import { baseUrlsSchema, networkMirrorsSchema, signingKeysSchema } from './cache-options.ts'
import {
  boolean,
  count,
  json,
  list,
  megabytes,
  percent,
  seconds,
  text,
  variable,
  type EnvironmentVariable,
} from './environment-variable.ts'

const days = z.coerce.number().positive()
const mirrorsExample = '[{"url": "https://mirror.example.com/"}]'
const urlsExample = '{"terraform": "https://mirror.example.com/terraform"}'
const keysExample = '{"terraform": "/etc/scalr-agent/hashicorp.asc"}'

const connection = {
  SCALR_URL: variable(z.url(), (url) => ({ url })),
  SCALR_AGENT_TOKEN: variable(text, (token) => ({ token }), 'SCALR_TOKEN'),
  SCALR_AGENT_NAME: variable(text.max(64), (name) => ({ name })),
  SCALR_AGENT_WORKLOAD_URL: variable(z.url(), (workloadUrl) => ({ workloadUrl })),
  SCALR_AGENT_CA_CERT: variable(text, (caCert) => ({ caCert }), 'SCALR_CA_CERT'),
  SCALR_AGENT_CONTAINER_TASK_CA_CERT: variable(
    text,
    (workloadCaCert) => ({ workloadCaCert }),
    'SCALR_CONTAINER_TASK_CA_CERT',
  ),
}

const machine = {
  SCALR_AGENT_DATA_DIR: variable(text, (dataDir) => ({ dataDir }), 'SCALR_DATA_HOME'),
  SCALR_AGENT_CACHE_DIR: variable(text, (cacheDir) => ({ cacheDir })),
  SCALR_AGENT_HOOKS_DIR: variable(text, (hooksDir) => ({ hooksDir })),
  SCALR_AGENT_CONCURRENCY: variable(count, (concurrency) => ({ concurrency })),
  SCALR_AGENT_SINGLE: variable(boolean, (single) => ({ single }), 'SCALR_SINGLE'),
  SCALR_AGENT_SINGLE_WAIT_TIMEOUT: variable(seconds, (singleWaitMs) => ({ singleWaitMs })),
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

const jobs = {
  SCALR_AGENT_CONTAINER_TASK_IMAGE: variable(text, (image) => ({ image })),
  SCALR_AGENT_CONTAINER_TASK_IMAGE_MODE: variable(imageModeSchema, (imageMode) => ({ imageMode })),
  SCALR_AGENT_CONTAINER_TASK_IMAGE_REGISTRY: variable(
    text,
    (imageRegistry) => ({ imageRegistry }),
    'SCALR_CONTAINER_TASK_IMAGE_REGISTRY',
  ),
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
  SCALR_AGENT_CONTAINER_TASK_ACQUIRE_TIMEOUT: variable(
    seconds,
    (startTimeoutMs) => ({ startTimeoutMs }),
    'SCALR_CONTAINER_TASK_ACQUIRE_TIMEOUT',
  ),
  // The same, with Scalr's other driver for Kubernetes.
  SCALR_AGENT_KUBERNETES_TASK_STARTUP_TIMEOUT_SECONDS: variable(seconds, (startTimeoutMs) => ({
    startTimeoutMs,
  })),
  SCALR_AGENT_PARALLELISM: variable(count, (parallelism) => ({ parallelism })),
  SCALR_AGENT_POLICY_NETWORK: variable(boolean, (policyNetwork) => ({ policyNetwork })),
  SCALR_AGENT_MEMORY_MONITOR_ENABLED: variable(boolean, (enabled) => ({
    memoryMonitor: { enabled },
  })),
  SCALR_AGENT_MEMORY_MONITOR_SOFT_LIMIT_PERCENT: variable(percent, (softLimitPercent) => ({
    memoryMonitor: { softLimitPercent },
  })),
  SCALR_AGENT_MEMORY_MONITOR_WARN_PERCENT: variable(percent, (warnPercent) => ({
    memoryMonitor: { warnPercent },
  })),
}

const tools = {
  SCALR_AGENT_TERRAFORM_PATH: variable(text, (terraform) => ({ tools: { terraform } })),
  SCALR_AGENT_OPENTOFU_PATH: variable(text, (opentofu) => ({ tools: { opentofu } })),
  SCALR_AGENT_TERRAGRUNT_PATH: variable(text, (terragrunt) => ({ tools: { terragrunt } })),
  SCALR_AGENT_OPA_PATH: variable(text, (opa) => ({ tools: { opa } })),
  SCALR_AGENT_BINARY_CACHE_SIZE_LIMIT_MB: variable(megabytes, (sizeLimitBytes) => ({
    binaryCache: { sizeLimitBytes },
  })),
  SCALR_AGENT_BINARY_CACHE_THRESHOLD_DAYS: variable(days, (maxAgeDays) => ({
    binaryCache: { maxAgeDays },
  })),
  SCALR_AGENT_BINARY_CACHE_BASE_URLS: variable(json(baseUrlsSchema, urlsExample), (baseUrls) => ({
    binaryCache: { baseUrls },
  })),
  SCALR_AGENT_BINARY_CACHE_SIGNING_KEYS: variable(
    json(signingKeysSchema, keysExample),
    (signingKeys) => ({ binaryCache: { signingKeys } }),
  ),
}

const providers = {
  SCALR_AGENT_PROVIDER_CACHE_ENABLED: variable(boolean, (enabled) => ({
    providerCache: { enabled },
  })),
  SCALR_AGENT_PROVIDER_CACHE_SIZE_LIMIT_MB: variable(
    megabytes,
    (sizeLimitBytes) => ({ providerCache: { sizeLimitBytes } }),
    'SCALR_GC_PLUGINS_GLOBAL_SIZE_LIMIT',
  ),
  SCALR_AGENT_PROVIDER_CACHE_THRESHOLD_DAYS: variable(days, (maxAgeDays) => ({
    providerCache: { maxAgeDays },
  })),
  SCALR_AGENT_PROVIDER_CACHE_CONCURRENCY: variable(count, (concurrency) => ({
    providerCache: { concurrency },
  })),
  SCALR_AGENT_PROVIDER_CACHE_REGISTRY_HOSTS: variable(list, (registryHosts) => ({
    providerCache: { registryHosts },
  })),
  SCALR_AGENT_PROVIDER_NETWORK_MIRRORS: variable(
    json(networkMirrorsSchema, mirrorsExample),
    (networkMirrors) => ({ providerCache: { networkMirrors } }),
  ),
}

/** One row a variable: Scalr's own names, and those old names that Scalr itself still uses. */
export const environmentVariables: Readonly<Record<string, EnvironmentVariable>> = {
  ...connection,
  ...machine,
  ...jobs,
  ...tools,
  ...providers,
}

/**
 * Known, and no options of an agent: read by the daemon, or without meaning here, so that an environment
 * made for Scalr's own agent can be kept.
 */
export const otherVariables: readonly string[] = [
  'SCALR_AGENT_DRIVER',
  'SCALR_AGENT_DEBUG',
  'SCALR_AGENT_LOG_FORMAT',
  'SCALR_AGENT_BACKEND',
  // The configuration of a VCS agent.
  'SCALR_AGENT_VCS_CONFIG',
  // Page cache is never counted as memory of a job.
  'SCALR_AGENT_PROVIDER_CACHE_DROP_KERNEL_PAGES',
  // Options of the Kubernetes executor: `kubernetesOptionsFromEnv`.
  'SCALR_AGENT_CONTAINER_TASK_CPU_REQUEST',
  'SCALR_AGENT_CONTAINER_TASK_MEM_REQUEST',
  'SCALR_AGENT_CONTAINER_TASK_SCHEDULING_TIMEOUT',
  'SCALR_AGENT_KUBERNETES_AUTOMOUNT_SERVICE_ACCOUNT_TOKEN',
  'SCALR_AGENT_KUBERNETES_EFS_CLAIM_NAME',
  'SCALR_AGENT_KUBERNETES_TASK_ANNOTATIONS',
  'SCALR_AGENT_KUBERNETES_TASK_LABELS',
  'SCALR_AGENT_KUBERNETES_TASK_NODE_SELECTOR',
  'SCALR_AGENT_KUBERNETES_TASK_TOLERATIONS',
]
