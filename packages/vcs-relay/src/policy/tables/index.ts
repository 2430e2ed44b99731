import type { Endpoint } from '../endpoint.ts'
import { bitbucketDataCenterEndpoints } from './bitbucket-data-center.ts'
import { giteaEndpoints } from './gitea.ts'
import { githubArchiveEndpoints, githubEnterpriseEndpoints } from './github-enterprise.ts'
import { gitlabEndpoints } from './gitlab.ts'

export const vcsKinds = ['github-enterprise', 'gitlab', 'bitbucket-data-center', 'gitea'] as const
/** Servers that a relay knows. `gitea` is Forgejo, too. */
export type VcsKind = (typeof vcsKinds)[number]

/** What can be asked of a kind of server, and where its archives may be sent to. */
export interface EndpointTable {
  readonly endpoints: readonly Endpoint[]
  /** Below the server or one of its extra origins; only ever reached by a redirect of an archive. */
  readonly archives: readonly Endpoint[]
}

export const endpointTables: Readonly<Record<VcsKind, EndpointTable>> = {
  'github-enterprise': { endpoints: githubEnterpriseEndpoints, archives: githubArchiveEndpoints },
  gitlab: { endpoints: gitlabEndpoints, archives: [] },
  'bitbucket-data-center': { endpoints: bitbucketDataCenterEndpoints, archives: [] },
  gitea: { endpoints: giteaEndpoints, archives: [] },
}
