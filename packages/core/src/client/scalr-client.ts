import type { Dispatcher } from 'undici'

import {
  checkBearerToken,
  HttpTransport,
  parseBaseUrl,
  urlFromToken,
  type ConnectionOptions,
  type RetryEvent,
  type RetryTiming,
} from '../http/index.ts'
import { systemClock, type Clock, type IdSource } from '../runtime/index.ts'
import {
  accountDefinition,
  agentDefinition,
  agentPoolDefinition,
  hookEnvironmentLinkDefinition,
  moduleDefinition,
  moduleVersionDefinition,
  policyDefinition,
  serviceAccountDefinition,
  tagDefinition,
  variableDefinition,
  vcsProviderDefinition,
} from './definitions/index.ts'
import { ResourceClient } from './resource-client.ts'
import { AccessTokensClient } from './resources/access-tokens-client.ts'
import { AppliesClient } from './resources/applies-client.ts'
import { ConfigurationVersionsClient } from './resources/configuration-versions-client.ts'
import { EnvironmentsClient } from './resources/environments-client.ts'
import { HooksClient } from './resources/hooks-client.ts'
import { ModulesClient } from './resources/modules-client.ts'
import { PlansClient } from './resources/plans-client.ts'
import { PolicyChecksClient } from './resources/policy-checks-client.ts'
import { PolicyGroupsClient } from './resources/policy-groups-client.ts'
import { RunsClient } from './resources/runs-client.ts'
import { StateVersionsClient } from './resources/state-versions-client.ts'
import { WorkspacesClient } from './resources/workspaces-client.ts'
import type { OperationName, RequestAnswer, RequestOptions } from './request-types.ts'
import { ScalrApi } from './scalr-api.ts'
import { typedRequest } from './typed-request.ts'

const apiPath = '/api/iacp/v3'

/** Where the API is, and how to speak to it. */
export interface ScalrClientOptions {
  /** `https://<account>.scalr.io` or a control plane of your own. Default: as the token says. */
  readonly url?: string | URL | undefined
  /** Of a user, a service account or an agent pool. */
  readonly token: string
  /** CA, proxies and connect time-out. */
  readonly connection?: ConnectionOptions | undefined
  /** Made by `createDispatcher` and closed by the caller; instead of `connection`. */
  readonly dispatcher?: Dispatcher | undefined
  readonly userAgent?: string | undefined
  /**
   * For how long a call is tried again: always after 429, and after other failures if repeating it
   * cannot do anything twice. @default 120_000
   */
  readonly retryForMs?: number | undefined
  readonly retryTiming?: RetryTiming | undefined
  readonly onRetry?: ((event: RetryEvent) => void) | undefined
  readonly clock?: Clock | undefined
  readonly random?: (() => number) | undefined
  readonly ids?: IdSource | undefined
}

/**
 * Scalr's public API, typed. Resources are plain objects with camelCase attributes and relations by id;
 * lists are async iterables.
 *
 * @example
 * ```ts
 * await using client = new ScalrClient({ url: 'https://acme.scalr.io', token })
 * const workspace = await client.workspaces.create({ name: 'app', environmentId })
 * for await (const run of client.runs.list({ filter: { workspace: workspace.id } })) console.log(run.status)
 * ```
 */
export class ScalrClient implements AsyncDisposable {
  readonly accessTokens: AccessTokensClient
  readonly accounts: Pick<ResourceClient<typeof accountDefinition>, 'get' | 'list'>
  readonly agentPools: ResourceClient<typeof agentPoolDefinition>
  readonly agents: Pick<ResourceClient<typeof agentDefinition>, 'get' | 'list' | 'delete'>
  readonly applies: Omit<AppliesClient, 'list' | 'create' | 'update' | 'delete'>
  readonly configurationVersions: Omit<
    ConfigurationVersionsClient,
    'update' | 'delete' | 'resynced'
  >
  readonly environments: EnvironmentsClient
  readonly hookEnvironmentLinks: ResourceClient<typeof hookEnvironmentLinkDefinition>
  readonly hooks: HooksClient
  readonly modules: ModulesClient
  readonly moduleVersions: Pick<ResourceClient<typeof moduleVersionDefinition>, 'get' | 'list'>
  readonly plans: Omit<PlansClient, 'list' | 'create' | 'update' | 'delete'>
  readonly policies: Pick<ResourceClient<typeof policyDefinition>, 'get'>
  readonly policyChecks: Omit<PolicyChecksClient, 'list' | 'create' | 'update' | 'delete'>
  readonly policyGroups: PolicyGroupsClient
  readonly runs: Omit<RunsClient, 'update' | 'delete'>
  readonly serviceAccounts: ResourceClient<typeof serviceAccountDefinition>
  readonly stateVersions: Omit<StateVersionsClient, 'update' | 'delete' | 'currentOf'>
  readonly tags: ResourceClient<typeof tagDefinition>
  readonly variables: ResourceClient<typeof variableDefinition>
  readonly vcsProviders: ResourceClient<typeof vcsProviderDefinition>
  readonly workspaces: WorkspacesClient
  readonly #transport: HttpTransport
  readonly #api: ScalrApi

