import type { TokenRequest } from './token-types.ts'

/** The claims of a token that say whom it stands for. */
export function payloadOf(
  request: TokenRequest,
): { sub: string } & Record<string, string | number> {
  switch (request.kind) {
    case 'user':
      return { sub: request.userId }
    case 'service-account':
      return { sub: request.serviceAccountId }
    case 'pool':
      return { sub: request.poolId }
    case 'session':
      return {
        sub: request.agentId,
        sid: request.sessionId,
        pool: request.poolId,
        ptk: request.poolTokenId,
      }
    case 'job':
      return { sub: request.jobId, fence: request.fencingToken, agent: request.agentId }
    case 'run':
      return {
        sub: request.workspaceId,
        run: request.runId,
        job: request.jobId,
        fence: request.fencingToken,
      }
  }
}
