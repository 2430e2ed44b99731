import type { PublicApi } from '../public-api.ts'

interface PoolAgent {
  readonly id: string
  readonly kind: string
}

export function agentsOf(api: PublicApi, poolId: string): readonly PoolAgent[] {
  return api.db.all<{ id: string; kind: string }>(
    'SELECT id, kind FROM agents WHERE pool_id = ?',
    poolId,
  )
}

/**
 * Ends what the agents were let into and is still open: long-polls, which then ask for their rights again,
 * and channels of VCS agents. Agents with another token come back at once.
 */
export function endAccess(api: PublicApi, agents: readonly PoolAgent[], reason: string): void {
  for (const { id, kind } of agents) {
    api.engine.sessionChanged(id)
    if (kind === 'vcs') api.gateway.drop(id, reason)
  }
}
