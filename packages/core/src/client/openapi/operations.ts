// Made by `pnpm client:types` from the OpenAPI document of Scalr. Do not edit.

import type { Readable } from 'node:stream'

import type { PatchBody } from '../request-types.ts'
import type {
  AWSEventBridgeIntegrationDocument,
  AWSEventBridgeIntegrationDocumentBody,
  AWSEventBridgeIntegrationListingDocument,
  AccessPolicyDocument,
  AccessPolicyDocumentBody,
  AccessPolicyListingDocument,
  AccessTokenDocument,
  AccessTokenDocumentBody,
  AccessTokenListingDocument,
  AccessTokenUsageListingDocument,
  AccountDocument,
  AccountDocumentBody,
  AccountListingDocument,
  AccountMetrics,
  AccountUserDocument,
  AccountUserListingDocument,
  AgentDocument,
  AgentListingDocument,
  AgentPoolDocument,
  AgentPoolDocumentBody,
  AgentPoolListingDocument,
  AiUsageDocument,
  AiUsageListingDocument,
  ApplyDocument,
  AssumeServiceAccountPolicyDocument,
  AssumeServiceAccountPolicyDocumentBody,
  AssumeServiceAccountPolicyListingDocument,
  AssumeServiceAccountRequestBody,
  BillingUsageListingDocument,
  CheckovIntegrationDocument,
  CheckovIntegrationDocumentBody,
  CheckovIntegrationListingDocument,
  CommentBody,
  ConfigurationVersionDocument,
  ConfigurationVersionDocumentBody,
  ConfigurationVersionListingDocument,
  ConfirmRequestBody,
  CostEstimateDocument,
  CreateUserDocument,
  CreateUserDocumentBody,
  DatadogIntegrationDocument,
  DatadogIntegrationDocumentBody,
  DatadogIntegrationListingDocument,
  DriftDetectionScheduleDocument,
  DriftDetectionScheduleDocumentBody,
  EnvLockReasonBody,
  EnvironmentDocument,
  EnvironmentDocumentBody,
  EnvironmentListingDocument,
  EventDefinitionListingDocument,
  FederatedEnvironmentRelationshipFieldsetsListingDocument,
  FederatedEnvironmentRelationshipFieldsetsListingDocumentBody,
  HookDocument,
  HookDocumentBody,
  HookEnvironmentLinkDocument,
  HookEnvironmentLinkDocumentBody,
  HookEnvironmentLinkListingDocument,
  HookListingDocument,
  InfracostIntegrationDocument,
  InfracostIntegrationDocumentBody,
  InfracostIntegrationListingDocument,
  ModuleDocument,
  ModuleDocumentBody,
  ModuleListingDocument,
  ModuleNamespaceDocument,
  ModuleNamespaceDocumentBody,
  ModuleNamespaceListingDocument,
  ModuleResyncRequestBody,
  ModuleTestProviderConfigurationLinkDocument,
  ModuleTestProviderConfigurationLinkDocumentBody,
  ModuleTestProviderConfigurationLinkListingDocument,
  ModuleUsageNamespaceListingDocument,
  ModuleVersionDocument,
  ModuleVersionListingDocument,
  PermissionDocument,
  PermissionListingDocument,
  PlanDocument,
  PolicyCheckDocument,
  PolicyCheckListingDocument,
  PolicyCheckResultListingDocument,
  PolicyDocument,
  PolicyGroupDocument,
  PolicyGroupDocumentBody,
  PolicyGroupEnvironmentRelationshipFieldsetsListingDocumentBody,
  PolicyGroupListingDocument,
  ProviderConfigurationDocument,
  ProviderConfigurationDocumentBody,
  ProviderConfigurationLinkDocument,
  ProviderConfigurationLinkDocumentBody,
  ProviderConfigurationLinkListingDocument,
  ProviderConfigurationListingDocument,
  ProviderConfigurationParameterDocument,
  ProviderConfigurationParameterDocumentBody,
  ProviderConfigurationParameterListingDocument,
  ProviderConfigurationWorkspaceUsageFieldsetsListingDocument,
  ReasonBody,
  RemoteStateConsumerRelationshipFieldsetsListingDocument,
  RemoteStateConsumerRelationshipFieldsetsListingDocumentBody,
  RoleDocument,
  RoleDocumentBody,
  RoleListingDocument,
  RunDocument,
  RunDocumentBody,
  RunListingDocument,
  RunScheduleRuleDocument,
  RunScheduleRuleDocumentBody,
  RunScheduleRuleListingDocument,
  RunTriggerDocument,
  RunTriggerDocumentBody,
  SSHKeyDocument,
  SSHKeyDocumentBody,
  SSHKeyListingDocument,
  SamlIntegrationDocument,
  SamlIntegrationDocumentBody,
  SamlIntegrationListingDocument,
  SecurityRulesDocument,
  SecurityRulesDocumentBody,
  ServiceAccountDocument,
  ServiceAccountDocumentBody,
  ServiceAccountListingDocument,
  ServiceAccountTemporaryToken,
  SlackChannel,
  SlackChannelFieldsetsListingDocument,
  SlackConnectionDocument,
  SlackIntegrationDocument,
  SlackIntegrationDocumentBody,
  SlackIntegrationListingDocument,
  SoftwareVersionDocument,
  SoftwareVersionListingDocument,
  SsoBypassUsersRelationshipFieldsetsListingDocument,
  SsoBypassUsersRelationshipFieldsetsListingDocumentBody,
  StateVersionDocument,
  StateVersionDocumentBody,
  StateVersionListingDocument,
  StorageProfileDocument,
  StorageProfileDocumentBody,
  StorageProfileListingDocument,
  TagDocument,
  TagDocumentBody,
  TagListingDocument,
  TagRelationshipFieldsetsListingDocument,
  TagRelationshipFieldsetsListingDocumentBody,
  TeamDocument,
  TeamDocumentBody,
  TeamListingDocument,
  TerraformModuleUsageDocument,
  TerraformModuleUsageListingDocument,
  TerraformModuleUsageSourceFieldsetsListingDocument,
  TerraformModuleUsageVersionFieldsetsListingDocument,
  TerraformModuleVersionUsageListingDocument,
  TerraformProviderUsageDocument,
  TerraformProviderUsageListingDocument,
  TerraformProviderUsageSourceFieldsetsListingDocument,
  TerraformProviderUsageVersionFieldsetsListingDocument,
  TerraformProviderVersionUsageListingDocument,
  TerraformResourceInstanceUsageListingDocument,
  TerraformResourceUsageDocument,
  TerraformResourceUsageListingDocument,
  TerraformResourceUsageProviderTypeFieldsetsListingDocument,
  TerraformVersionUsageListingDocument,
  TerraformVersionUsageVersionFieldsetsListingDocument,
  UsageStatisticListingDocument,
  UserDocument,
  UserDocumentBody,
  UserInviteDocumentBody,
  UserListingDocument,
  VariableDocument,
  VariableDocumentBody,
  VariableListingDocument,
  VcsProviderDocument,
  VcsProviderDocumentBody,
  VcsProviderListingDocument,
  VcsTaskRequestBody,
  WebhookIntegrationDeliveryDocument,
  WebhookIntegrationDeliveryListingDocument,
  WebhookIntegrationDocument,
  WebhookIntegrationDocumentBody,
  WebhookIntegrationListingDocument,
  WorkloadIdentityProviderDocument,
  WorkloadIdentityProviderDocumentBody,
  WorkloadIdentityProviderListingDocument,
  WorkspaceDocument,
  WorkspaceDocumentBody,
  WorkspaceListingDocument,
  WorkspaceOutputFieldsetsListingDocument,
  WorkspaceSSHKeyLinkRequestBody,
  WorkspaceScheduleBody,
} from './schemas.ts'

