import type { Apply, Plan, Run } from '@scalr-agent/core'

import type { Platform } from './platform.ts'

/** Plan and apply of a run, as the API shows them. */
export async function phasesOf(
  platform: Platform,
  run: Run,
): Promise<{ readonly plan: Plan; readonly apply: Apply }> {
  const { plans, applies } = platform.client
  return {
    plan: await plans.get(run.planId ?? ''),
    apply: await applies.get(run.applyId ?? ''),
  }
}

/** What the agent said of the phase that failed the run. */
export async function failureOf(
  platform: Platform,
  run: Run,
): Promise<NonNullable<Plan['agentReport']>> {
  const { plan, apply } = await phasesOf(platform, run)
  const report = apply.agentReport ?? plan.agentReport
  if (report === null) throw new Error(`No job of run ${run.id} was reported`)
  return report
}
