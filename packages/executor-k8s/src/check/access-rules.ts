/** Something that the agent must be allowed to do in its namespace. */
export interface AccessRule {
  /** Empty for the core group. */
  readonly apiGroup: string
  /** With its subresource, as RBAC writes it: `pods/exec`. */
  readonly resource: string
  readonly verbs: readonly string[]
  /** Needed only with this option. */
  readonly option?: 'podDisruptionBudget' | 'metadata'
}

/** The least role. `rbac.yaml` says the same, and why. */
export const accessRules: readonly AccessRule[] = [
  {
    apiGroup: 'batch',
    resource: 'jobs',
    verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete'],
  },
  { apiGroup: '', resource: 'pods', verbs: ['get', 'list', 'watch', 'delete'] },
  { apiGroup: '', resource: 'pods/exec', verbs: ['create', 'get'] },
  { apiGroup: '', resource: 'events', verbs: ['list'] },
  {
    apiGroup: 'policy',
    resource: 'poddisruptionbudgets',
    verbs: ['create'],
    option: 'podDisruptionBudget',
  },
  {
    apiGroup: 'networking.k8s.io',
    resource: 'networkpolicies',
    verbs: ['create'],
    option: 'metadata',
  },
]

/** The role as something to apply. */
export function roleYaml(namespace: string, rules: readonly AccessRule[]): string {
  const list = (values: readonly string[]): string => `[${values.join(', ')}]`
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: Role',
    `metadata: { name: scalr-agent, namespace: ${namespace} }`,
    'rules:',
    ...rules.map(
      ({ apiGroup, resource, verbs }) =>
        `  - { apiGroups: ['${apiGroup}'], resources: ['${resource}'], verbs: ${list(verbs)} }`,
    ),
  ].join('\n')
}