/** Every operation of the public API: what it takes, and what it answers. */
export interface Operations {
  readonly 'GET /access-policies': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[account]'?: string
      readonly 'filter[access-policy]'?: string
      readonly 'filter[environment]'?: string
      readonly 'filter[workspace]'?: string
      readonly 'filter[user]'?: string
      readonly 'filter[team]'?: string
      readonly 'filter[service-account]'?: string
      readonly 'filter[role]'?: string
      readonly 'filter[conditions]'?: 'none' | 'environment' | 'workspace'
      readonly query?: string
      readonly sort?: readonly (
        | 'account'
        | 'environment'
        | 'service-account'
        | 'team'
        | 'user'
        | 'workspace'
      )[]
      readonly include?: readonly (
        | 'account'
        | 'environment'
        | 'roles'
        | 'service-account'
        | 'team'
        | 'user'
        | 'workspace'
      )[]
    }
    readonly body: undefined
    readonly answer: AccessPolicyListingDocument
  }
  readonly 'POST /access-policies': {
    readonly path: undefined
    readonly query: {
      readonly include?: readonly (
        | 'account'
        | 'environment'
        | 'roles'
        | 'service-account'
        | 'team'
        | 'user'
        | 'workspace'
      )[]
    }
    readonly body: AccessPolicyDocumentBody
    readonly answer: AccessPolicyDocument
  }
  readonly 'GET /access-policies/{access_policy}': {
    readonly path: { readonly access_policy: string }
    readonly query: {
      readonly include?: readonly (
        | 'account'
        | 'environment'
        | 'roles'
        | 'service-account'
        | 'team'
        | 'user'
        | 'workspace'
      )[]
    }
    readonly body: undefined
    readonly answer: AccessPolicyDocument
  }
  readonly 'PATCH /access-policies/{access_policy}': {
    readonly path: { readonly access_policy: string }
    readonly query: {
      readonly include?: readonly (
        | 'account'
        | 'environment'
        | 'roles'
        | 'service-account'
        | 'team'
        | 'user'
        | 'workspace'
      )[]
    }
    readonly body: PatchBody<AccessPolicyDocumentBody>
    readonly answer: AccessPolicyDocument
  }
  readonly 'DELETE /access-policies/{access_policy}': {
    readonly path: { readonly access_policy: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /access-tokens': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[is-expired]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly (
        | 'created-at'
        | 'description'
        | 'expires-at'
        | 'last-used-at'
        | 'name'
      )[]
      readonly include?: readonly 'created-by'[]
      readonly query?: string
    }
    readonly body: undefined
    readonly answer: AccessTokenListingDocument
  }
  readonly 'POST /access-tokens': {
    readonly path: undefined
    readonly query: { readonly include?: readonly 'created-by'[] }
    readonly body: AccessTokenDocumentBody
    readonly answer: AccessTokenDocument
  }
  readonly 'GET /access-tokens/{access_token}': {
    readonly path: { readonly access_token: string }
    readonly query: { readonly include?: readonly 'created-by'[] }
    readonly body: undefined
    readonly answer: AccessTokenDocument
  }
  readonly 'PATCH /access-tokens/{access_token}': {
    readonly path: { readonly access_token: string }
    readonly query: { readonly include?: readonly 'created-by'[] }
    readonly body: PatchBody<AccessTokenDocumentBody>
    readonly answer: AccessTokenDocument
  }
  readonly 'DELETE /access-tokens/{access_token}': {
    readonly path: { readonly access_token: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /account-users': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[account]'?: string
      readonly 'filter[user]'?: string
      readonly 'filter[team]'?: string
      readonly 'filter[status]'?: string
      readonly 'filter[is-admin]'?: string
      readonly query?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly ('created-at' | 'email' | 'full-name' | 'last-login-at' | 'status')[]
      readonly include?: readonly ('account' | 'teams' | 'user')[]
    }
    readonly body: undefined
    readonly answer: AccountUserListingDocument
  }
  readonly 'GET /accounts': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[name]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly include?: readonly ('billing-plan' | 'identity-provider' | 'owner')[]
      readonly fields?: {
        readonly accounts?: string
        readonly 'billing-plans'?: string
        readonly 'identity-providers'?: string
        readonly users?: string
      }
    }
    readonly body: undefined
    readonly answer: AccountListingDocument
  }
  readonly 'GET /accounts/{account}': {
    readonly path: { readonly account: string }
    readonly query: {
      readonly include?: readonly ('billing-plan' | 'identity-provider' | 'owner')[]
    }
    readonly body: undefined
    readonly answer: AccountDocument
  }
  readonly 'PATCH /accounts/{account}': {
    readonly path: { readonly account: string }
    readonly query: undefined
    readonly body: PatchBody<AccountDocumentBody>
    readonly answer: AccountDocument
  }
  readonly 'POST /accounts/{account}/actions/invite': {
    readonly path: { readonly account: string }
    readonly query: { readonly include?: readonly ('account' | 'teams' | 'user')[] }
    readonly body: UserInviteDocumentBody
    readonly answer: AccountUserDocument
  }
  readonly 'DELETE /accounts/{account}/actions/remove/{user}': {
    readonly path: { readonly account: string; readonly user: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /accounts/{account}/metrics': {
    readonly path: { readonly account: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: AccountMetrics
  }
  readonly 'GET /accounts/{account}/relationships/sso-bypass-users': {
    readonly path: { readonly account: string }
    readonly query: { readonly 'page[number]'?: number; readonly 'page[size]'?: number }
    readonly body: undefined
    readonly answer: SsoBypassUsersRelationshipFieldsetsListingDocument
  }
  readonly 'POST /accounts/{account}/relationships/sso-bypass-users': {
    readonly path: { readonly account: string }
    readonly query: undefined
    readonly body: SsoBypassUsersRelationshipFieldsetsListingDocumentBody
    readonly answer: undefined
  }
  readonly 'PATCH /accounts/{account}/relationships/sso-bypass-users': {
    readonly path: { readonly account: string }
    readonly query: undefined
    readonly body: PatchBody<SsoBypassUsersRelationshipFieldsetsListingDocumentBody>
    readonly answer: undefined
  }
  readonly 'DELETE /accounts/{account}/relationships/sso-bypass-users': {
    readonly path: { readonly account: string }
    readonly query: undefined
    readonly body: SsoBypassUsersRelationshipFieldsetsListingDocumentBody
    readonly answer: undefined
  }
  readonly 'GET /agent-pools': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[agent-pool]'?: string
      readonly 'filter[name]'?: string
      readonly 'filter[vcs-enabled]'?: string
      readonly 'filter[in-use]'?: string
      readonly 'filter[is-shared]'?: string
      readonly 'filter[account]'?: string
      readonly 'filter[environment]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly include?: readonly (
        | 'account'
        | 'agents'
        | 'environment'
        | 'environments'
        | 'workspaces'
      )[]
      readonly sort?: readonly ('account' | 'environment' | 'in-use' | 'name' | 'vcs-enabled')[]
    }
    readonly body: undefined
    readonly answer: AgentPoolListingDocument
  }
  readonly 'POST /agent-pools': {
    readonly path: undefined
    readonly query: {
      readonly include?: readonly (
        | 'account'
        | 'agents'
        | 'environment'
        | 'environments'
        | 'workspaces'
      )[]
    }
    readonly body: AgentPoolDocumentBody
    readonly answer: AgentPoolDocument
  }
  readonly 'GET /agent-pools/{agent_pool}': {
    readonly path: { readonly agent_pool: string }
    readonly query: {
      readonly include?: readonly (
        | 'account'
        | 'agents'
        | 'environment'
        | 'environments'
        | 'workspaces'
      )[]
    }
    readonly body: undefined
    readonly answer: AgentPoolDocument
  }
  readonly 'PATCH /agent-pools/{agent_pool}': {
    readonly path: { readonly agent_pool: string }
    readonly query: {
      readonly include?: readonly (
        | 'account'
        | 'agents'
        | 'environment'
        | 'environments'
        | 'workspaces'
      )[]
    }
    readonly body: PatchBody<AgentPoolDocumentBody>
    readonly answer: AgentPoolDocument
  }
  readonly 'DELETE /agent-pools/{agent_pool}': {
    readonly path: { readonly agent_pool: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /agent-pools/{agent_pool}/access-tokens': {
    readonly path: { readonly agent_pool: string }
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly (
        | 'created-at'
        | 'description'
        | 'expires-at'
        | 'last-used-at'
        | 'name'
      )[]
      readonly include?: readonly 'created-by'[]
      readonly query?: string
    }
    readonly body: undefined
    readonly answer: AccessTokenListingDocument
  }
  readonly 'POST /agent-pools/{agent_pool}/access-tokens': {
    readonly path: { readonly agent_pool: string }
    readonly query: { readonly include?: readonly 'created-by'[] }
    readonly body: AccessTokenDocumentBody
    readonly answer: AccessTokenDocument
  }
  readonly 'GET /agents': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[agent]'?: string
      readonly 'filter[agent-pool]'?: string
      readonly 'filter[name]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly include?: readonly 'pool'[]
      readonly sort?: readonly ('last-seen-at' | 'name' | 'os' | 'pool' | 'status' | 'version')[]
    }
    readonly body: undefined
    readonly answer: AgentListingDocument
  }
  readonly 'GET /agents/{agent}': {
    readonly path: { readonly agent: string }
    readonly query: { readonly include?: readonly 'pool'[] }
    readonly body: undefined
    readonly answer: AgentDocument
  }
  readonly 'DELETE /agents/{agent}': {
    readonly path: { readonly agent: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /applies/{apply}': {
    readonly path: { readonly apply: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: ApplyDocument
  }
  readonly 'GET /applies/{apply}/output': {
    readonly path: { readonly apply: string }
    readonly query: { readonly clean?: boolean }
    readonly body: undefined
    readonly answer: undefined | Readable
  }
  readonly 'GET /assume-service-account-policies': {
    readonly path: undefined
    readonly query: {
      readonly include?: readonly ('provider' | 'service-account')[]
      readonly 'filter[service-account]'?: string
      readonly 'filter[workload-identity-provider]'?: string
      readonly 'filter[name]'?: string
      readonly 'filter[assume-service-account-policy]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly ('email' | 'name')[]
      readonly query?: string
    }
    readonly body: undefined
    readonly answer: AssumeServiceAccountPolicyListingDocument
  }
  readonly 'GET /configuration-versions': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly include?: readonly 'vcs-revision'[]
      readonly 'filter[workspace]': string
    }
    readonly body: undefined
    readonly answer: ConfigurationVersionListingDocument
  }
  readonly 'POST /configuration-versions': {
    readonly path: undefined
    readonly query: undefined
    readonly body: ConfigurationVersionDocumentBody
    readonly answer: ConfigurationVersionDocument
  }
  readonly 'GET /configuration-versions/{configuration_version}': {
    readonly path: { readonly configuration_version: string }
    readonly query: { readonly include?: readonly 'vcs-revision'[] }
    readonly body: undefined
    readonly answer: ConfigurationVersionDocument
  }
  readonly 'GET /configuration-versions/{configuration_version}/download': {
    readonly path: { readonly configuration_version: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Readable
  }
  readonly 'GET /cost-estimates/{cost_estimate}': {
    readonly path: { readonly cost_estimate: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: CostEstimateDocument
  }
  readonly 'GET /cost-estimates/{cost_estimate}/breakdown': {
    readonly path: { readonly cost_estimate: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Readable
  }
  readonly 'GET /cost-estimates/{cost_estimate}/output': {
    readonly path: { readonly cost_estimate: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Readable
  }
  readonly 'POST /drift-detection-schedules': {
    readonly path: undefined
    readonly query: { readonly fields?: { readonly 'drift-detection-schedule'?: string } }
    readonly body: DriftDetectionScheduleDocumentBody
    readonly answer: DriftDetectionScheduleDocument
  }
  readonly 'GET /drift-detection-schedules/{drift_detection_schedule}': {
    readonly path: { readonly drift_detection_schedule: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: DriftDetectionScheduleDocument
  }
  readonly 'PATCH /drift-detection-schedules/{drift_detection_schedule}': {
    readonly path: { readonly drift_detection_schedule: string }
    readonly query: undefined
    readonly body: PatchBody<DriftDetectionScheduleDocumentBody>
    readonly answer: DriftDetectionScheduleDocument
  }
  readonly 'DELETE /drift-detection-schedules/{drift_detection_schedule}': {
    readonly path: { readonly drift_detection_schedule: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /environments': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[account]'?: string
      readonly 'filter[environment]'?: string
      readonly 'filter[latest-run-date]'?: string
      readonly 'filter[policy-group]'?: string
      readonly 'filter[storage-profile]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly query?: string
      readonly 'filter[tag]'?: string
      readonly 'filter[name]'?: string
      readonly 'filter[favorite]'?: string
      readonly 'sort[favorite-first]'?: string
      readonly sort?: readonly ('account' | 'created-at' | 'created-by-email' | 'name')[]
      readonly include?: readonly (
        | 'account'
        | 'created-by'
        | 'default-provider-configurations'
        | 'default-workspace-agent-pool'
        | 'drift-detection-schedules'
        | 'locked-by'
        | 'policy-groups'
        | 'provider-configurations'
        | 'storage-profile'
        | 'tags'
      )[]
      readonly fields?: {
        readonly accounts?: string
        readonly 'agent-pools'?: string
        readonly 'drift-detection-schedule'?: string
        readonly environments?: string
        readonly 'policy-groups'?: string
        readonly 'provider-configurations'?: string
        readonly 'storage-profiles'?: string
        readonly tags?: string
        readonly users?: string
      }
    }
    readonly body: undefined
    readonly answer: EnvironmentListingDocument
  }
  readonly 'POST /environments': {
    readonly path: undefined
    readonly query: {
      readonly fields?: {
        readonly accounts?: string
        readonly 'agent-pools'?: string
        readonly 'drift-detection-schedule'?: string
        readonly environments?: string
        readonly 'policy-groups'?: string
        readonly 'provider-configurations'?: string
        readonly 'storage-profiles'?: string
        readonly tags?: string
        readonly users?: string
      }
    }
    readonly body: EnvironmentDocumentBody
    readonly answer: EnvironmentDocument
  }
  readonly 'GET /environments/{environment}': {
    readonly path: { readonly environment: string }
    readonly query: {
      readonly track_access?: boolean
      readonly include?: readonly (
        | 'account'
        | 'created-by'
        | 'default-provider-configurations'
        | 'default-workspace-agent-pool'
        | 'drift-detection-schedules'
        | 'locked-by'
        | 'policy-groups'
        | 'provider-configurations'
        | 'storage-profile'
        | 'tags'
      )[]
      readonly fields?: {
        readonly accounts?: string
        readonly 'agent-pools'?: string
        readonly 'drift-detection-schedule'?: string
        readonly environments?: string
        readonly 'policy-groups'?: string
        readonly 'provider-configurations'?: string
        readonly 'storage-profiles'?: string
        readonly tags?: string
        readonly users?: string
      }
    }
    readonly body: undefined
    readonly answer: EnvironmentDocument
  }
  readonly 'PATCH /environments/{environment}': {
    readonly path: { readonly environment: string }
    readonly query: {
      readonly fields?: {
        readonly accounts?: string
        readonly 'agent-pools'?: string
        readonly 'drift-detection-schedule'?: string
        readonly environments?: string
        readonly 'policy-groups'?: string
        readonly 'provider-configurations'?: string
        readonly 'storage-profiles'?: string
        readonly tags?: string
        readonly users?: string
      }
    }
    readonly body: PatchBody<EnvironmentDocumentBody>
    readonly answer: EnvironmentDocument
  }
  readonly 'DELETE /environments/{environment}': {
    readonly path: { readonly environment: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'POST /environments/{environment}/actions/favorite': {
    readonly path: { readonly environment: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: EnvironmentDocument
  }
  readonly 'POST /environments/{environment}/actions/lock': {
    readonly path: { readonly environment: string }
    readonly query: undefined
    readonly body: EnvLockReasonBody
    readonly answer: EnvironmentDocument
  }
  readonly 'POST /environments/{environment}/actions/unfavorite': {
    readonly path: { readonly environment: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: EnvironmentDocument
  }
  readonly 'POST /environments/{environment}/actions/unlock': {
    readonly path: { readonly environment: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: EnvironmentDocument
  }
  readonly 'GET /environments/{environment}/relationships/federated-environments': {
    readonly path: { readonly environment: string }
    readonly query: { readonly 'page[number]'?: number; readonly 'page[size]'?: number }
    readonly body: undefined
    readonly answer: FederatedEnvironmentRelationshipFieldsetsListingDocument
  }
  readonly 'POST /environments/{environment}/relationships/federated-environments': {
    readonly path: { readonly environment: string }
    readonly query: undefined
    readonly body: FederatedEnvironmentRelationshipFieldsetsListingDocumentBody
    readonly answer: undefined
  }
  readonly 'PATCH /environments/{environment}/relationships/federated-environments': {
    readonly path: { readonly environment: string }
    readonly query: undefined
    readonly body: PatchBody<FederatedEnvironmentRelationshipFieldsetsListingDocumentBody>
    readonly answer: undefined
  }
  readonly 'DELETE /environments/{environment}/relationships/federated-environments': {
    readonly path: { readonly environment: string }
    readonly query: undefined
    readonly body: FederatedEnvironmentRelationshipFieldsetsListingDocumentBody
    readonly answer: undefined
  }
  readonly 'GET /environments/{environment}/relationships/tags': {
    readonly path: { readonly environment: string }
    readonly query: { readonly 'page[number]'?: number; readonly 'page[size]'?: number }
    readonly body: undefined
    readonly answer: TagRelationshipFieldsetsListingDocument
  }
  readonly 'POST /environments/{environment}/relationships/tags': {
    readonly path: { readonly environment: string }
    readonly query: undefined
    readonly body: TagRelationshipFieldsetsListingDocumentBody
    readonly answer: undefined
  }
  readonly 'PATCH /environments/{environment}/relationships/tags': {
    readonly path: { readonly environment: string }
    readonly query: undefined
    readonly body: PatchBody<TagRelationshipFieldsetsListingDocumentBody>
    readonly answer: undefined
  }
  readonly 'DELETE /environments/{environment}/relationships/tags': {
    readonly path: { readonly environment: string }
    readonly query: undefined
    readonly body: TagRelationshipFieldsetsListingDocumentBody
    readonly answer: undefined
  }
  readonly 'GET /event-definitions': {
    readonly path: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: EventDefinitionListingDocument
  }
  readonly 'GET /hook-environment-links': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[environment]': string
      readonly 'filter[events]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly query?: string
      readonly sort?: readonly ('name' | 'updated-at' | 'updated-by')[]
      readonly include?: readonly ('hook' | 'vcs-provider' | 'vcs-revision')[]
      readonly fields?: {
        readonly 'hook-environment-links'?: string
        readonly hooks?: string
        readonly 'vcs-providers'?: string
        readonly 'vcs-revisions'?: string
      }
    }
    readonly body: undefined
    readonly answer: HookEnvironmentLinkListingDocument
  }
  readonly 'POST /hook-environment-links': {
    readonly path: undefined
    readonly query: undefined
    readonly body: HookEnvironmentLinkDocumentBody
    readonly answer: HookEnvironmentLinkDocument
  }
  readonly 'GET /hook-environment-links/{hook_environment_link}': {
    readonly path: { readonly hook_environment_link: string }
    readonly query: {
      readonly include?: readonly ('hook' | 'vcs-provider' | 'vcs-revision')[]
      readonly fields?: {
        readonly 'hook-environment-links'?: string
        readonly hooks?: string
        readonly 'vcs-providers'?: string
        readonly 'vcs-revisions'?: string
      }
    }
    readonly body: undefined
    readonly answer: HookEnvironmentLinkDocument
  }
  readonly 'PATCH /hook-environment-links/{hook_environment_link}': {
    readonly path: { readonly hook_environment_link: string }
    readonly query: undefined
    readonly body: PatchBody<HookEnvironmentLinkDocumentBody>
    readonly answer: HookEnvironmentLinkDocument
  }
  readonly 'DELETE /hook-environment-links/{hook_environment_link}': {
    readonly path: { readonly hook_environment_link: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /hooks': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[name]'?: string
      readonly 'filter[vcs-provider]'?: string
      readonly 'filter[hook]'?: string
      readonly 'filter[status]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly query?: string
      readonly sort?: readonly ('name' | 'updated-at' | 'updated-by')[]
      readonly include?: readonly (
        | 'account'
        | 'readme'
        | 'updated-by'
        | 'vcs-provider'
        | 'vcs-revision'
      )[]
      readonly fields?: {
        readonly accounts?: string
        readonly 'hook-readme'?: string
        readonly hooks?: string
        readonly users?: string
        readonly 'vcs-providers'?: string
        readonly 'vcs-revisions'?: string
      }
    }
    readonly body: undefined
    readonly answer: HookListingDocument
  }
  readonly 'POST /hooks': {
    readonly path: undefined
    readonly query: undefined
    readonly body: HookDocumentBody
    readonly answer: HookDocument
  }
  readonly 'GET /hooks/{hook}': {
    readonly path: { readonly hook: string }
    readonly query: {
      readonly include?: readonly (
        | 'account'
        | 'readme'
        | 'updated-by'
        | 'vcs-provider'
        | 'vcs-revision'
      )[]
      readonly fields?: {
        readonly accounts?: string
        readonly 'hook-readme'?: string
        readonly hooks?: string
        readonly users?: string
        readonly 'vcs-providers'?: string
        readonly 'vcs-revisions'?: string
      }
    }
    readonly body: undefined
    readonly answer: HookDocument
  }
  readonly 'PATCH /hooks/{hook}': {
    readonly path: { readonly hook: string }
    readonly query: undefined
    readonly body: PatchBody<HookDocumentBody>
    readonly answer: HookDocument
  }
  readonly 'DELETE /hooks/{hook}': {
    readonly path: { readonly hook: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'POST /hooks/{hook}/actions/resync': {
    readonly path: { readonly hook: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /iam/signin/{provider}': {
    readonly path: { readonly provider: 'github' | 'google' }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Readable
  }
  readonly 'GET /iam/signup/{provider}': {
    readonly path: { readonly provider: 'github' | 'google' }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Readable
  }
  readonly 'GET /integrations/aws-event-bridge': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[name]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly 'name'[]
    }
    readonly body: undefined
    readonly answer: AWSEventBridgeIntegrationListingDocument
  }
  readonly 'POST /integrations/aws-event-bridge': {
    readonly path: undefined
    readonly query: undefined
    readonly body: AWSEventBridgeIntegrationDocumentBody
    readonly answer: AWSEventBridgeIntegrationDocument
  }
  readonly 'GET /integrations/aws-event-bridge/{aws_event_bridge_integration}': {
    readonly path: { readonly aws_event_bridge_integration: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: AWSEventBridgeIntegrationDocument
  }
  readonly 'PATCH /integrations/aws-event-bridge/{aws_event_bridge_integration}': {
    readonly path: { readonly aws_event_bridge_integration: string }
    readonly query: undefined
    readonly body: PatchBody<AWSEventBridgeIntegrationDocumentBody>
    readonly answer: AWSEventBridgeIntegrationDocument
  }
  readonly 'DELETE /integrations/aws-event-bridge/{aws_event_bridge_integration}': {
    readonly path: { readonly aws_event_bridge_integration: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /integrations/checkov': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly include?: readonly ('environments' | 'vcs-provider')[]
      readonly sort?: readonly 'name'[]
    }
    readonly body: undefined
    readonly answer: CheckovIntegrationListingDocument
  }
  readonly 'POST /integrations/checkov': {
    readonly path: undefined
    readonly query: { readonly include?: readonly ('environments' | 'vcs-provider')[] }
    readonly body: CheckovIntegrationDocumentBody
    readonly answer: CheckovIntegrationDocument
  }
  readonly 'GET /integrations/checkov/{integration}': {
    readonly path: { readonly integration: string }
    readonly query: { readonly include?: readonly ('environments' | 'vcs-provider')[] }
    readonly body: undefined
    readonly answer: CheckovIntegrationDocument
  }
  readonly 'PATCH /integrations/checkov/{integration}': {
    readonly path: { readonly integration: string }
    readonly query: { readonly include?: readonly ('environments' | 'vcs-provider')[] }
    readonly body: PatchBody<CheckovIntegrationDocumentBody>
    readonly answer: CheckovIntegrationDocument | undefined
  }
  readonly 'DELETE /integrations/checkov/{integration}': {
    readonly path: { readonly integration: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'POST /integrations/checkov/{integration}/actions/resync': {
    readonly path: { readonly integration: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /integrations/datadog': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[account]': string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly 'name'[]
    }
    readonly body: undefined
    readonly answer: DatadogIntegrationListingDocument
  }
  readonly 'POST /integrations/datadog': {
    readonly path: undefined
    readonly query: undefined
    readonly body: DatadogIntegrationDocumentBody
    readonly answer: DatadogIntegrationDocument
  }
  readonly 'GET /integrations/datadog/{datadog_integration}': {
    readonly path: { readonly datadog_integration: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: DatadogIntegrationDocument
  }
  readonly 'PATCH /integrations/datadog/{datadog_integration}': {
    readonly path: { readonly datadog_integration: string }
    readonly query: undefined
    readonly body: PatchBody<DatadogIntegrationDocumentBody>
    readonly answer: DatadogIntegrationDocument
  }
  readonly 'DELETE /integrations/datadog/{datadog_integration}': {
    readonly path: { readonly datadog_integration: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /integrations/infracost': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[name]'?: string
      readonly 'filter[infracost-integration]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly include?: readonly 'environments'[]
      readonly sort?: readonly 'name'[]
    }
    readonly body: undefined
    readonly answer: InfracostIntegrationListingDocument
  }
  readonly 'POST /integrations/infracost': {
    readonly path: undefined
    readonly query: { readonly include?: readonly 'environments'[] }
    readonly body: InfracostIntegrationDocumentBody
    readonly answer: InfracostIntegrationDocument
  }
  readonly 'GET /integrations/infracost/{infracost_integration}': {
    readonly path: { readonly infracost_integration: string }
    readonly query: { readonly include?: readonly 'environments'[] }
    readonly body: undefined
    readonly answer: InfracostIntegrationDocument
  }
  readonly 'PATCH /integrations/infracost/{infracost_integration}': {
    readonly path: { readonly infracost_integration: string }
    readonly query: { readonly include?: readonly 'environments'[] }
    readonly body: PatchBody<InfracostIntegrationDocumentBody>
    readonly answer: InfracostIntegrationDocument | undefined
  }
  readonly 'DELETE /integrations/infracost/{infracost_integration}': {
    readonly path: { readonly infracost_integration: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /integrations/saml': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[account]': string
      readonly 'filter[source]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly 'name'[]
    }
    readonly body: undefined
    readonly answer: SamlIntegrationListingDocument
  }
  readonly 'POST /integrations/saml': {
    readonly path: undefined
    readonly query: undefined
    readonly body: SamlIntegrationDocumentBody
    readonly answer: SamlIntegrationDocument
  }
  readonly 'GET /integrations/saml/{saml_integration}': {
    readonly path: { readonly saml_integration: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: SamlIntegrationDocument
  }
  readonly 'PATCH /integrations/saml/{saml_integration}': {
    readonly path: { readonly saml_integration: string }
    readonly query: undefined
    readonly body: PatchBody<SamlIntegrationDocumentBody>
    readonly answer: SamlIntegrationDocument
  }
  readonly 'DELETE /integrations/saml/{saml_integration}': {
    readonly path: { readonly saml_integration: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /integrations/slack': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[account]': string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly include?: readonly ('environments' | 'workspaces')[]
      readonly sort?: readonly 'name'[]
    }
    readonly body: undefined
    readonly answer: SlackIntegrationListingDocument
  }
  readonly 'POST /integrations/slack': {
    readonly path: undefined
    readonly query: undefined
    readonly body: SlackIntegrationDocumentBody
    readonly answer: SlackIntegrationDocument
  }
  readonly 'GET /integrations/slack/{account}/connection': {
    readonly path: { readonly account: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: SlackConnectionDocument
  }
  readonly 'DELETE /integrations/slack/{account}/connection': {
    readonly path: { readonly account: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /integrations/slack/{account}/connection/channels': {
    readonly path: { readonly account: string }
    readonly query: {
      readonly query?: string
      readonly ignore_cache?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
    }
    readonly body: undefined
    readonly answer: SlackChannelFieldsetsListingDocument
  }
  readonly 'GET /integrations/slack/{account}/connection/channels/{channel_id}': {
    readonly path: { readonly account: string; readonly channel_id: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: SlackChannel
  }
  readonly 'GET /integrations/slack/{slack_integration}': {
    readonly path: { readonly slack_integration: string }
    readonly query: { readonly include?: readonly ('environments' | 'workspaces')[] }
    readonly body: undefined
    readonly answer: SlackIntegrationDocument
  }
  readonly 'PATCH /integrations/slack/{slack_integration}': {
    readonly path: { readonly slack_integration: string }
    readonly query: undefined
    readonly body: PatchBody<SlackIntegrationDocumentBody>
    readonly answer: SlackIntegrationDocument
  }
  readonly 'DELETE /integrations/slack/{slack_integration}': {
    readonly path: { readonly slack_integration: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /integrations/webhook-deliveries': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[status]'?: string
      readonly 'filter[response-code]'?: string
      readonly 'filter[webhook-integration]'?: string
      readonly 'filter[triggered-at]'?: string
      readonly 'filter[environment]'?: string
      readonly 'filter[workspace]'?: string
      readonly 'filter[run]'?: string
      readonly 'filter[event]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly include?: readonly (
        | 'environment'
        | 'event'
        | 'run'
        | 'triggered-by'
        | 'webhook'
        | 'workspace'
      )[]
      readonly sort?: readonly ('event' | 'response-code' | 'run' | 'triggered-at' | 'webhook')[]
      readonly query?: string
      readonly fields?: {
        readonly environments?: string
        readonly 'event-definitions'?: string
        readonly runs?: string
        readonly users?: string
        readonly 'webhook-integration-deliveries'?: string
        readonly 'webhook-integrations'?: string
        readonly workspaces?: string
      }
    }
    readonly body: undefined
    readonly answer: WebhookIntegrationDeliveryListingDocument
  }
  readonly 'GET /integrations/webhook-deliveries/{webhook_delivery}': {
    readonly path: { readonly webhook_delivery: string }
    readonly query: {
      readonly include?: readonly (
        | 'environment'
        | 'event'
        | 'run'
        | 'triggered-by'
        | 'webhook'
        | 'workspace'
      )[]
      readonly fields?: {
        readonly environments?: string
        readonly 'event-definitions'?: string
        readonly runs?: string
        readonly users?: string
        readonly 'webhook-integration-deliveries'?: string
        readonly 'webhook-integrations'?: string
        readonly workspaces?: string
      }
    }
    readonly body: undefined
    readonly answer: WebhookIntegrationDeliveryDocument
  }
  readonly 'GET /integrations/webhooks': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[enabled]'?: string
      readonly 'filter[account]': string
      readonly 'filter[environment]'?: string
      readonly 'filter[event]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly 'name'[]
      readonly query?: string
      readonly fields?: { readonly 'webhook-integrations'?: string }
    }
    readonly body: undefined
    readonly answer: WebhookIntegrationListingDocument
  }
  readonly 'POST /integrations/webhooks': {
    readonly path: undefined
    readonly query: { readonly fields?: { readonly 'webhook-integrations'?: string } }
    readonly body: WebhookIntegrationDocumentBody
    readonly answer: WebhookIntegrationDocument
  }
  readonly 'GET /integrations/webhooks/{webhook}': {
    readonly path: { readonly webhook: string }
    readonly query: { readonly fields?: { readonly 'webhook-integrations'?: string } }
    readonly body: undefined
    readonly answer: WebhookIntegrationDocument
  }
  readonly 'PATCH /integrations/webhooks/{webhook}': {
    readonly path: { readonly webhook: string }
    readonly query: { readonly fields?: { readonly 'webhook-integrations'?: string } }
    readonly body: PatchBody<WebhookIntegrationDocumentBody>
    readonly answer: WebhookIntegrationDocument
  }
  readonly 'DELETE /integrations/webhooks/{webhook}': {
    readonly path: { readonly webhook: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /logout': {
    readonly path: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: Readable
  }
  readonly 'GET /metrics': {
    readonly path: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: Readable
  }
  readonly 'GET /module-namespaces': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[name]'?: string
      readonly 'filter[environment]'?: string
      readonly sort?: readonly 'name'[]
    }
    readonly body: undefined
    readonly answer: ModuleNamespaceListingDocument
  }
  readonly 'POST /module-namespaces': {
    readonly path: undefined
    readonly query: undefined
    readonly body: ModuleNamespaceDocumentBody
    readonly answer: ModuleNamespaceDocument
  }
  readonly 'GET /module-namespaces/{module_namespace}': {
    readonly path: { readonly module_namespace: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: ModuleNamespaceDocument
  }
  readonly 'PATCH /module-namespaces/{module_namespace}': {
    readonly path: { readonly module_namespace: string }
    readonly query: undefined
    readonly body: PatchBody<ModuleNamespaceDocumentBody>
    readonly answer: ModuleNamespaceDocument
  }
  readonly 'DELETE /module-namespaces/{module_namespace}': {
    readonly path: { readonly module_namespace: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /module-test-provider-configuration-links/{module_test_provider_configuration_link}': {
    readonly path: { readonly module_test_provider_configuration_link: string }
    readonly query: { readonly include?: readonly 'provider-configuration'[] }
    readonly body: undefined
    readonly answer: ModuleTestProviderConfigurationLinkDocument
  }
  readonly 'PATCH /module-test-provider-configuration-links/{module_test_provider_configuration_link}': {
    readonly path: { readonly module_test_provider_configuration_link: string }
    readonly query: undefined
    readonly body: PatchBody<ModuleTestProviderConfigurationLinkDocumentBody>
    readonly answer: ModuleTestProviderConfigurationLinkDocument
  }
  readonly 'DELETE /module-test-provider-configuration-links/{module_test_provider_configuration_link}': {
    readonly path: { readonly module_test_provider_configuration_link: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /module-versions': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[module]': string
      readonly 'filter[status]'?: string
      readonly 'filter[version]'?: string
      readonly sort?: readonly 'version'[]
      readonly include?: readonly ('module' | 'vcs-revision')[]
      readonly fields?: {
        readonly 'module-versions'?: string
        readonly modules?: string
        readonly 'vcs-revisions'?: string
      }
    }
    readonly body: undefined
    readonly answer: ModuleVersionListingDocument
  }
  readonly 'GET /module-versions/{module_version}': {
    readonly path: { readonly module_version: string }
    readonly query: { readonly include?: readonly ('module' | 'vcs-revision')[] }
    readonly body: undefined
    readonly answer: ModuleVersionDocument
  }
  readonly 'POST /module-versions/{module_version}/actions/resync': {
    readonly path: { readonly module_version: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /modules': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[name]'?: string
      readonly 'filter[provider]'?: string
      readonly 'filter[source]'?: string
      readonly 'filter[status]'?: string
      readonly 'filter[environment]'?: string
      readonly 'filter[account]'?: string
      readonly 'filter[module-versions][status]'?: string
      readonly 'filter[module-versions][is-root-module]'?: string
      readonly 'filter[vcs-provider]'?: string
      readonly query?: string
      readonly 'filter[module-namespace]'?: string
      readonly 'filter[namespace][environments]'?: string
      readonly include?: readonly (
        | 'created-by'
        | 'environment'
        | 'latest-module-version'
        | 'module-versions'
        | 'namespace'
        | 'vcs-provider'
      )[]
      readonly sort?: readonly ('created-at' | 'environment' | 'name')[]
      readonly fields?: {
        readonly environments?: string
        readonly 'module-namespaces'?: string
        readonly 'module-versions'?: string
        readonly modules?: string
        readonly users?: string
        readonly 'vcs-providers'?: string
      }
    }
    readonly body: undefined
    readonly answer: ModuleListingDocument
  }
  readonly 'POST /modules': {
    readonly path: undefined
    readonly query: undefined
    readonly body: ModuleDocumentBody
    readonly answer: ModuleDocument
  }
  readonly 'GET /modules/{module}': {
    readonly path: { readonly module: string }
    readonly query: {
      readonly include?: readonly (
        | 'created-by'
        | 'environment'
        | 'latest-module-version'
        | 'module-versions'
        | 'namespace'
        | 'vcs-provider'
      )[]
    }
    readonly body: undefined
    readonly answer: ModuleDocument
  }
  readonly 'DELETE /modules/{module}': {
    readonly path: { readonly module: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'POST /modules/{module}/actions/resync': {
    readonly path: { readonly module: string }
    readonly query: undefined
    readonly body: ModuleResyncRequestBody
    readonly answer: undefined
  }
  readonly 'GET /modules/{module}/changelog': {
    readonly path: { readonly module: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Readable
  }
  readonly 'GET /permissions': {
    readonly path: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: PermissionListingDocument
  }
  readonly 'GET /permissions/{permission}': {
    readonly path: { readonly permission: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: PermissionDocument
  }
  readonly 'GET /ping': {
    readonly path: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: Readable
  }
  readonly 'GET /plans/{plan}': {
    readonly path: { readonly plan: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: PlanDocument
  }
  readonly 'GET /plans/{plan}/json-output': {
    readonly path: { readonly plan: string }
    readonly query: { readonly format?: 'text' | 'gzip' }
    readonly body: undefined
    readonly answer: undefined | Readable
  }
  readonly 'GET /plans/{plan}/output': {
    readonly path: { readonly plan: string }
    readonly query: { readonly clean?: boolean; readonly format?: 'text' | 'gzip' }
    readonly body: undefined
    readonly answer: undefined | Readable
  }
  readonly 'GET /plans/{plan}/sanitized-json-output': {
    readonly path: { readonly plan: string }
    readonly query: { readonly format?: 'text' | 'gzip' }
    readonly body: undefined
    readonly answer: undefined | Readable
  }
  readonly 'GET /policies/{policy}': {
    readonly path: { readonly policy: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: PolicyDocument
  }
  readonly 'GET /policy-checks/{policy_check}': {
    readonly path: { readonly policy_check: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: PolicyCheckDocument
  }
  readonly 'POST /policy-checks/{policy_check}/actions/override': {
    readonly path: { readonly policy_check: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: PolicyCheckDocument
  }
  readonly 'GET /policy-checks/{policy_check}/output': {
    readonly path: { readonly policy_check: string }
    readonly query: { readonly clean?: boolean }
    readonly body: undefined
    readonly answer: Readable
  }
  readonly 'GET /policy-group-checks/{policy_group_check}/policy-check-results': {
    readonly path: { readonly policy_group_check: string }
    readonly query: {
      readonly query?: string
      readonly 'filter[policy]'?: string
      readonly 'filter[result]'?: string
      readonly 'filter[environment]'?: string
      readonly 'filter[workspace]'?: string
      readonly 'filter[terragrunt-unit]'?: string
      readonly format?: string
      readonly include?: readonly ('environment' | 'workspace')[]
      readonly fields?: {
        readonly environments?: string
        readonly 'policy-check-results'?: string
        readonly workspaces?: string
      }
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly 'name'[]
    }
    readonly body: undefined
    readonly answer: PolicyCheckResultListingDocument | string
  }
  readonly 'GET /policy-groups': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[policy-group]'?: string
      readonly 'filter[environment]'?: string
      readonly 'filter[software-version]'?: string
      readonly 'filter[vcs-provider]'?: string
      readonly 'filter[name]'?: string
      readonly include?: readonly ('account' | 'policies' | 'vcs-provider' | 'vcs-revision')[]
      readonly query?: string
      readonly sort?: readonly ('account' | 'created-at' | 'name' | 'status')[]
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly fields?: {
        readonly accounts?: string
        readonly policies?: string
        readonly 'policy-groups'?: string
        readonly 'vcs-providers'?: string
        readonly 'vcs-revisions'?: string
      }
    }
    readonly body: undefined
    readonly answer: PolicyGroupListingDocument
  }
  readonly 'POST /policy-groups': {
    readonly path: undefined
    readonly query: {
      readonly include?: readonly ('account' | 'policies' | 'vcs-provider' | 'vcs-revision')[]
    }
    readonly body: PolicyGroupDocumentBody
    readonly answer: PolicyGroupDocument
  }
  readonly 'GET /policy-groups/{policy_group}': {
    readonly path: { readonly policy_group: string }
    readonly query: {
      readonly include?: readonly ('account' | 'policies' | 'vcs-provider' | 'vcs-revision')[]
    }
    readonly body: undefined
    readonly answer: PolicyGroupDocument
  }
  readonly 'PATCH /policy-groups/{policy_group}': {
    readonly path: { readonly policy_group: string }
    readonly query: {
      readonly include?: readonly ('account' | 'policies' | 'vcs-provider' | 'vcs-revision')[]
    }
    readonly body: PatchBody<PolicyGroupDocumentBody>
    readonly answer: PolicyGroupDocument
  }
  readonly 'DELETE /policy-groups/{policy_group}': {
    readonly path: { readonly policy_group: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'POST /policy-groups/{policy_group}/actions/resync': {
    readonly path: { readonly policy_group: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /policy-groups/{policy_group}/pull-request-policy-check-results': {
    readonly path: { readonly policy_group: string }
    readonly query: {
      readonly 'filter[environment]'?: string
      readonly 'filter[workspace]'?: string
      readonly 'filter[result]'?: string
      readonly commit_sha?: string
      readonly query?: string
      readonly 'filter[terragrunt-unit]'?: string
      readonly format?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly ('name' | 'pull-request-number' | 'result')[]
      readonly include?: readonly ('environment' | 'workspace')[]
      readonly fields?: {
        readonly environments?: string
        readonly 'policy-check-results'?: string
        readonly workspaces?: string
      }
    }
    readonly body: undefined
    readonly answer: PolicyCheckResultListingDocument | string
  }
  readonly 'POST /policy-groups/{policy_group}/relationships/environments': {
    readonly path: { readonly policy_group: string }
    readonly query: undefined
    readonly body: PolicyGroupEnvironmentRelationshipFieldsetsListingDocumentBody
    readonly answer: undefined
  }
  readonly 'PATCH /policy-groups/{policy_group}/relationships/environments': {
    readonly path: { readonly policy_group: string }
    readonly query: undefined
    readonly body: PatchBody<PolicyGroupEnvironmentRelationshipFieldsetsListingDocumentBody>
    readonly answer: undefined
  }
  readonly 'DELETE /policy-groups/{policy_group}/relationships/environments/{environment}': {
    readonly path: { readonly policy_group: string; readonly environment: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /provider-configuration-links/{provider_configuration_link}': {
    readonly path: { readonly provider_configuration_link: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: ProviderConfigurationLinkDocument
  }
  readonly 'PATCH /provider-configuration-links/{provider_configuration_link}': {
    readonly path: { readonly provider_configuration_link: string }
    readonly query: undefined
    readonly body: PatchBody<ProviderConfigurationLinkDocumentBody>
    readonly answer: ProviderConfigurationLinkDocument
  }
  readonly 'DELETE /provider-configuration-links/{provider_configuration_link}': {
    readonly path: { readonly provider_configuration_link: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /provider-configuration-parameters/{provider_configuration_parameter}': {
    readonly path: { readonly provider_configuration_parameter: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: ProviderConfigurationParameterDocument
  }
  readonly 'PATCH /provider-configuration-parameters/{provider_configuration_parameter}': {
    readonly path: { readonly provider_configuration_parameter: string }
    readonly query: undefined
    readonly body: PatchBody<ProviderConfigurationParameterDocumentBody>
    readonly answer: ProviderConfigurationParameterDocument
  }
  readonly 'DELETE /provider-configuration-parameters/{provider_configuration_parameter}': {
    readonly path: { readonly provider_configuration_parameter: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /provider-configurations': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[name]'?: string
      readonly 'filter[provider-name]'?: string
      readonly 'filter[status]'?: string
      readonly 'filter[account]'?: string
      readonly 'filter[environment]'?: string
      readonly 'filter[provider-configuration]'?: string
      readonly 'filter[tag]'?: string
      readonly 'filter[is-allowed-in-module-test]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly 'name'[]
      readonly include?: readonly ('environments' | 'parameters' | 'tags')[]
      readonly fields?: {
        readonly environments?: string
        readonly 'provider-configuration-parameters'?: string
        readonly 'provider-configurations'?: string
        readonly tags?: string
      }
    }
    readonly body: undefined
    readonly answer: ProviderConfigurationListingDocument
  }
  readonly 'POST /provider-configurations': {
    readonly path: undefined
    readonly query: undefined
    readonly body: ProviderConfigurationDocumentBody
    readonly answer: ProviderConfigurationDocument
  }
  readonly 'GET /provider-configurations/{provider_configuration}': {
    readonly path: { readonly provider_configuration: string }
    readonly query: { readonly include?: readonly ('environments' | 'parameters' | 'tags')[] }
    readonly body: undefined
    readonly answer: ProviderConfigurationDocument
  }
  readonly 'PATCH /provider-configurations/{provider_configuration}': {
    readonly path: { readonly provider_configuration: string }
    readonly query: undefined
    readonly body: PatchBody<ProviderConfigurationDocumentBody>
    readonly answer: ProviderConfigurationDocument
  }
  readonly 'DELETE /provider-configurations/{provider_configuration}': {
    readonly path: { readonly provider_configuration: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /provider-configurations/{provider_configuration}/parameters': {
    readonly path: { readonly provider_configuration: string }
    readonly query: { readonly 'page[number]'?: number; readonly 'page[size]'?: number }
    readonly body: undefined
    readonly answer: ProviderConfigurationParameterListingDocument
  }
  readonly 'POST /provider-configurations/{provider_configuration}/parameters': {
    readonly path: { readonly provider_configuration: string }
    readonly query: undefined
    readonly body: ProviderConfigurationParameterDocumentBody
    readonly answer: ProviderConfigurationParameterDocument
  }
  readonly 'GET /provider-configurations/{provider_configuration}/relationships/tags': {
    readonly path: { readonly provider_configuration: string }
    readonly query: { readonly 'page[number]'?: number; readonly 'page[size]'?: number }
    readonly body: undefined
    readonly answer: TagRelationshipFieldsetsListingDocument
  }
  readonly 'POST /provider-configurations/{provider_configuration}/relationships/tags': {
    readonly path: { readonly provider_configuration: string }
    readonly query: undefined
    readonly body: TagRelationshipFieldsetsListingDocumentBody
    readonly answer: undefined
  }
  readonly 'PATCH /provider-configurations/{provider_configuration}/relationships/tags': {
    readonly path: { readonly provider_configuration: string }
    readonly query: undefined
    readonly body: PatchBody<TagRelationshipFieldsetsListingDocumentBody>
    readonly answer: undefined
  }
  readonly 'DELETE /provider-configurations/{provider_configuration}/relationships/tags': {
    readonly path: { readonly provider_configuration: string }
    readonly query: undefined
    readonly body: TagRelationshipFieldsetsListingDocumentBody
    readonly answer: undefined
  }
  readonly 'GET /provider-configurations/{provider_configuration}/workspaces-usage': {
    readonly path: { readonly provider_configuration: string }
    readonly query: {
      readonly 'filter[environment]'?: string
      readonly 'filter[workspace][name]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly ('environment-name' | 'workspace-name')[]
    }
    readonly body: undefined
    readonly answer: ProviderConfigurationWorkspaceUsageFieldsetsListingDocument
  }
  readonly 'GET /reports/access-tokens': {
    readonly path: undefined
    readonly query: {
      readonly format?: string
      readonly 'filter[is-expired]'?: string
      readonly 'filter[user][status]'?: 'Active' | 'Inactive'
      readonly 'filter[created-at]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly query?: string
      readonly sort?: readonly ('created-at' | 'expires-at' | 'last-used-at' | 'owner-email')[]
    }
    readonly body: undefined
    readonly answer: AccessTokenUsageListingDocument | string
  }
  readonly 'GET /reports/ai-usage': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly query?: string
      readonly sort?: readonly ('requested-at' | 'requested-by-email')[]
      readonly fields?: { readonly 'ai-usages'?: string; readonly runs?: string }
      readonly include?: readonly 'run'[]
    }
    readonly body: undefined
    readonly answer: AiUsageListingDocument
  }
  readonly 'GET /reports/ai-usage/{ai_usage}': {
    readonly path: { readonly ai_usage: string }
    readonly query: {
      readonly include?: readonly 'run'[]
      readonly fields?: { readonly 'ai-usages'?: string; readonly runs?: string }
    }
    readonly body: undefined
    readonly answer: AiUsageDocument
  }
  readonly 'GET /reports/billing': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[date]': string
      readonly format?: string
      readonly 'breakdown-by'?: readonly ('account' | 'environment' | 'workspace')[]
      readonly query?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly (
        | 'account-name'
        | 'environment-name'
        | 'plan-apply-runs'
        | 'plan-only-runs'
        | 'total-runs'
        | 'workspace-name'
      )[]
    }
    readonly body: undefined
    readonly answer: BillingUsageListingDocument | string
  }
  readonly 'GET /reports/module-namespaces': {
    readonly path: undefined
    readonly query: {
      readonly query?: string
      readonly 'filter[tf-module-namespace]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly 'namespace-name'[]
      readonly fields?: {
        readonly accounts?: string
        readonly environments?: string
        readonly 'tf-module-namespaces'?: string
      }
      readonly include?: readonly ('account' | 'namespace-account' | 'namespace-environment')[]
    }
    readonly body: undefined
    readonly answer: ModuleUsageNamespaceListingDocument
  }
  readonly 'GET /reports/module-sources': {
    readonly path: undefined
    readonly query: {
      readonly query?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
    }
    readonly body: undefined
    readonly answer: TerraformModuleUsageSourceFieldsetsListingDocument
  }
  readonly 'GET /reports/module-usage': {
    readonly path: undefined
    readonly query: {
      readonly query?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[tf-module-usage]': string
      readonly 'filter[version]'?: string
      readonly format?: string
      readonly 'filter[workspace]'?: string
      readonly sort?: readonly ('created-at' | 'environment' | 'version' | 'workspace')[]
      readonly fields?: {
        readonly environments?: string
        readonly 'tf-module-version-usages'?: string
        readonly workspaces?: string
      }
      readonly include?: readonly ('environment' | 'workspace')[]
      readonly 'filter[environment]'?: string
    }
    readonly body: undefined
    readonly answer: TerraformModuleVersionUsageListingDocument | string
  }
  readonly 'GET /reports/module-versions-usage': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[tf-module-usage]': string
      readonly 'filter[version]'?: string
    }
    readonly body: undefined
    readonly answer: TerraformModuleUsageVersionFieldsetsListingDocument
  }
  readonly 'GET /reports/modules': {
    readonly path: undefined
    readonly query: {
      readonly query?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[tf-module-namespace]'?: string
      readonly 'filter[source]'?: string
      readonly format?: string
      readonly 'filter[workspace]'?: string
      readonly sort?: readonly (
        | 'module'
        | 'namespace'
        | 'parent-module'
        | 'source'
        | 'versions-used-count'
        | 'workspaces-count'
      )[]
      readonly fields?: {
        readonly accounts?: string
        readonly environments?: string
        readonly 'tf-module-namespaces'?: string
      }
      readonly include?: readonly 'namespace'[]
      readonly 'filter[environment]'?: string
    }
    readonly body: undefined
    readonly answer: TerraformModuleUsageListingDocument | string
  }
  readonly 'GET /reports/modules/{module_usage}': {
    readonly path: { readonly module_usage: string }
    readonly query: {
      readonly include?: readonly 'namespace'[]
      readonly fields?: {
        readonly 'tf-module-namespaces'?: string
        readonly 'tf-module-usages'?: string
      }
    }
    readonly body: undefined
    readonly answer: TerraformModuleUsageDocument
  }
  readonly 'GET /reports/provider-sources': {
    readonly path: undefined
    readonly query: { readonly query?: string }
    readonly body: undefined
    readonly answer: TerraformProviderUsageSourceFieldsetsListingDocument
  }
  readonly 'GET /reports/provider-usage': {
    readonly path: undefined
    readonly query: {
      readonly query?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[tf-provider-usage]': string
      readonly 'filter[version]'?: string
      readonly format?: string
      readonly sort?: readonly ('created-at' | 'environment' | 'version' | 'workspace')[]
      readonly fields?: {
        readonly environments?: string
        readonly 'tf-provider-version-usages'?: string
        readonly workspaces?: string
      }
      readonly include?: readonly ('environment' | 'workspace')[]
      readonly 'filter[environment]'?: string
    }
    readonly body: undefined
    readonly answer: TerraformProviderVersionUsageListingDocument | string
  }
  readonly 'GET /reports/provider-versions-usage': {
    readonly path: undefined
    readonly query: { readonly 'filter[tf-provider-usage]': string; readonly query?: string }
    readonly body: undefined
    readonly answer: TerraformProviderUsageVersionFieldsetsListingDocument
  }
  readonly 'GET /reports/providers': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[source]'?: string
      readonly format?: string
      readonly query?: string
      readonly sort?: readonly (
        | 'provider'
        | 'source'
        | 'versions-used-count'
        | 'workspaces-count'
      )[]
      readonly fields?: { readonly 'tf-provider-usages'?: string }
    }
    readonly body: undefined
    readonly answer: TerraformProviderUsageListingDocument | string
  }
  readonly 'GET /reports/providers/{provider_usage}': {
    readonly path: { readonly provider_usage: string }
    readonly query: { readonly fields?: { readonly 'tf-provider-usages'?: string } }
    readonly body: undefined
    readonly answer: TerraformProviderUsageDocument
  }
  readonly 'GET /reports/resource-providers': {
    readonly path: undefined
    readonly query: { readonly query?: string }
    readonly body: undefined
    readonly answer: TerraformResourceUsageProviderTypeFieldsetsListingDocument
  }
  readonly 'GET /reports/resource-usage': {
    readonly path: undefined
    readonly query: {
      readonly query?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[tf-resource-usage]': string
      readonly 'filter[is-active]'?: string
      readonly 'filter[is-duplicate]'?: string
      readonly format?: string
      readonly sort?: readonly ('is-active' | 'name' | 'updated-at')[]
      readonly fields?: {
        readonly environments?: string
        readonly runs?: string
        readonly 'state-versions'?: string
        readonly 'tf-resource-instance-usages'?: string
        readonly workspaces?: string
      }
      readonly include?: readonly ('environment' | 'run' | 'state-version' | 'workspace')[]
    }
    readonly body: undefined
    readonly answer: TerraformResourceInstanceUsageListingDocument | string
  }
  readonly 'GET /reports/resources': {
    readonly path: undefined
    readonly query: {
      readonly query?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[provider-type]'?: string
      readonly format?: string
      readonly sort?: readonly 'name'[]
      readonly fields?: { readonly 'tf-resource-usages'?: string }
    }
    readonly body: undefined
    readonly answer: TerraformResourceUsageListingDocument | string
  }
  readonly 'GET /reports/resources/{resource_usage}': {
    readonly path: { readonly resource_usage: string }
    readonly query: { readonly fields?: { readonly 'tf-resource-usages'?: string } }
    readonly body: undefined
    readonly answer: TerraformResourceUsageDocument
  }
  readonly 'GET /reports/tf-versions-usage': {
    readonly path: undefined
    readonly query: {
      readonly query?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[version]'?: string
      readonly 'filter[is-auto]'?: string
      readonly 'filter[iac-platform]'?: string
      readonly format?: string
      readonly sort?: readonly (
        | 'created-at'
        | 'environment'
        | 'iac-platform'
        | 'version'
        | 'workspace'
      )[]
      readonly fields?: {
        readonly accounts?: string
        readonly environments?: string
        readonly 'tf-version-usages'?: string
        readonly workspaces?: string
      }
      readonly include?: readonly ('account' | 'environment' | 'workspace')[]
      readonly 'filter[account]': string
      readonly 'filter[environment]'?: string
    }
    readonly body: undefined
    readonly answer: TerraformVersionUsageListingDocument | string
  }
  readonly 'GET /reports/tf-versions-usage-versions': {
    readonly path: undefined
    readonly query: {
      readonly query?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
    }
    readonly body: undefined
    readonly answer: TerraformVersionUsageVersionFieldsetsListingDocument
  }
  readonly 'GET /roles': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[account]'?: string
      readonly 'filter[role]'?: string
      readonly 'filter[name]'?: string
      readonly include?: readonly ('account' | 'permissions')[]
      readonly query?: string
      readonly sort?: readonly 'name'[]
    }
    readonly body: undefined
    readonly answer: RoleListingDocument
  }
  readonly 'POST /roles': {
    readonly path: undefined
    readonly query: { readonly include?: readonly ('account' | 'permissions')[] }
    readonly body: RoleDocumentBody
    readonly answer: RoleDocument
  }
  readonly 'GET /roles/{role}': {
    readonly path: { readonly role: string }
    readonly query: { readonly include?: readonly ('account' | 'permissions')[] }
    readonly body: undefined
    readonly answer: RoleDocument
  }
  readonly 'PATCH /roles/{role}': {
    readonly path: { readonly role: string }
    readonly query: { readonly include?: readonly ('account' | 'permissions')[] }
    readonly body: PatchBody<RoleDocumentBody>
    readonly answer: RoleDocument
  }
  readonly 'DELETE /roles/{role}': {
    readonly path: { readonly role: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /run-schedule-rules': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[workspace]': string
      readonly 'filter[schedule-mode]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly include?: readonly 'workspace'[]
    }
    readonly body: undefined
    readonly answer: RunScheduleRuleListingDocument
  }
  readonly 'POST /run-schedule-rules': {
    readonly path: undefined
    readonly query: undefined
    readonly body: RunScheduleRuleDocumentBody
    readonly answer: RunScheduleRuleDocument
  }
  readonly 'GET /run-schedule-rules/{run_schedule_rule}': {
    readonly path: { readonly run_schedule_rule: string }
    readonly query: { readonly include?: readonly 'workspace'[] }
    readonly body: undefined
    readonly answer: RunScheduleRuleDocument
  }
  readonly 'PATCH /run-schedule-rules/{run_schedule_rule}': {
    readonly path: { readonly run_schedule_rule: string }
    readonly query: undefined
    readonly body: PatchBody<RunScheduleRuleDocumentBody>
    readonly answer: RunScheduleRuleDocument
  }
  readonly 'DELETE /run-schedule-rules/{run_schedule_rule}': {
    readonly path: { readonly run_schedule_rule: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'POST /run-triggers': {
    readonly path: undefined
    readonly query: undefined
    readonly body: RunTriggerDocumentBody
    readonly answer: RunTriggerDocument
  }
  readonly 'GET /run-triggers/{run_trigger}': {
    readonly path: { readonly run_trigger: string }
    readonly query: { readonly include?: readonly ('downstream' | 'upstream')[] }
    readonly body: undefined
    readonly answer: RunTriggerDocument
  }
  readonly 'DELETE /run-triggers/{run_trigger}': {
    readonly path: { readonly run_trigger: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /runs': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly include?: readonly (
        | 'apply'
        | 'configuration-version'
        | 'cost-estimate'
        | 'created-by'
        | 'created-by-run'
        | 'environment'
        | 'plan'
        | 'policy-checks'
        | 'status-transitions'
        | 'tags'
        | 'vcs-revision'
        | 'workspace'
      )[]
      readonly 'filter[workspace]'?: string
      readonly 'filter[account]'?: string
      readonly 'filter[environment]'?: string
      readonly 'filter[run]'?: string
      readonly 'filter[status]'?: string
      readonly 'filter[source]'?: string
      readonly 'filter[vcs-revision]'?: string
      readonly 'filter[created-by]'?: string
      readonly 'filter[created-by-run]'?: string
      readonly 'filter[env-or-ws]'?: string
      readonly 'filter[created-at]'?: string
      readonly query?: string
      readonly 'filter[is-dry]'?: string
      readonly scheduled?: string
      readonly 'filter[tag]'?: string
      readonly 'filter[resource-drifts]'?: string
      readonly fields?: {
        readonly applies?: string
        readonly 'configuration-versions'?: string
        readonly 'cost-estimates'?: string
        readonly environments?: string
        readonly plans?: string
        readonly 'policy-checks'?: string
        readonly runs?: string
        readonly 'status-transitions'?: string
        readonly tags?: string
        readonly users?: string
        readonly 'vcs-revisions'?: string
        readonly workspaces?: string
      }
    }
    readonly body: undefined
    readonly answer: RunListingDocument
  }
  readonly 'POST /runs': {
    readonly path: undefined
    readonly query: { readonly 'vcs-user-id'?: number; readonly 'vcs-task-id'?: string }
    readonly body: RunDocumentBody
    readonly answer: RunDocument
  }
  readonly 'GET /runs-queue': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly include?: readonly (
        | 'apply'
        | 'configuration-version'
        | 'cost-estimate'
        | 'created-by'
        | 'created-by-run'
        | 'environment'
        | 'plan'
        | 'policy-checks'
        | 'status-transitions'
        | 'tags'
        | 'vcs-revision'
        | 'workspace'
      )[]
      readonly 'filter[workspace]'?: string
      readonly 'filter[account]'?: string
      readonly 'filter[environment]'?: string
      readonly 'filter[run]'?: string
      readonly 'filter[status]'?: string
      readonly 'filter[source]'?: string
      readonly 'filter[vcs-revision]'?: string
      readonly 'filter[created-by]'?: string
      readonly 'filter[created-by-run]'?: string
      readonly 'filter[env-or-ws]'?: string
      readonly 'filter[created-at]'?: string
      readonly query?: string
      readonly 'filter[is-dry]'?: string
      readonly scheduled?: string
      readonly 'filter[tag]'?: string
      readonly 'filter[resource-drifts]'?: string
      readonly fields?: {
        readonly applies?: string
        readonly 'configuration-versions'?: string
        readonly 'cost-estimates'?: string
        readonly environments?: string
        readonly plans?: string
        readonly 'policy-checks'?: string
        readonly runs?: string
        readonly 'status-transitions'?: string
        readonly tags?: string
        readonly users?: string
        readonly 'vcs-revisions'?: string
        readonly workspaces?: string
      }
    }
    readonly body: undefined
    readonly answer: RunListingDocument
  }
  readonly 'GET /runs/{run}': {
    readonly path: { readonly run: string }
    readonly query: {
      readonly include?: readonly (
        | 'apply'
        | 'configuration-version'
        | 'cost-estimate'
        | 'created-by'
        | 'created-by-run'
        | 'environment'
        | 'plan'
        | 'policy-checks'
        | 'status-transitions'
        | 'tags'
        | 'vcs-revision'
        | 'workspace'
      )[]
      readonly fields?: {
        readonly applies?: string
        readonly 'configuration-versions'?: string
        readonly 'cost-estimates'?: string
        readonly environments?: string
        readonly plans?: string
        readonly 'policy-checks'?: string
        readonly runs?: string
        readonly 'status-transitions'?: string
        readonly tags?: string
        readonly users?: string
        readonly 'vcs-revisions'?: string
        readonly workspaces?: string
      }
    }
    readonly body: undefined
    readonly answer: RunDocument
  }
  readonly 'POST /runs/{run}/actions/apply': {
    readonly path: { readonly run: string }
    readonly query: undefined
    readonly body: ConfirmRequestBody
    readonly answer: undefined
  }
  readonly 'POST /runs/{run}/actions/cancel': {
    readonly path: { readonly run: string }
    readonly query: undefined
    readonly body: CommentBody
    readonly answer: undefined
  }
  readonly 'POST /runs/{run}/actions/discard': {
    readonly path: { readonly run: string }
    readonly query: undefined
    readonly body: CommentBody
    readonly answer: undefined
  }
  readonly 'POST /runs/{run}/actions/force': {
    readonly path: { readonly run: string }
    readonly query: undefined
    readonly body: CommentBody
    readonly answer: undefined
  }
  readonly 'GET /runs/{run}/policy-checks': {
    readonly path: { readonly run: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: PolicyCheckListingDocument
  }
  readonly 'GET /runs/{run}/policy-input': {
    readonly path: { readonly run: string }
    readonly query: { readonly stage?: 'pre_plan' | 'post_plan' }
    readonly body: undefined
    readonly answer: Readable
  }
  readonly 'GET /security-rules': {
    readonly path: undefined
    readonly query: undefined
    readonly body: undefined
    readonly answer: SecurityRulesDocument
  }
  readonly 'PATCH /security-rules': {
    readonly path: undefined
    readonly query: undefined
    readonly body: PatchBody<SecurityRulesDocumentBody>
    readonly answer: SecurityRulesDocument
  }
  readonly 'GET /service-accounts': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[account]'?: string
      readonly 'filter[service-account]'?: string
      readonly 'filter[email]'?: string
      readonly 'filter[owner]'?: string
      readonly 'filter[owned-by-me]'?: string
      readonly 'filter[has-owners]'?: string
      readonly include?: readonly ('account' | 'created-by')[]
      readonly sort?: readonly ('description' | 'email' | 'name' | 'status')[]
      readonly query?: string
    }
    readonly body: undefined
    readonly answer: ServiceAccountListingDocument
  }
  readonly 'POST /service-accounts': {
    readonly path: undefined
    readonly query: { readonly include?: readonly ('account' | 'created-by')[] }
    readonly body: ServiceAccountDocumentBody
    readonly answer: ServiceAccountDocument
  }
  readonly 'POST /service-accounts/assume': {
    readonly path: undefined
    readonly query: undefined
    readonly body: AssumeServiceAccountRequestBody
    readonly answer: ServiceAccountTemporaryToken
  }
  readonly 'GET /service-accounts/{service_account}': {
    readonly path: { readonly service_account: string }
    readonly query: { readonly include?: readonly ('account' | 'created-by')[] }
    readonly body: undefined
    readonly answer: ServiceAccountDocument
  }
  readonly 'PATCH /service-accounts/{service_account}': {
    readonly path: { readonly service_account: string }
    readonly query: { readonly include?: readonly ('account' | 'created-by')[] }
    readonly body: PatchBody<ServiceAccountDocumentBody>
    readonly answer: ServiceAccountDocument
  }
  readonly 'DELETE /service-accounts/{service_account}': {
    readonly path: { readonly service_account: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /service-accounts/{service_account}/access-tokens': {
    readonly path: { readonly service_account: string }
    readonly query: {
      readonly 'filter[is-expired]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly (
        | 'created-at'
        | 'description'
        | 'expires-at'
        | 'last-used-at'
        | 'name'
      )[]
      readonly include?: readonly 'created-by'[]
      readonly query?: string
    }
    readonly body: undefined
    readonly answer: AccessTokenListingDocument
  }
  readonly 'POST /service-accounts/{service_account}/access-tokens': {
    readonly path: { readonly service_account: string }
    readonly query: { readonly include?: readonly 'created-by'[] }
    readonly body: AccessTokenDocumentBody
    readonly answer: AccessTokenDocument
  }
  readonly 'POST /service-accounts/{service_account}/assume-policies': {
    readonly path: { readonly service_account: string }
    readonly query: { readonly include?: readonly ('provider' | 'service-account')[] }
    readonly body: AssumeServiceAccountPolicyDocumentBody
    readonly answer: AssumeServiceAccountPolicyDocument
  }
  readonly 'GET /service-accounts/{service_account}/assume-policies/{assume_service_account_policy}': {
    readonly path: {
      readonly service_account: string
      readonly assume_service_account_policy: string
    }
    readonly query: { readonly include?: readonly ('provider' | 'service-account')[] }
    readonly body: undefined
    readonly answer: AssumeServiceAccountPolicyDocument
  }
  readonly 'PATCH /service-accounts/{service_account}/assume-policies/{assume_service_account_policy}': {
    readonly path: {
      readonly service_account: string
      readonly assume_service_account_policy: string
    }
    readonly query: { readonly include?: readonly ('provider' | 'service-account')[] }
    readonly body: PatchBody<AssumeServiceAccountPolicyDocumentBody>
    readonly answer: AssumeServiceAccountPolicyDocument
  }
  readonly 'DELETE /service-accounts/{service_account}/assume-policies/{assume_service_account_policy}': {
    readonly path: {
      readonly service_account: string
      readonly assume_service_account_policy: string
    }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /software-versions': {
    readonly path: undefined
    readonly query: {
      readonly query?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[software-version]'?: string
      readonly 'filter[status]'?: string
      readonly 'filter[version]'?: string
      readonly 'filter[deprecated]'?: string
      readonly 'filter[latest]'?: string
      readonly 'filter[software-type]'?: string
      readonly sort?: readonly ('status' | 'version')[]
      readonly fields?: { readonly 'software-versions'?: string }
    }
    readonly body: undefined
    readonly answer: SoftwareVersionListingDocument
  }
  readonly 'GET /software-versions/{software_version}': {
    readonly path: { readonly software_version: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: SoftwareVersionDocument
  }
  readonly 'GET /ssh-keys': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[name]'?: string
      readonly 'filter[created-at]'?: string
      readonly 'filter[account]'?: string
      readonly 'filter[account-ssh-key]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly query?: string
      readonly sort?: readonly ('created-at' | 'name')[]
      readonly fields?: { readonly 'account-ssh-keys'?: string }
    }
    readonly body: undefined
    readonly answer: SSHKeyListingDocument
  }
  readonly 'POST /ssh-keys': {
    readonly path: undefined
    readonly query: undefined
    readonly body: SSHKeyDocumentBody
    readonly answer: SSHKeyDocument
  }
  readonly 'GET /ssh-keys/{account_ssh_key}': {
    readonly path: { readonly account_ssh_key: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: SSHKeyDocument
  }
  readonly 'PATCH /ssh-keys/{account_ssh_key}': {
    readonly path: { readonly account_ssh_key: string }
    readonly query: undefined
    readonly body: PatchBody<SSHKeyDocumentBody>
    readonly answer: SSHKeyDocument
  }
  readonly 'DELETE /ssh-keys/{account_ssh_key}': {
    readonly path: { readonly account_ssh_key: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /state-versions': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[workspace]': string
      readonly 'filter[run]'?: string
      readonly sort?: readonly 'created-at'[]
      readonly query?: string
    }
    readonly body: undefined
    readonly answer: StateVersionListingDocument
  }
  readonly 'POST /state-versions': {
    readonly path: undefined
    readonly query: undefined
    readonly body: StateVersionDocumentBody
    readonly answer: StateVersionDocument
  }
  readonly 'GET /state-versions/{state_version}': {
    readonly path: { readonly state_version: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: StateVersionDocument
  }
  readonly 'GET /state-versions/{state_version}/download': {
    readonly path: { readonly state_version: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: Readable
  }
  readonly 'GET /storage-profiles': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[name]'?: string
      readonly 'filter[storage-profile]'?: string
      readonly 'filter[default]'?: string
      readonly query?: string
      readonly sort?: readonly 'name'[]
    }
    readonly body: undefined
    readonly answer: StorageProfileListingDocument
  }
  readonly 'POST /storage-profiles': {
    readonly path: undefined
    readonly query: undefined
    readonly body: StorageProfileDocumentBody
    readonly answer: StorageProfileDocument
  }
  readonly 'GET /storage-profiles/{storage_profile}': {
    readonly path: { readonly storage_profile: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: StorageProfileDocument
  }
  readonly 'PATCH /storage-profiles/{storage_profile}': {
    readonly path: { readonly storage_profile: string }
    readonly query: undefined
    readonly body: PatchBody<StorageProfileDocumentBody>
    readonly answer: StorageProfileDocument
  }
  readonly 'DELETE /storage-profiles/{storage_profile}': {
    readonly path: { readonly storage_profile: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /tags': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[resource-type]'?: string
      readonly 'filter[name]'?: string
      readonly 'filter[tag]'?: string
      readonly sort?: readonly 'name'[]
      readonly query?: string
    }
    readonly body: undefined
    readonly answer: TagListingDocument
  }
  readonly 'POST /tags': {
    readonly path: undefined
    readonly query: undefined
    readonly body: TagDocumentBody
    readonly answer: TagDocument
  }
  readonly 'GET /tags/{tag}': {
    readonly path: { readonly tag: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: TagDocument
  }
  readonly 'PATCH /tags/{tag}': {
    readonly path: { readonly tag: string }
    readonly query: undefined
    readonly body: PatchBody<TagDocumentBody>
    readonly answer: TagDocument
  }
  readonly 'DELETE /tags/{tag}': {
    readonly path: { readonly tag: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /teams': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[name]'?: string
      readonly 'filter[identity-provider]'?: string
      readonly 'filter[team]'?: string
      readonly 'filter[user]'?: string
      readonly include?: readonly ('account' | 'identity-provider' | 'users')[]
      readonly sort?: readonly ('identity-provider' | 'name')[]
      readonly query?: string
    }
    readonly body: undefined
    readonly answer: TeamListingDocument
  }
  readonly 'POST /teams': {
    readonly path: undefined
    readonly query: { readonly include?: readonly ('account' | 'identity-provider' | 'users')[] }
    readonly body: TeamDocumentBody
    readonly answer: TeamDocument
  }
  readonly 'GET /teams/{team}': {
    readonly path: { readonly team: string }
    readonly query: { readonly include?: readonly ('account' | 'identity-provider' | 'users')[] }
    readonly body: undefined
    readonly answer: TeamDocument
  }
  readonly 'PATCH /teams/{team}': {
    readonly path: { readonly team: string }
    readonly query: { readonly include?: readonly ('account' | 'identity-provider' | 'users')[] }
    readonly body: PatchBody<TeamDocumentBody>
    readonly answer: TeamDocument
  }
  readonly 'DELETE /teams/{team}': {
    readonly path: { readonly team: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /test-configurations/{test_configuration}/provider-configuration-links': {
    readonly path: { readonly test_configuration: string }
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly include?: readonly 'provider-configuration'[]
    }
    readonly body: undefined
    readonly answer: ModuleTestProviderConfigurationLinkListingDocument
  }
  readonly 'POST /test-configurations/{test_configuration}/provider-configuration-links': {
    readonly path: { readonly test_configuration: string }
    readonly query: undefined
    readonly body: ModuleTestProviderConfigurationLinkDocumentBody
    readonly answer: ModuleTestProviderConfigurationLinkDocument
  }
  readonly 'GET /usage-statistics': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[date]': string
      readonly 'filter[account]'?: string
      readonly breakdown_by?: 'account' | 'environment' | 'workspace'
      readonly total?: string
    }
    readonly body: undefined
    readonly answer: UsageStatisticListingDocument
  }
  readonly 'GET /users': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[identity-provider]'?: string
      readonly 'filter[user]'?: string
      readonly 'filter[email]'?: string
      readonly include?: readonly ('identity-providers' | 'teams')[]
      readonly sort?: readonly ('created-at' | 'email' | 'full-name' | 'last-login-at' | 'status')[]
      readonly query?: string
      readonly access_query?: string
    }
    readonly body: undefined
    readonly answer: UserListingDocument
  }
  readonly 'POST /users': {
    readonly path: undefined
    readonly query: { readonly include?: readonly 'identity-providers'[] }
    readonly body: CreateUserDocumentBody
    readonly answer: CreateUserDocument
  }
  readonly 'GET /users/{user}': {
    readonly path: { readonly user: string }
    readonly query: { readonly include?: readonly ('identity-providers' | 'teams')[] }
    readonly body: undefined
    readonly answer: UserDocument
  }
  readonly 'PATCH /users/{user}': {
    readonly path: { readonly user: string }
    readonly query: { readonly include?: readonly ('identity-providers' | 'teams')[] }
    readonly body: PatchBody<UserDocumentBody>
    readonly answer: UserDocument
  }
  readonly 'DELETE /users/{user}': {
    readonly path: { readonly user: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /vars': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[environment]'?: string
      readonly 'filter[workspace]'?: string
      readonly 'filter[category]'?: string
      readonly 'filter[key]'?: string
      readonly 'filter[var]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly include?: readonly 'updated-by'[]
      readonly sort?: readonly ('key' | 'updated-at')[]
    }
    readonly body: undefined
    readonly answer: VariableListingDocument
  }
  readonly 'POST /vars': {
    readonly path: undefined
    readonly query: { readonly force?: boolean; readonly include?: readonly 'updated-by'[] }
    readonly body: VariableDocumentBody
    readonly answer: VariableDocument
  }
  readonly 'GET /vars/{var}': {
    readonly path: { readonly var: string }
    readonly query: {
      readonly include?: readonly 'updated-by'[]
      readonly fields?: { readonly users?: string; readonly vars?: string }
    }
    readonly body: undefined
    readonly answer: VariableDocument
  }
  readonly 'PATCH /vars/{var}': {
    readonly path: { readonly var: string }
    readonly query: { readonly force?: boolean; readonly include?: readonly 'updated-by'[] }
    readonly body: PatchBody<VariableDocumentBody>
    readonly answer: VariableDocument
  }
  readonly 'DELETE /vars/{var}': {
    readonly path: { readonly var: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /vcs-providers': {
    readonly path: undefined
    readonly query: {
      readonly query?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly 'filter[vcs-provider]'?: string
      readonly 'filter[vcs-type]'?: string
      readonly 'filter[name]'?: string
      readonly 'filter[environment]'?: string
      readonly 'filter[account]'?: string
      readonly 'filter[agent-pool]'?: string
      readonly sort?: readonly ('name' | 'vcs-type')[]
      readonly include?: readonly 'agent-pool'[]
      readonly fields?: { readonly 'agent-pools'?: string; readonly 'vcs-providers'?: string }
    }
    readonly body: undefined
    readonly answer: VcsProviderListingDocument
  }
  readonly 'POST /vcs-providers': {
    readonly path: undefined
    readonly query: undefined
    readonly body: VcsProviderDocumentBody
    readonly answer: VcsProviderDocument
  }
  readonly 'GET /vcs-providers/{vcs_provider}': {
    readonly path: { readonly vcs_provider: string }
    readonly query: {
      readonly include?: readonly 'agent-pool'[]
      readonly fields?: { readonly 'agent-pools'?: string; readonly 'vcs-providers'?: string }
    }
    readonly body: undefined
    readonly answer: VcsProviderDocument
  }
  readonly 'PATCH /vcs-providers/{vcs_provider}': {
    readonly path: { readonly vcs_provider: string }
    readonly query: undefined
    readonly body: PatchBody<VcsProviderDocumentBody>
    readonly answer: VcsProviderDocument
  }
  readonly 'DELETE /vcs-providers/{vcs_provider}': {
    readonly path: { readonly vcs_provider: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'POST /vcs-tasks': {
    readonly path: undefined
    readonly query: undefined
    readonly body: VcsTaskRequestBody
    readonly answer: undefined
  }
  readonly 'GET /workload-identity-providers': {
    readonly path: undefined
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly ('name' | 'url')[]
      readonly query?: string
      readonly 'filter[name]'?: string
      readonly 'filter[url]'?: string
      readonly 'filter[workload-identity-provider]'?: string
    }
    readonly body: undefined
    readonly answer: WorkloadIdentityProviderListingDocument
  }
  readonly 'POST /workload-identity-providers': {
    readonly path: undefined
    readonly query: undefined
    readonly body: WorkloadIdentityProviderDocumentBody
    readonly answer: WorkloadIdentityProviderDocument
  }
  readonly 'GET /workload-identity-providers/{workload_identity_provider}': {
    readonly path: { readonly workload_identity_provider: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: WorkloadIdentityProviderDocument
  }
  readonly 'PATCH /workload-identity-providers/{workload_identity_provider}': {
    readonly path: { readonly workload_identity_provider: string }
    readonly query: undefined
    readonly body: PatchBody<WorkloadIdentityProviderDocumentBody>
    readonly answer: WorkloadIdentityProviderDocument
  }
  readonly 'DELETE /workload-identity-providers/{workload_identity_provider}': {
    readonly path: { readonly workload_identity_provider: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'GET /workspaces': {
    readonly path: undefined
    readonly query: {
      readonly 'filter[environment]'?: string
      readonly 'filter[workspace]'?: string
      readonly 'filter[account]'?: string
      readonly 'filter[created-by]'?: string
      readonly 'filter[name]'?: string
      readonly 'filter[environment-type]'?: string
      readonly 'filter[run][status]'?: string
      readonly 'filter[run][created-by]'?: string
      readonly 'filter[agent-pool]'?: string
      readonly 'filter[software-version]'?: string
      readonly 'filter[provider-configuration]'?: string
      readonly 'filter[vcs-provider]'?: string
      readonly 'filter[federated-to-env]'?: string
      readonly 'filter[federated-by-env]'?: string
      readonly 'filter[vcs-repo][identifier]'?: string
      readonly 'filter[state-consumer-of]'?: string
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly query?: string
      readonly 'filter[updated-at]'?: string
      readonly 'filter[deletion-protection-enabled]'?: string
      readonly 'filter[has-resources]'?: string
      readonly 'filter[updated-by]'?: string
      readonly 'filter[tag]'?: string
      readonly 'filter[run][resource-drifts]'?: string
      readonly 'filter[favorite]'?: string
      readonly 'filter[environment][name]'?: string
      readonly 'sort[favorite-first]'?: string
      readonly 'filter[drift-detection-enabled]'?: boolean
      readonly include?: readonly (
        | 'agent-pool'
        | 'configuration-version'
        | 'created-by'
        | 'current-run'
        | 'drift-report'
        | 'environment'
        | 'latest-configuration-version'
        | 'latest-run'
        | 'locked-by'
        | 'locked-by-run'
        | 'module'
        | 'module-version'
        | 'readme-id'
        | 'tags'
        | 'updated-by'
        | 'vcs-provider'
      )[]
      readonly sort?: readonly (
        | 'current-run'
        | 'environment'
        | 'latest-run'
        | 'name'
        | 'updated-at'
      )[]
      readonly fields?: {
        readonly 'agent-pools'?: string
        readonly 'configuration-versions'?: string
        readonly 'drift-reports'?: string
        readonly environments?: string
        readonly 'module-versions'?: string
        readonly modules?: string
        readonly runs?: string
        readonly tags?: string
        readonly users?: string
        readonly 'vcs-providers'?: string
        readonly 'workspace-readme'?: string
        readonly workspaces?: string
      }
    }
    readonly body: undefined
    readonly answer: WorkspaceListingDocument
  }
  readonly 'POST /workspaces': {
    readonly path: undefined
    readonly query: undefined
    readonly body: WorkspaceDocumentBody
    readonly answer: WorkspaceDocument
  }
  readonly 'GET /workspaces/{workspace}': {
    readonly path: { readonly workspace: string }
    readonly query: {
      readonly include?: readonly (
        | 'agent-pool'
        | 'configuration-version'
        | 'created-by'
        | 'current-run'
        | 'drift-report'
        | 'environment'
        | 'latest-configuration-version'
        | 'latest-run'
        | 'locked-by'
        | 'locked-by-run'
        | 'module'
        | 'module-version'
        | 'readme-id'
        | 'tags'
        | 'updated-by'
        | 'vcs-provider'
      )[]
      readonly fields?: {
        readonly 'agent-pools'?: string
        readonly 'configuration-versions'?: string
        readonly 'drift-reports'?: string
        readonly environments?: string
        readonly 'module-versions'?: string
        readonly modules?: string
        readonly runs?: string
        readonly tags?: string
        readonly users?: string
        readonly 'vcs-providers'?: string
        readonly 'workspace-readme'?: string
        readonly workspaces?: string
      }
    }
    readonly body: undefined
    readonly answer: WorkspaceDocument
  }
  readonly 'PATCH /workspaces/{workspace}': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: PatchBody<WorkspaceDocumentBody>
    readonly answer: WorkspaceDocument
  }
  readonly 'DELETE /workspaces/{workspace}': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
  readonly 'POST /workspaces/{workspace}/actions/favorite': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: WorkspaceDocument
  }
  readonly 'POST /workspaces/{workspace}/actions/lock': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: ReasonBody
    readonly answer: WorkspaceDocument
  }
  readonly 'POST /workspaces/{workspace}/actions/resync': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: ConfigurationVersionDocument
  }
  readonly 'POST /workspaces/{workspace}/actions/set-schedule': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: WorkspaceScheduleBody
    readonly answer: WorkspaceDocument
  }
  readonly 'POST /workspaces/{workspace}/actions/unfavorite': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: WorkspaceDocument
  }
  readonly 'POST /workspaces/{workspace}/actions/unlock': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: WorkspaceDocument
  }
  readonly 'GET /workspaces/{workspace}/current-state-version': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: StateVersionDocument
  }
  readonly 'GET /workspaces/{workspace}/outputs': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: WorkspaceOutputFieldsetsListingDocument
  }
  readonly 'GET /workspaces/{workspace}/provider-configuration-links': {
    readonly path: { readonly workspace: string }
    readonly query: {
      readonly 'page[number]'?: number
      readonly 'page[size]'?: number
      readonly sort?: readonly 'name'[]
      readonly include?: readonly 'provider-configuration'[]
    }
    readonly body: undefined
    readonly answer: ProviderConfigurationLinkListingDocument
  }
  readonly 'POST /workspaces/{workspace}/provider-configuration-links': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: ProviderConfigurationLinkDocumentBody
    readonly answer: ProviderConfigurationLinkDocument
  }
  readonly 'GET /workspaces/{workspace}/relationships/remote-state-consumers': {
    readonly path: { readonly workspace: string }
    readonly query: { readonly 'page[number]'?: number; readonly 'page[size]'?: number }
    readonly body: undefined
    readonly answer: RemoteStateConsumerRelationshipFieldsetsListingDocument
  }
  readonly 'POST /workspaces/{workspace}/relationships/remote-state-consumers': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: RemoteStateConsumerRelationshipFieldsetsListingDocumentBody
    readonly answer: undefined
  }
  readonly 'PATCH /workspaces/{workspace}/relationships/remote-state-consumers': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: PatchBody<RemoteStateConsumerRelationshipFieldsetsListingDocumentBody>
    readonly answer: undefined
  }
  readonly 'DELETE /workspaces/{workspace}/relationships/remote-state-consumers': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: RemoteStateConsumerRelationshipFieldsetsListingDocumentBody
    readonly answer: undefined
  }
  readonly 'GET /workspaces/{workspace}/relationships/tags': {
    readonly path: { readonly workspace: string }
    readonly query: { readonly 'page[number]'?: number; readonly 'page[size]'?: number }
    readonly body: undefined
    readonly answer: TagRelationshipFieldsetsListingDocument
  }
  readonly 'POST /workspaces/{workspace}/relationships/tags': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: TagRelationshipFieldsetsListingDocumentBody
    readonly answer: undefined
  }
  readonly 'PATCH /workspaces/{workspace}/relationships/tags': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: PatchBody<TagRelationshipFieldsetsListingDocumentBody>
    readonly answer: undefined
  }
  readonly 'DELETE /workspaces/{workspace}/relationships/tags': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: TagRelationshipFieldsetsListingDocumentBody
    readonly answer: undefined
  }
  readonly 'POST /workspaces/{workspace}/ssh-key-links': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: WorkspaceSSHKeyLinkRequestBody
    readonly answer: WorkspaceDocument
  }
  readonly 'DELETE /workspaces/{workspace}/ssh-key-links': {
    readonly path: { readonly workspace: string }
    readonly query: undefined
    readonly body: undefined
    readonly answer: undefined
  }
}
