import type { WorkloadSpec } from '../executor/index.ts'
import { agentDirectory } from './agent-directory.ts'
import { jobDirectory } from '../container/index.ts'
import type { LaunchSettings, ResolvedLauncherOptions } from './launcher-options.ts'
import type { TaskRecord } from './task-record.ts'
import { nameOf } from './task-store.ts'

/** The workload of an attempt. The same attempt has the same id for ever, so it starts once. */
export function workloadIdOf(task: Pick<TaskRecord, 'key' | 'attempts'>): string {
  return `task-${nameOf(task.key)}-${task.attempts}`
}

/** An agent in single mode with the local driver: it takes one task and ends. Pure. */
export function taskSpec(task: TaskRecord, options: ResolvedLauncherOptions): WorkloadSpec {
  const { request } = task
  const launch = launchOf(request.action, options)
  const id = workloadIdOf(task)
  return {
    id,
    agentId: options.launcherId,
    directory: id,
    image: launch.image,
    argv: launch.argv,
    env: { ...agentEnvironment(task, options), ...launch.env },
    // Agents before 0.53 know the old names alone.
    secretEnv: {
      SCALR_AGENT_TOKEN: options.token,
      SCALR_TOKEN: options.token,
      ...launch.secretEnv,
    },
    resources: {
      ...(launch.memoryBytes === undefined ? {} : { memoryBytes: launch.memoryBytes }),
      ...(launch.cpus === undefined ? {} : { cpus: launch.cpus }),
    },
    ...(launch.user === undefined ? {} : { user: launch.user }),
    ...(launch.network === undefined ? {} : { network: launch.network }),
    caches: [],
    labels: Object.fromEntries(
      Object.entries({
        'scalr.io/task-id': request.taskId,
        'scalr.io/action': request.action,
        'scalr.io/run-id': request.runId,
        'scalr.io/workspace-id': request.workspaceId,
        'scalr.io/environment-id': request.environmentId,
      }).flatMap(([name, value]) => (isLabelValue(value) ? [[name, value]] : [])),
    ),
    startTimeoutMs: options.startTimeoutMs,
    deadlineMs: options.deadlineMs,
  }
}

/** @see Scalr's own serverless reference, which sets the old names of these. */
function agentEnvironment(
  task: TaskRecord,
  { url, dataDir, executor }: ResolvedLauncherOptions,
): Record<string, string> {
  // The root of a container is read-only; processes of one machine each need a place of their own.
  const place =
    executor.capabilities.isolation === 'container'
      ? `${jobDirectory}/scalr-agent-data`
      : agentDirectory(dataDir, task.key)
  return {
    SCALR_URL: url,
    // Unique in the pool, where the host's name may not be; and it leads from Scalr's pages to the task.
    SCALR_AGENT_NAME: workloadIdOf(task),
    SCALR_AGENT_DATA_DIR: place,
    SCALR_DATA_HOME: place,
    SCALR_AGENT_SINGLE: 'true',
    SCALR_SINGLE: 'true',
    SCALR_AGENT_DRIVER: 'local',
    SCALR_DRIVER: 'local',
  }
}

/** Of a label everywhere, Kubernetes included; the caller's words may be anything. */
function isLabelValue(value: string | undefined): value is string {
  return value !== undefined && /^[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/u.test(value)
}

/** What is launched for an action: its own settings before the common ones. */
function launchOf(action: string, options: ResolvedLauncherOptions): LaunchSettings {
  const { launch, actions } = options
  // Not `actions[action]`: the caller's word could be `constructor`.
  const own = Object.entries(actions).find(([name]) => name === action)?.[1] ?? {}
  return {
    ...launch,
    ...own,
    image: own.image ?? launch.image,
    argv: own.argv ?? launch.argv,
    env: { ...launch.env, ...own.env },
    secretEnv: { ...launch.secretEnv, ...own.secretEnv },
  }
}
