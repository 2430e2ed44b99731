import { problemTypes } from '@scalr-agent/core/protocol'

import type { TokenOf, TokenService } from '../tokens/index.ts'

import { AgentApiError } from './agent-api-error.ts'

/** The session whose token that is. @throws TokenRejectedError, AgentApiError 403 */
export async function requireSession(
  tokens: TokenService,
  bearer: string | undefined,
): Promise<TokenOf<'session'>> {
  const token = await tokens.verify(bearer)
  if (token.kind === 'session') return token
  throw new AgentApiError(
    403,
    problemTypes.forbidden,
    `This call takes a session token; a ${token.kind} token was sent.`,
  )
}
