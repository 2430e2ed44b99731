/** What answers may hold beyond a document. */
export interface ContractExtensions {
  /** Attributes of ours are told by their names. */
  readonly attribute: RegExp
  readonly links: readonly string[]
  readonly enumValues: ReadonlyMap<string, readonly string[]>
  /** `type/attributes/name` that may be `null`. */
  readonly nulls: readonly string[]
  /** `GET /route 200` beyond the statuses of the operation. */
  readonly statuses: readonly string[]
  /** `GET /route`: operations of ours. */
  readonly routes: readonly string[]
}

/** What this control plane answers beyond Scalr's document, each with its reason. */
export const ourExtensions: ContractExtensions = {
  /** Attributes of ours are told by their names. */
  attribute: /^agent-/u,
  /** Links of ours: files that Scalr does not offer, and the resource itself where Scalr does not say it. */
  links: ['self', 'errored-state', 'upload', 'download', 'output', 'json-output'],
  /** Forges that Scalr does not know, by attribute. */
  enumValues: new Map([['vcs-type', ['gitea']]]),
  /** Scalr's hooks and policy groups always have a repository; ours may come by upload. */
  nulls: [
    'hooks/attributes/vcs-repo',
    'hooks/relationships/vcs-provider/data',
    'policy-groups/attributes/vcs-repo',
    'policy-groups/relationships/vcs-provider/data',
  ],
  /** Scalr sends readers on to its blob storage; files are served here themselves, also before there is one. */
  statuses: ['GET /policy-checks/{}/output 200', 'GET /policy-checks/{}/output 204'],
  /** Routes that Scalr does not have, or documents without its answers. */
  routes: [
    // Archives of hooks and policy groups that no repository holds.
    'PUT /hooks/{}/upload',
    'PUT /policy-groups/{}/upload',
    // Scalr answers uploads from its blob storage.
    'PUT /configuration-versions/{}/upload',
    // A state that was rescued and is not the current one.
    'GET /plans/{}/errored-state',
    'GET /applies/{}/errored-state',
    // Terraform's lock on the state, broken by hand.
    'POST /workspaces/{}/actions/unlock-state',
    // The document itself.
    'GET /openapi-public.yml',
    // Scalr shows the revision within its run alone.
    'GET /vcs-revisions/{}',
    // What a policy sees.
    'GET /runs/{}/policy-input',
    'GET /module-versions/{}/download',
  ],
}
