import type { HookStage } from '../protocol/index.ts'

/**
 * Every stage of a job, as the markers name them. A plan runs prepare, pre-init, init, pre-plan, plan,
 * show, post-plan; an apply prepare, pre-init, init, pre-apply, apply, post-apply. A hook stage without a
 * hook does not appear.
 *
 * - `prepare`: the script's own: working directory, tool, CA bundle. Fails before anything was run.
 * - `show`: the saved plan as JSON.
 * - `policy`: the policies of a policy job, which has no other stage than this and `prepare`.
 */
export type Stage = 'prepare' | 'init' | 'plan' | 'show' | 'apply' | 'policy' | HookStage

/** Exit codes that are the script's own; every other one is the tool's or a hook's. */
export const jobExitCodes = {
  /** A hook wrote to `SCALR_AGENT_ENV` what cannot be used. */
  hookEnvironment: 65,
  /** The script could not keep the stage markers safe, or lay out its files. */
  internal: 70,
  /** An interrupt came and what was left was not started, though nothing failed. */
  canceled: 75,
  /** The configuration cannot be run as it is: working directory, backend. */
  invalidConfiguration: 78,
  toolNotFound: 127,
} as const
