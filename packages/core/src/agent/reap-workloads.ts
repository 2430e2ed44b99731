import type { Executor } from '../executor/index.ts'
import type { Logger } from '../runtime/index.ts'

/**
 * Removes workloads of this agent that no journal owns: nobody could ever report them. A stranger's are
 * never listed, so never touched (I7).
 */
export async function reapWorkloads(options: {
  readonly executor: Executor
  readonly agentId: string
  readonly owns: (workloadId: string) => boolean
  readonly onReap: (workloadId: string) => void
  readonly logger: Logger
  readonly signal: AbortSignal
}): Promise<void> {
  const { executor, agentId, owns, onReap, logger, signal } = options
  try {
    for await (const { id } of executor.list({ agentId, signal })) {
      if (owns(id)) continue
      const workload = await executor.attach(id, { signal })
      await workload?.destroy()
      logger.warn({ workloadId: id }, 'Removed a workload that no job owns')
      onReap(id)
    }
  } catch (error) {
    if (!signal.aborted)
      logger.error({ err: error, agentId }, 'Could not look for ownerless workloads')
  }
}
