import type { Dispatcher } from 'undici'

import {
  checkBearerToken,
  HttpTransport,
  parseBaseUrl,
  urlFromToken,
  type CallTracer,
  type ConnectionOptions,
  type HttpTransportOptions,
  type RetryEvent,
  type RetryTiming,
} from '../http/index.ts'
import { systemClock, type Clock, type IdSource } from '../runtime/index.ts'
import {
  type accessTokenDefinition,
  type accountDefinition,
  agentDefinition,
  agentPoolDefinition,
  type applyDefinition,
  type configurationVersionDefinition,
  type environmentDefinition,
  type hookDefinition,
  hookEnvironmentLinkDefinition,
  moduleDefinition,
  moduleVersionDefinition,
  type planDefinition,
  type policyCheckDefinition,
  policyDefinition,
  type policyGroupDefinition,
  type runDefinition,
  type serviceAccountDefinition,
  type stateVersionDefinition,
  tagDefinition,
  variableDefinition,
  vcsProviderDefinition,
  type workspaceDefinition,
} from './definitions/index.ts'
import { discoverApi } from './discover-api.ts'
import { ResourceClient, type Exposed } from './resource-client.ts'
import { AccessTokensClient } from './resources/access-tokens-client.ts'
import { AccountsClient } from './resources/accounts-client.ts'
import { AppliesClient } from './resources/applies-client.ts'
import { ConfigurationVersionsClient } from './resources/configuration-versions-client.ts'
import { EnvironmentsClient } from './resources/environments-client.ts'
import { HooksClient } from './resources/hooks-client.ts'
import { ModulesClient } from './resources/modules-client.ts'
import { PlansClient } from './resources/plans-client.ts'
import { PolicyChecksClient } from './resources/policy-checks-client.ts'
import { PolicyGroupsClient } from './resources/policy-groups-client.ts'
import { RunsClient } from './resources/runs-client.ts'
import { ServiceAccountsClient } from './resources/service-accounts-client.ts'
import { StateVersionsClient } from './resources/state-versions-client.ts'
import { WorkspacesClient } from './resources/workspaces-client.ts'
import type { OperationName, RequestAnswer, RequestOptions } from './request-types.ts'
import { ScalrApi } from './scalr-api.ts'
import { statusAdvice } from './status-advice.ts'
import { typedRequest } from './typed-request.ts'

