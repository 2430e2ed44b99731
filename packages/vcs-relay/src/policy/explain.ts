import type { RelayPolicy } from './relay-policy.ts'

/** Why a request would be sent or refused. */
export interface Explanation {
  readonly allowed: boolean
  /** Name of the rule that was matched, if one was. */
  readonly rule: string | undefined
  /** Step that refused. */
  readonly step: string | undefined
  /** For people; one line each. */
  readonly lines: readonly string[]
}

/** Says which rule allows a request, or which step refuses it and why. Nothing is sent. */
export function explain(policy: RelayPolicy, method: string, target: string): Explanation {
  const decision = policy.decide(method, target)
  if (!decision.allowed) {
    return {
      allowed: false,
      rule: decision.rule,
      step: decision.step,
      lines: [
        `refused at step ${decision.step}${decision.rule === undefined ? '' : ` of rule ${decision.rule}`}`,
        `  ${decision.reason}`,
      ],
    }
  }
  const { endpoint, project } = decision
  const group = endpoint.group === 'read' ? 'reading' : `\`write\` holds '${endpoint.group}'`
  return {
    allowed: true,
    rule: endpoint.id,
    step: undefined,
    lines: [
      `allowed by rule ${endpoint.id}: ${endpoint.method} ${endpoint.template}`,
      `  ${group}`,
      ...(project === undefined
        ? []
        : [
            `  project ${project}: within allowedProjects (${policy.projects.patterns.join(', ')})`,
          ]),
    ],
  }
}
