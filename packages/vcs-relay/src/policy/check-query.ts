import { knownRefusal } from './known-refusal.ts'
import type { Permission } from './policy-decision.ts'
import type { Refusal } from './refusal.ts'

// Names under which servers take credentials, or the rights of somebody else, from a query.
const credentials =
  /^(?:private_token|access_token|job_token|oauth_token|deploy_token|token|auth|authorization|client_id|client_secret|password|passwd|api_key|apikey|key|secret|sudo|jwt|signature|sig|feed_token|rss_token)$/iu

/** Whether the query is one that the endpoint takes. */
export function checkQuery(permission: Permission): Refusal | undefined {
  const { endpoint, target } = permission
  if (endpoint.exactQuery !== undefined) {
    if (target.rawQuery === endpoint.exactQuery) return undefined
    const reason = `the query must be exactly ${endpoint.exactQuery}`
    return knownRefusal(endpoint.method, target) ?? { step: 'git-service', reason }
  }
  for (const { key } of target.query) {
    if (endpoint.query.includes(key)) continue
    if (isCredentialKey(key)) {
      return {
        step: 'query-credential',
        reason: `the query holds '${key.toLowerCase()}': credentials are added by the agent and never taken from a query`,
      }
    }
    return {
      step: 'query-parameter',
      reason:
        endpoint.query.length === 0
          ? 'this endpoint takes no parameters in its query'
          : `the query holds a parameter that is none of ${endpoint.query.join(', ')}`,
    }
  }
  return undefined
}

/** Whether a parameter of that name carries a credential, in whatever form a list may give it. */
function isCredentialKey(key: string): boolean {
  return credentials.test(key.replace(/\[.*$/u, ''))
}