const apiPath = '/api/iacp/v3'
const defaultRetryForMs = 120_000

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
  /** Told of every attempt, and may add headers such as `traceparent`. */
  readonly trace?: CallTracer | undefined
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
 * await using client = new ScalrClient({ url, token })
 * const workspace = await client.workspaces.create({ name: 'app', environmentId })
 * for await (const run of client.runs.list({ filter: { workspace: workspace.id } })) {
 *   console.log(run.id, run.status)
 * }
 * ```
 */
export class ScalrClient implements AsyncDisposable {
  readonly accessTokens: Exposed<AccessTokensClient, typeof accessTokenDefinition>
  readonly accounts: Exposed<AccountsClient, typeof accountDefinition>
  readonly agentPools: Exposed<
    ResourceClient<typeof agentPoolDefinition>,
    typeof agentPoolDefinition
  >
  readonly agents: Exposed<ResourceClient<typeof agentDefinition>, typeof agentDefinition>
  readonly applies: Exposed<AppliesClient, typeof applyDefinition>
  readonly configurationVersions: Exposed<
    ConfigurationVersionsClient,
    typeof configurationVersionDefinition,
    'resynced'
  >
  readonly environments: Exposed<EnvironmentsClient, typeof environmentDefinition>
  readonly hookEnvironmentLinks: Exposed<
    ResourceClient<typeof hookEnvironmentLinkDefinition>,
    typeof hookEnvironmentLinkDefinition
  >
  readonly hooks: Exposed<HooksClient, typeof hookDefinition>
  readonly modules: Exposed<ModulesClient, typeof moduleDefinition>
  readonly moduleVersions: Exposed<
    ResourceClient<typeof moduleVersionDefinition>,
    typeof moduleVersionDefinition
  >
  readonly plans: Exposed<PlansClient, typeof planDefinition>
  readonly policies: Exposed<ResourceClient<typeof policyDefinition>, typeof policyDefinition>
  readonly policyChecks: Exposed<PolicyChecksClient, typeof policyCheckDefinition>
  readonly policyGroups: Exposed<PolicyGroupsClient, typeof policyGroupDefinition>
  readonly runs: Exposed<RunsClient, typeof runDefinition>
  readonly serviceAccounts: Exposed<ServiceAccountsClient, typeof serviceAccountDefinition>
  readonly stateVersions: Exposed<StateVersionsClient, typeof stateVersionDefinition, 'currentOf'>
  readonly tags: Exposed<ResourceClient<typeof tagDefinition>, typeof tagDefinition>
  readonly variables: Exposed<ResourceClient<typeof variableDefinition>, typeof variableDefinition>
  readonly vcsProviders: Exposed<
    ResourceClient<typeof vcsProviderDefinition>,
    typeof vcsProviderDefinition
  >
  readonly workspaces: Exposed<WorkspacesClient, typeof workspaceDefinition>
  readonly #transport: HttpTransport
  readonly #api: ScalrApi

  /** @throws `ConfigurationError` for an insecure or broken URL, an unusable token, a broken CA or proxy */
  constructor(options: ScalrClientOptions, discovered?: URL) {
    const { url, token, retryForMs, clock } = options
    checkBearerToken(token)
    const baseUrl = discovered ?? withApiPath(parseBaseUrl(url ?? urlFromToken(token), 'Scalr'))
    this.#transport = new HttpTransport({ ...transportOptions(options), baseUrl })
    const api = new ScalrApi({
      transport: this.#transport,
      token,
      retryForMs: retryForMs ?? defaultRetryForMs,
      clock: clock ?? systemClock,
    })
    this.#api = api
    const stateVersions = new StateVersionsClient(api)
    this.accessTokens = new AccessTokensClient(api)
    this.accounts = new AccountsClient(api)
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
    this.serviceAccounts = new ServiceAccountsClient(api)
    this.stateVersions = stateVersions
    this.tags = new ResourceClient(api, tagDefinition)
    this.variables = new ResourceClient(api, variableDefinition)
    this.vcsProviders = new ResourceClient(api, vcsProviderDefinition)
    this.workspaces = new WorkspacesClient(api, { stateVersions, configurations })
  }

  /**
   * A client of the API that the server names in its `/.well-known/terraform.json`, for servers that may
   * have it elsewhere than at `/api/iacp/v3`.
   *
   * @throws `ConfigurationError` when the server has no such API
   * @throws `ProtocolError` when something else answers there
   */
  static async discover(
    options: ScalrClientOptions & { readonly signal?: AbortSignal | undefined },
  ): Promise<ScalrClient> {
    const { url, token, retryForMs, signal } = options
    checkBearerToken(token)
    const baseUrl = parseBaseUrl(url ?? urlFromToken(token), 'Scalr')
    await using transport = new HttpTransport({ ...transportOptions(options), baseUrl })
    const found = await discoverApi(transport, {
      retryForMs: retryForMs ?? defaultRetryForMs,
      signal,
    })
    return new ScalrClient(options, found)
  }

  /**
   * Any operation of Scalr's public API, typed by its OpenAPI document; names and documents as on the wire.
   * For what has no client of its own above.
   *
   * @throws `ApiError`, `ProtocolError`, `UnavailableError` as every other call
   * @example
   * ```ts
   * const { data } = await client.request('GET /workspaces/{workspace}', {
   *   path: { workspace: workspaceId },
   *   query: { include: ['environment'] },
   * })
   * console.log(data?.attributes?.['iac-platform'])
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

function transportOptions(options: ScalrClientOptions): Omit<HttpTransportOptions, 'baseUrl'> {
  const { url: _url, token: _token, retryForMs: _retryForMs, ...rest } = options
  return {
    ...rest,
    server: 'Scalr',
    tokenAdvice: 'Create a new access token and use it (option `token`).',
    advice: statusAdvice,
  }
}

/** A URL that names the API's path already stays as it is. */
function withApiPath(url: URL): URL {
  const result = new URL(url)
  if (!/\/iacp\/v\d+$/u.test(result.pathname)) {
    result.pathname = `${result.pathname.replace(/\/$/u, '')}${apiPath}`
  }
  return result
}