  /** @throws `ConfigurationError` for an insecure or broken URL, an unusable token, a broken CA or proxy */
  constructor(options: ScalrClientOptions) {
    const { url, token, retryForMs, ...rest } = options
    checkBearerToken(token)
    this.#transport = new HttpTransport({
      ...rest,
      baseUrl: withApiPath(parseBaseUrl(url ?? urlFromToken(token), 'Scalr')),
      server: 'Scalr',
      tokenAdvice: 'Create a new access token and use it (option `token`).',
    })
    const api = new ScalrApi({
      transport: this.#transport,
      token,
      retryForMs: retryForMs ?? 120_000,
      clock: options.clock ?? systemClock,
    })
    this.#api = api
    const stateVersions = new StateVersionsClient(api)
    this.accessTokens = new AccessTokensClient(api)
    this.accounts = new ResourceClient(api, accountDefinition)
    this.agentPools = new ResourceClient(api, agentPoolDefinition)
    this.agents = new ResourceClient(api, agentDefinition)
    this.applies = new AppliesClient(api)
    const configurations = new ConfigurationVersionsClient(api)
    this.configurationVersions = configurations
    this.environments = new EnvironmentsClient(api)
    this.hookEnvironmentLinks = new ResourceClient(api, hookEnvironmentLinkDefinition)
    this.hooks = new HooksClient(api)
    this.modules = new ModulesClient(api, moduleDefinition)
    this.moduleVersions = new ResourceClient(api, moduleVersionDefinition)
    this.plans = new PlansClient(api)
    this.policies = new ResourceClient(api, policyDefinition)
    this.policyChecks = new PolicyChecksClient(api)
    this.policyGroups = new PolicyGroupsClient(api)
    this.runs = new RunsClient(api, this.plans)
    this.serviceAccounts = new ResourceClient(api, serviceAccountDefinition)
    this.stateVersions = stateVersions
    this.tags = new ResourceClient(api, tagDefinition)
    this.variables = new ResourceClient(api, variableDefinition)
    this.vcsProviders = new ResourceClient(api, vcsProviderDefinition)
    this.workspaces = new WorkspacesClient(api, { stateVersions, configurations })
  }

  /**
   * Any operation of Scalr's public API, typed by its OpenAPI document; names and documents as on the wire.
   * For what has no client of its own above.
   *
   * @throws `ApiError`, `ProtocolError`, `UnavailableError` as every other call
   * @example
   * ```ts
   * const teams = await client.request('GET /teams', { query: { query: 'platform' } })
   * await client.request('PATCH /teams/{team}', {
   *   path: { team: 'team-1' },
   *   body: { data: { type: 'teams', id: 'team-1', attributes: { name: 'Platform' } } },
   * })
   * ```
   */
  async request<Name extends OperationName>(
    name: Name,
    options: RequestOptions<Name>,
  ): Promise<RequestAnswer<Name>> {
    return await typedRequest(this.#api, name, options)
  }

  /** Ends every call that is under way. */
  async close(): Promise<void> {
    await this.#transport.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function withApiPath(url: URL): URL {
  const result = new URL(url)
  if (!result.pathname.endsWith(apiPath)) {
    result.pathname = `${result.pathname.replace(/\/$/u, '')}${apiPath}`
  }
  return result
}
