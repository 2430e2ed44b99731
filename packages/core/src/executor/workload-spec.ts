import type { Readable } from 'node:stream'

/** What to start. Plain data but for `files`, so that it can be journaled without its secrets. */
export interface WorkloadSpec {
  /**
   * Names the workload for ever: lower-case letters, digits and `-`, 1 to 63 characters
   * (RFC 1123 label). Launching the same id again gives the same workload.
   */
  readonly id: string
  /** The agent it belongs to; `list` and reaping go by it. */
  readonly agentId: string
  /**
   * Name of the job directory, same form as `id`. Workloads launched one after the other with the same
   * name see the same absolute path, as a plan and the apply of its saved plan must. Container
   * executors always use `/opt`; the process executor makes the path from this name. Two live
   * workloads never share one: the second launch is refused (`REJECTED`).
   */
  readonly directory: string
  /** Container image; ignored by executors without images. */
  readonly image?: string
  /** Program and arguments, untouched by any shell. The working directory is the job directory. */
  readonly argv: readonly [string, ...string[]]
  /**
   * Makes a fresh tar stream of what lies in the job directory before argv starts. A function, since a
   * launch that finds the workload already there reads nothing and one that retries reads twice.
   * Entries are files and directories with relative paths; anything that leaves the tree is refused.
   */
  readonly files?: () => Readable
  /** The whole environment, with `secretEnv`: nothing of the agent's own is added but PATH defaults. */
  readonly env: Readonly<Record<string, string>>
  /** As `env`, but never visible in engine inspection, argv, labels or records on disk. */
  readonly secretEnv: Readonly<Record<string, string>>
  readonly resources: WorkloadResources
  /** `uid` or `uid:gid`, numeric. Default: the executor's own choice. */
  readonly user?: string
  /** Name of an engine network; ignored by executors without networks. */
  readonly network?: string
  readonly caches: readonly CacheMount[]
  /** Labels for people and tools; never secret. */
  readonly labels: Readonly<Record<string, string>>
  /** Time from `launch` until the main process runs; past it the outcome is `not-started`. */
  readonly startTimeoutMs: number
  /** Time from the start until the engine ends it with `deadline`. A safety net; the agent's own comes first. */
  readonly deadlineMs?: number
}

/** Most that a workload may use; without limits where absent. */
export interface WorkloadResources {
  readonly memoryBytes?: number
  /** Cores, may be a fraction. */
  readonly cpus?: number
}

/** A directory of the machine that the workload sees read-only. */
export interface CacheMount {
  /** e.g. `providers`. Seen at `<job directory>/caches/<name>`. */
  readonly name: string
  /** Absolute path on the agent's machine. */
  readonly source: string
}
