import type { KubernetesContext } from '../context.ts'

/** How long the cluster may take to tidy up after a launch that failed. */
export const tidyLimitMs = 30_000

/** Work after a failure: with a time limit of its own, and never louder than the failure. */
export async function tidy(
  context: KubernetesContext,
  work: (limit: AbortSignal) => Promise<void>,
): Promise<void> {
  const limit = AbortSignal.timeout(tidyLimitMs)
  try {
    await work(limit)
  } catch (error) {
    context.logger.warn(
      { err: error },
      'Cannot tidy up after a launch that failed; the next look at the list of workloads will',
    )
  }
}
