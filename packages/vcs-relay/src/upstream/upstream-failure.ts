import { NetworkError, ScalrAgentError, TimeoutError, translateFailure } from '@scalr-agent/core'

import type { RelayAnswer } from '../relay-exchange.ts'
import { agentAnswer } from './agent-answer.ts'

/** The answer for a request that got none of the VCS. Aborts of the caller are thrown on. */
export function failureAnswer(
  failure: unknown,
  context: { readonly host: string; readonly rule: string; readonly signal: AbortSignal },
): RelayAnswer {
  context.signal.throwIfAborted()
  const { error, unsent } = translateFailure(failure, {
    subject: `Cannot reach the VCS (${context.rule})`,
    host: context.host,
  })
  const fate = unsent ? 'never-ran' : 'unknown'
  const { rule } = context
  const unreadable = unreadableAnswer(failure)
  if (unreadable !== undefined) {
    return agentAnswer({
      status: 502,
      problem: 'vcs-answer',
      title: 'The answer of the VCS cannot be passed on',
      detail: `The answer of the VCS cannot be passed on: ${unreadable}.`,
      fate,
      rule,
    })
  }
  if (error instanceof TimeoutError) {
    const title = unsent ? 'The VCS cannot be reached' : 'The VCS does not answer'
    return agentAnswer({
      status: 504,
      problem: 'vcs-timeout',
      title,
      detail: error.message,
      fate,
      rule,
    })
  }
  if (error instanceof NetworkError && unsent) {
    return agentAnswer({
      status: 502,
      problem: 'vcs-unreachable',
      title: 'The VCS cannot be reached',
      detail: error.message,
      fate,
      rule,
    })
  }
  return agentAnswer({
    status: 502,
    problem: 'vcs-broken',
    title: 'The VCS broke off',
    // What is not of our family may quote what it was given.
    detail: ScalrAgentError.isInstance(error)
      ? error.message
      : `Cannot reach the VCS (${rule}): the exchange broke off.`,
    fate,
    rule,
  })
}

/** What undici's parser refuses: conflicting lengths, broken lines, headers without end. */
function unreadableAnswer(failure: unknown): string | undefined {
  if (!(failure instanceof Error)) return undefined
  if (failure.name === 'HTTPParserError') return 'it is not well-formed HTTP'
  const code = 'code' in failure ? failure.code : undefined
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'its headers are larger than 16 KiB'
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return 'it is not as long as it says'
  return undefined
}
