import type { Phase } from '../protocol/index.ts'

/** Hook points, in Scalr's names. */
const hookStages = ['pre-init', 'pre-plan', 'post-plan', 'pre-apply', 'post-apply'] as const
export type HookStage = (typeof hookStages)[number]

/**
 * Every stage of a job, as the markers name them.
 *
 * - `prepare`: the script's own: working directory, tool, CA bundle. Fails before anything was run.
 * - `show`: the saved plan as JSON.
 */
export type Stage = 'prepare' | 'init' | 'plan' | 'show' | 'apply' | HookStage

/** Stages of each phase in the order they run. A hook stage without a hook does not appear in the log. */
const phaseStages = {
  plan: ['prepare', 'pre-init', 'init', 'pre-plan', 'plan', 'show', 'post-plan'],
  apply: ['prepare', 'pre-init', 'init', 'pre-apply', 'apply', 'post-apply'],
} as const satisfies Record<Phase, readonly Stage[]>

/** Exit codes that are the script's own; every other one is the tool's or a hook's. */
export const jobExitCodes = {
  /** The script could not keep the stage markers safe, or lay out its files. */
  internal: 70,
  /** An interrupt came and what was left was not started, though nothing failed. */
  canceled: 75,
  /** The configuration cannot be run as it is: working directory, backend. */
  invalidConfiguration: 78,
  toolNotFound: 127,
} as const
