export { parseTarget, type CanonicalTarget } from './canonical-target.ts'
export type { QueryParameter } from './canonical-query.ts'
export {
  writeGroups,
  type Endpoint,
  type EndpointGroup,
  type EndpointScope,
  type RelayMethod,
  type WriteGroup,
} from './endpoint.ts'
export { explainCommand, type ExplainCommandOptions, type Explainer } from './explain-command.ts'
export { explain, type Explanation } from './explain.ts'
export type { Denial, Permission, PolicyDecision } from './policy-decision.ts'
export {
  policyOptionsSchema,
  type PolicyOptions,
  type ResolvedPolicyOptions,
} from './policy-options.ts'
export { PolicyRecorder } from './policy-recorder.ts'
export { readPolicyFile } from './read-policy-file.ts'
export type { Refusal, RefusalStep } from './refusal.ts'
export { RelayPolicy, type RelayPolicyOptions } from './relay-policy.ts'
export type { Segment } from './segment.ts'
export { endpointTables, vcsKinds, type EndpointTable, type VcsKind } from './tables/index.ts'
