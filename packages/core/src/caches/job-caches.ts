import type { CacheMount, OperationOptions } from '../executor/index.ts'

/** A program that a job may ask for in a version. */
export type ToolName = 'terraform' | 'tofu' | 'terragrunt' | 'opa'

/** A program in a version; `null`: whatever is there. */
export interface ToolRequest {
  readonly name: ToolName
  readonly version: string | null
}

/**
 * Where the job script finds a program: at an absolute path of the machine, below the job directory, or
 * in `PATH`. What comes from `PATH` is checked against `version` by the script, where one is given.
 */
export type ToolLocation =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'cache'; readonly path: string; readonly version: string }
  | { readonly kind: 'lookup'; readonly version: string | null }

/** What the job says of itself before its workload is made. */
export interface PrepareCachesRequest {
  readonly jobId: string
  readonly tools: readonly ToolRequest[]
  /** Text of the dependency lock file, where the configuration (or the plan) has one. */
  readonly lockFile?: string | undefined
  /**
   * Where the tools are looked for before the cache: the workload's `PATH` where it shares the agent's
   * file system; `image`, where the image is made for exactly these tools.
   */
  readonly lookIn: { readonly path: string } | 'image' | 'nowhere'
  /** Whether the executor mounts caches; without, the job's tools must be in its image. */
  readonly canMount: boolean
}

/** What the caches add to a workload. */
export interface PreparedCaches {
  readonly tools: Readonly<Partial<Record<ToolName, ToolLocation>>>
  /** Directories seen read-only at `caches/<name>` of the job directory. */
  readonly mounts: readonly CacheMount[]
  /**
   * Text of the tool's CLI configuration. `@job_dir@` in it stands for the job directory, which only the
   * job script knows.
   */
  readonly cliConfig: string | undefined
  /** Tokens of network mirrors (`TF_TOKEN_<host>`); masked in the log. */
  readonly secretEnv: Readonly<Record<string, string>>
  /** Lines for the console, as Scalr prints them. */
  readonly notes: readonly string[]
}

/**
 * The caches of an agent as a job sees them. What a job uses is never evicted until it is released,
 * also when the agent that prepared it has died since.
 */
export interface JobCaches {
  /**
   * Finds or fetches what the job needs and pins it. Idempotent by job.
   *
   * @throws `CacheError` when a tool in that version is not to be had: the job ends `errored`. Providers
   * never fail a job here: what is not in the cache is fetched by the tool itself.
   */
  prepare(request: PrepareCachesRequest, options: OperationOptions): Promise<PreparedCaches>
  /** A plan succeeded with this lock file: brings its providers into the cache, in the background. */
  learn(lockFile: string): void
  /** The job has ended, or `prepare` has failed: what it used may be evicted. Never throws. */
  release(jobId: string): Promise<void>
  /**
   * At start, once the data directory is locked: pins of jobs that are not among these are dropped, and
   * leftovers of a crash removed; what belongs to other agents stays. Never throws.
   */
  recover(jobIds: readonly string[]): Promise<void>
  /** Ends what runs in the background. */
  close(): Promise<void>
}
