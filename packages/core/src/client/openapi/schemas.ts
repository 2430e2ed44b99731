// Made by `pnpm client:types` from the OpenAPI document of Scalr. Do not edit.

import type { Open } from '../kind.ts'

export interface AWSEventBridgeIntegration {
  readonly attributes: {
    readonly 'aws-account-id': string
    readonly 'err-message'?: string | null
    readonly 'event-source'?: string
    readonly 'event-source-arn'?: string
    readonly name: string
    readonly region: string
    readonly status?: Open<'active' | 'disabled' | 'failed' | 'pending'>
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
  }
  readonly type: 'aws-event-bridge-integrations'
}

export interface AWSEventBridgeIntegrationBody {
  readonly attributes: {
    readonly 'aws-account-id': string
    readonly name: string
    readonly region: string
    readonly status?: 'active' | 'disabled' | 'failed' | 'pending'
  }
  readonly relationships?: Readonly<Record<string, never>>
  readonly type: 'aws-event-bridge-integrations'
}

export interface AWSEventBridgeIntegrationDocument {
  readonly data?: AWSEventBridgeIntegration
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AWSEventBridgeIntegrationDocumentBody {
  readonly data?: AWSEventBridgeIntegrationBody
}

export interface AWSEventBridgeIntegrationListingDocument {
  readonly data?: readonly AWSEventBridgeIntegration[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AccessPolicy {
  readonly attributes?: { readonly 'is-system'?: boolean }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly roles: { readonly data: readonly { readonly id: string; readonly type: 'roles' }[] }
    readonly 'service-account'?: {
      readonly data: { readonly id: string; readonly type: 'service-accounts' } | null
    }
    readonly team?: { readonly data: { readonly id: string; readonly type: 'teams' } | null }
    readonly user?: { readonly data: { readonly id: string; readonly type: 'users' } | null }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'access-policies'
}

export interface AccessPolicyBody {
  readonly attributes?: Readonly<Record<string, never>>
  readonly links?: Readonly<Record<string, string>>
  readonly relationships: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly roles: { readonly data: readonly { readonly id: string; readonly type: 'roles' }[] }
    readonly 'service-account'?: {
      readonly data: { readonly id: string; readonly type: 'service-accounts' } | null
    }
    readonly team?: { readonly data: { readonly id: string; readonly type: 'teams' } | null }
    readonly user?: { readonly data: { readonly id: string; readonly type: 'users' } | null }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'access-policies'
}

export interface AccessPolicyDocument {
  readonly data?: AccessPolicy
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AccessPolicyDocumentBody {
  readonly data?: AccessPolicyBody
}

export interface AccessPolicyListingDocument {
  readonly data?: readonly AccessPolicy[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AccessToken {
  readonly attributes?: {
    readonly 'created-at'?: string
    readonly description?: string | null
    readonly 'expires-at'?: string | null
    readonly 'expires-in'?: number | null
    readonly 'is-expired'?: boolean
    readonly 'last-used-at'?: string | null
    readonly name?: string | null
    readonly token?: string | null
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly 'created-by'?: {
      readonly data: { readonly id: string; readonly type: 'users' } | null
    }
  }
  readonly type: 'access-tokens'
}

export interface AccessTokenBody {
  readonly attributes?: {
    readonly description?: string | null
    readonly 'expires-in'?: number | null
    readonly name?: string | null
  }
  readonly relationships?: Readonly<Record<string, never>>
  readonly type: 'access-tokens'
}

export interface AccessTokenDocument {
  readonly data?: AccessToken
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AccessTokenDocumentBody {
  readonly data?: AccessTokenBody
}

export interface AccessTokenListingDocument {
  readonly data?: readonly AccessToken[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AccessTokenUsage {
  readonly attributes?: {
    readonly 'created-at'?: string
    readonly description?: string | null
    readonly 'expires-at'?: string | null
    readonly 'last-characters'?: string
    readonly 'last-used-at'?: string | null
    readonly name?: string | null
    readonly 'owner-email'?: string
    readonly 'owner-status'?: Open<'Active' | 'Inactive' | 'Pending'>
    readonly 'owner-type'?: Open<'user' | 'service-account'>
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly type: 'access-token-usages'
}

export interface AccessTokenUsageListingDocument {
  readonly data?: readonly AccessTokenUsage[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface Account {
  readonly attributes: {
    readonly 'allowed-ips'?: readonly string[]
    readonly 'created-at'?: string
    readonly 'last-login-attempt-at'?: string | null
    readonly 'login-attempts'?: number | null
    readonly name: string
    readonly quotas?: {
      readonly 'agent-relay-available'?: boolean
      readonly agents?: number
      readonly 'before-after-hooks-available'?: boolean
      readonly environments?: number
      readonly 'max-concurrent-runs'?: number
      readonly 'policy-group-checks-available'?: boolean
      readonly 'policy-groups'?: number
      readonly 'registry-modules'?: number
      readonly 'registry-templates'?: number
      readonly 'run-triggers'?: number
      readonly 'service-accounts-available'?: boolean
      readonly 'sso-available'?: boolean
      readonly users?: number
      readonly 'vcs-providers'?: number
      readonly workspaces?: number
    }
    readonly 'support-access-enabled'?: boolean
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly 'billing-plan'?: {
      readonly data: { readonly id: string; readonly type: 'billing-plans' } | null
    }
    readonly 'identity-provider'?: {
      readonly data: { readonly id: string; readonly type: 'identity-providers' } | null
    }
    readonly owner: { readonly data: { readonly id: string; readonly type: 'users' } }
  }
  readonly type: 'accounts'
}

export interface AccountBody {
  readonly attributes: {
    readonly 'allowed-ips'?: readonly string[]
    readonly name: string
    readonly quotas?: {
      readonly 'agent-relay-available'?: boolean
      readonly agents?: number
      readonly 'before-after-hooks-available'?: boolean
      readonly environments?: number
      readonly 'max-concurrent-runs'?: number
      readonly 'policy-group-checks-available'?: boolean
      readonly 'policy-groups'?: number
      readonly 'registry-modules'?: number
      readonly 'registry-templates'?: number
      readonly 'run-triggers'?: number
      readonly 'service-accounts-available'?: boolean
      readonly 'sso-available'?: boolean
      readonly users?: number
      readonly 'vcs-providers'?: number
      readonly workspaces?: number
    }
    readonly 'support-access-enabled'?: boolean
  }
  readonly relationships: {
    readonly 'identity-provider'?: {
      readonly data: { readonly id: string; readonly type: 'identity-providers' } | null
    }
    readonly owner: { readonly data: { readonly id: string; readonly type: 'users' } }
  }
  readonly type: 'accounts'
}

export interface AccountDocument {
  readonly data?: Account
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AccountDocumentBody {
  readonly data?: AccountBody
}

export interface AccountListingDocument {
  readonly data?: readonly Account[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AccountMetrics {
  readonly 'billings-flex-runs-count'?: number
  readonly 'billings-run-minutes-count'?: number
  readonly 'billings-runs-count'?: number
  readonly 'environments-count': number
  readonly 'quota-max-concurrency'?: number
  readonly 'runs-awaiting-confirmation': number
  readonly 'runs-concurrency': number
  readonly 'runs-count': number
  readonly 'runs-failed': number
  readonly 'runs-queue-size'?: number
  readonly 'runs-successful': number
  readonly 'workspaces-count': number
}

export interface AccountUser {
  readonly attributes?: {
    readonly 'last-login-at'?: string | null
    readonly status?: Open<'Active' | 'Inactive' | 'Pending'>
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly teams?: {
      readonly data: readonly { readonly id: string; readonly type: 'teams' }[] | null
    }
    readonly user?: { readonly data: { readonly id: string; readonly type: 'users' } | null }
  }
  readonly type: 'account-users'
}

export interface AccountUserDocument {
  readonly data?: AccountUser
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AccountUserListingDocument {
  readonly data?: readonly AccountUser[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface Agent {
  readonly attributes: {
    readonly 'cpu-platform'?: Open<'linux_amd64' | 'linux_arm64'>
    readonly 'created-at'?: string
    readonly driver?: Open<'unknown' | 'local' | 'docker' | 'kubernetes' | 'kubernetes-job'>
    readonly 'error-message'?: string | null
    readonly 'kubernetes-driver-mode'?: Open<'default' | 'controller' | 'worker'>
    readonly 'last-seen-at'?: string
    readonly name: string
    readonly os: string
    readonly 'relay-last-seen-at'?: string | null
    readonly runtime?: Open<'unknown' | 'docker' | 'kubernetes' | 'vm' | 'fargate'>
    readonly status?: Open<'idle' | 'busy' | 'offline' | 'errored'>
    readonly 'upgrade-status'?: Open<'none' | 'low' | 'medium' | 'high'>
    readonly version?: string
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly pool?: { readonly data: { readonly id: string; readonly type: 'agent-pools' } | null }
  }
  readonly type: 'agents'
}

export interface AgentDocument {
  readonly data?: Agent
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AgentListingDocument {
  readonly data?: readonly Agent[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AgentPool {
  readonly attributes: {
    readonly default?: boolean
    readonly features?: readonly 'relay'[]
    readonly 'in-use'?: boolean
    readonly 'is-scalr-managed'?: boolean
    readonly 'is-shared'?: boolean
    readonly name: string
    readonly 'vcs-enabled'?: boolean
    readonly 'webhook-enabled'?: boolean
    readonly 'webhook-headers'?:
      | readonly {
          readonly name: string
          readonly sensitive?: boolean
          readonly value: string | null
        }[]
      | null
    readonly 'webhook-url'?: string | null
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly agents?: {
      readonly data: readonly { readonly id: string; readonly type: 'agents' }[] | null
    }
    readonly 'default-environments'?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
    readonly workspaces?: {
      readonly data: readonly { readonly id: string; readonly type: 'workspaces' }[] | null
    }
  }
  readonly type: 'agent-pools'
}

export interface AgentPoolBody {
  readonly attributes: {
    readonly default?: boolean
    readonly 'is-shared'?: boolean
    readonly name: string
    readonly 'vcs-enabled'?: boolean
    readonly 'webhook-enabled'?: boolean
    readonly 'webhook-headers'?:
      | readonly {
          readonly name: string
          readonly sensitive?: boolean
          readonly value: string | null
        }[]
      | null
    readonly 'webhook-url'?: string | null
  }
  readonly relationships?: {
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
    readonly workspaces?: {
      readonly data: readonly { readonly id: string; readonly type: 'workspaces' }[] | null
    }
  }
  readonly type: 'agent-pools'
}

export interface AgentPoolDocument {
  readonly data?: AgentPool
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AgentPoolDocumentBody {
  readonly data?: AgentPoolBody
}

export interface AgentPoolListingDocument {
  readonly data?: readonly AgentPool[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AiUsage {
  readonly attributes?: {
    readonly model?: 'claude'
    readonly 'request-type'?: Open<'explain' | 'summarize'>
    readonly 'requested-at'?: string
    readonly 'requested-by-email'?: string | null
  }
  readonly id?: string
  readonly links?: { readonly input?: string | null }
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly run?: { readonly data: { readonly id: string; readonly type: 'runs' } | null }
  }
  readonly type: 'ai-usages'
}

export interface AiUsageDocument {
  readonly data?: AiUsage
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AiUsageListingDocument {
  readonly data?: readonly AiUsage[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface Apply {
  readonly attributes?: {
    readonly 'execution-details'?: Readonly<Record<string, string>>
    readonly 'resource-additions'?: number | null
    readonly 'resource-changes'?: number | null
    readonly 'resource-destructions'?: number | null
    readonly status?: Open<
      'pending' | 'queued' | 'running' | 'finished' | 'canceled' | 'errored' | 'unreachable'
    >
    readonly 'status-timestamps'?: Readonly<Record<string, string>>
  }
  readonly id?: string
  readonly links?: { readonly output?: string | null; readonly self?: string }
  readonly type: 'applies'
}

export interface ApplyDocument {
  readonly data?: Apply
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AssumeServiceAccountPolicy {
  readonly attributes: {
    readonly 'claim-conditions': readonly {
      readonly claim: string
      readonly operator?: Open<'eq' | 'contains' | 'startswith' | 'endswith' | 'like'>
      readonly value: string
    }[]
    readonly 'created-at'?: string
    readonly 'created-by-email'?: string | null
    readonly 'maximum-session-duration'?: number | null
    readonly name: string
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly provider?: {
      readonly data: { readonly id: string; readonly type: 'workload-identity-providers' } | null
    }
    readonly 'service-account'?: {
      readonly data: { readonly id: string; readonly type: 'service-accounts' } | null
    }
  }
  readonly type: 'assume-service-account-policies'
}

export interface AssumeServiceAccountPolicyBody {
  readonly attributes: {
    readonly 'claim-conditions': readonly {
      readonly claim: string
      readonly operator?: 'eq' | 'contains' | 'startswith' | 'endswith' | 'like'
      readonly value: string
    }[]
    readonly 'maximum-session-duration'?: number | null
    readonly name: string
  }
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly provider?: {
      readonly data: { readonly id: string; readonly type: 'workload-identity-providers' } | null
    }
  }
  readonly type: 'assume-service-account-policies'
}

export interface AssumeServiceAccountPolicyDocument {
  readonly data?: AssumeServiceAccountPolicy
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AssumeServiceAccountPolicyDocumentBody {
  readonly data?: AssumeServiceAccountPolicyBody
}

export interface AssumeServiceAccountPolicyListingDocument {
  readonly data?: readonly AssumeServiceAccountPolicy[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface AssumeServiceAccountRequestBody {
  readonly 'id-token': string
  readonly lifetime?: number
  readonly 'service-account-email': string
}

export interface BillingUsage {
  readonly attributes?: {
    readonly 'account-id'?: string | null
    readonly 'account-name'?: string | null
    readonly 'environment-id'?: string | null
    readonly 'environment-name'?: string | null
    readonly 'plan-apply-runs'?: number
    readonly 'plan-only-runs'?: number
    readonly 'total-runs'?: number
    readonly 'workspace-id'?: string | null
    readonly 'workspace-name'?: string | null
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly type: 'billing-usages'
}

export interface BillingUsageListingDocument {
  readonly data?: readonly BillingUsage[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export type BuiltInProviderTypes = Open<'aws' | 'azurerm' | 'google' | 'scalr'>

export type BuiltInProviderTypesBody = 'aws' | 'azurerm' | 'google' | 'scalr'

export interface CheckovIntegration {
  readonly attributes: {
    readonly 'cli-args'?: string | null
    readonly 'err-message'?: string | null
    readonly 'external-checks-enabled'?: boolean
    readonly 'is-shared'?: boolean
    readonly name: string
    readonly status?: Open<'active' | 'disabled' | 'failed' | 'pending'>
    readonly 'vcs-repo'?: {
      readonly branch?: string
      readonly identifier: string
      readonly path?: string | null
    } | null
    readonly version?: string
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
    readonly 'vcs-provider'?: {
      readonly data: { readonly id: string; readonly type: 'vcs-providers' } | null
    }
  }
  readonly type: 'checkov-integrations'
}

export interface CheckovIntegrationBody {
  readonly attributes: {
    readonly 'cli-args'?: string | null
    readonly 'external-checks-enabled'?: boolean
    readonly 'is-shared'?: boolean
    readonly name: string
    readonly status?: 'active' | 'disabled' | 'failed' | 'pending'
    readonly 'vcs-repo'?: {
      readonly branch?: string
      readonly identifier: string
      readonly path?: string | null
    } | null
    readonly version?: string
  }
  readonly relationships?: {
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
    readonly 'vcs-provider'?: {
      readonly data: { readonly id: string; readonly type: 'vcs-providers' } | null
    }
  }
  readonly type: 'checkov-integrations'
}

export interface CheckovIntegrationDocument {
  readonly data?: CheckovIntegration
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface CheckovIntegrationDocumentBody {
  readonly data?: CheckovIntegrationBody
}

export interface CheckovIntegrationListingDocument {
  readonly data?: readonly CheckovIntegration[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface CommentBody {
  readonly comment?: string
}

export interface ConfigurationVersion {
  readonly attributes?: {
    readonly 'auto-queue-runs'?: boolean
    readonly 'created-at'?: string
    readonly 'error-message'?: string | null
    readonly inputs?: readonly (RegistryInputOptional | RegistryInputRequired)[]
    readonly 'is-dry'?: boolean
    readonly size?: number | null
    readonly source?: string
    readonly status?: Open<'errored' | 'pending' | 'uploaded'>
    readonly 'status-timestamps'?: Readonly<Record<string, string>>
  }
  readonly id?: string
  readonly links?: { readonly self?: string; readonly upload?: string | null }
  readonly relationships?: {
    readonly 'vcs-revision'?: {
      readonly data: { readonly id: string; readonly type: 'vcs-revisions' } | null
    }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'configuration-versions'
}

export interface ConfigurationVersionBody {
  readonly attributes?: { readonly 'auto-queue-runs'?: boolean; readonly 'is-dry'?: boolean }
  readonly relationships?: {
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'configuration-versions'
}

export interface ConfigurationVersionDocument {
  readonly data?: ConfigurationVersion
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ConfigurationVersionDocumentBody {
  readonly data?: ConfigurationVersionBody
}

export interface ConfigurationVersionListingDocument {
  readonly data?: readonly ConfigurationVersion[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ConfirmRequestBody {
  readonly 'apply-at'?: string | null
  readonly comment?: string
}

export interface CostEstimate {
  readonly attributes?: {
    readonly 'delta-monthly-cost'?: string
    readonly 'error-message'?: string | null
    readonly 'matched-resources-count'?: number | null
    readonly 'prior-monthly-cost'?: string
    readonly 'proposed-monthly-cost'?: string
    readonly 'resources-count'?: number | null
    readonly status?: Open<
      'pending' | 'queued' | 'finished' | 'canceled' | 'errored' | 'unreachable'
    >
    readonly 'status-timestamps'?: Readonly<Record<string, string>>
    readonly 'unmatched-resources-count'?: number | null
  }
  readonly id?: string
  readonly links?: {
    readonly breakdown?: string | null
    readonly output?: string | null
    readonly self?: string
  }
  readonly type: 'cost-estimates'
}

export interface CostEstimateDocument {
  readonly data?: CostEstimate
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface CreateUser {
  readonly attributes: {
    readonly 'change-password-on-sign-in'?: boolean
    readonly 'created-at'?: string | null
    readonly email: string
    readonly 'full-name'?: string | null
    readonly password?: string | null
    readonly status?: Open<'Active' | 'Inactive' | 'Pending'>
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly 'identity-providers'?: {
      readonly data: readonly { readonly id: string; readonly type: 'identity-providers' }[] | null
    }
  }
  readonly type: 'users'
}

export interface CreateUserBody {
  readonly attributes: {
    readonly 'change-password-on-sign-in'?: boolean
    readonly 'created-at'?: string | null
    readonly email: string
    readonly 'full-name'?: string | null
    readonly password?: string | null
    readonly status?: 'Active' | 'Inactive' | 'Pending'
  }
  readonly relationships?: {
    readonly 'identity-providers'?: {
      readonly data: readonly { readonly id: string; readonly type: 'identity-providers' }[] | null
    }
  }
  readonly type: 'users'
}

export interface CreateUserDocument {
  readonly data?: CreateUser
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface CreateUserDocumentBody {
  readonly data?: CreateUserBody
}

export interface DatadogIntegration {
  readonly attributes: {
    readonly 'api-key': string | null
    readonly 'deployment-url'?: string | null
    readonly 'err-message'?: string | null
    readonly name: string
    readonly status?: Open<'active' | 'disabled' | 'failed'>
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly account: { readonly data: { readonly id: string; readonly type: 'accounts' } }
  }
  readonly type: 'datadog-integrations'
}

export interface DatadogIntegrationBody {
  readonly attributes: {
    readonly 'api-key': string | null
    readonly 'deployment-url'?: string | null
    readonly name: string
    readonly status?: 'active' | 'disabled' | 'failed'
  }
  readonly relationships: {
    readonly account: { readonly data: { readonly id: string; readonly type: 'accounts' } }
  }
  readonly type: 'datadog-integrations'
}

export interface DatadogIntegrationDocument {
  readonly data?: DatadogIntegration
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface DatadogIntegrationDocumentBody {
  readonly data?: DatadogIntegrationBody
}

export interface DatadogIntegrationListingDocument {
  readonly data?: readonly DatadogIntegration[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface DriftDetectionSchedule {
  readonly attributes: {
    readonly 'run-mode'?: Open<'refresh-only' | 'plan'>
    readonly schedule: Open<'daily' | 'weekly'>
    readonly 'workspace-filters'?: {
      readonly 'environment-types'?: readonly Open<
        'production' | 'staging' | 'testing' | 'development' | 'unmapped'
      >[]
      readonly 'name-patterns'?: readonly string[]
      readonly tags?: readonly string[]
    }
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships: {
    readonly environment: { readonly data: { readonly id: string; readonly type: 'environments' } }
  }
  readonly type: 'drift-detection-schedule'
}

export interface DriftDetectionScheduleBody {
  readonly attributes: {
    readonly 'run-mode'?: 'refresh-only' | 'plan'
    readonly schedule: 'daily' | 'weekly'
    readonly 'workspace-filters'?: {
      readonly 'environment-types'?: readonly (
        | 'production'
        | 'staging'
        | 'testing'
        | 'development'
        | 'unmapped'
      )[]
      readonly 'name-patterns'?: readonly string[]
      readonly tags?: readonly string[]
    }
  }
  readonly links?: Readonly<Record<string, string>>
  readonly relationships: {
    readonly environment: { readonly data: { readonly id: string; readonly type: 'environments' } }
  }
  readonly type: 'drift-detection-schedule'
}

export interface DriftDetectionScheduleDocument {
  readonly data?: DriftDetectionSchedule
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface DriftDetectionScheduleDocumentBody {
  readonly data?: DriftDetectionScheduleBody
}

export interface EnvLockReasonBody {
  readonly reason?: string
}

export interface Environment {
  readonly attributes: {
    readonly 'created-at'?: string
    readonly 'created-by-email'?: string | null
    readonly favorite?: boolean
    readonly 'is-federated-to-account'?: boolean
    readonly 'lock-reason'?: string | null
    readonly locked?: boolean
    readonly 'mask-sensitive-output'?: boolean
    readonly name: string
    readonly permissions?: Readonly<Record<string, unknown>>
    readonly 'remote-backend'?: boolean
    readonly 'remote-backend-overridable'?: boolean
    readonly status?: string
    readonly 'updated-at'?: string | null
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly 'created-by'?: {
      readonly data: { readonly id: string; readonly type: 'users' } | null
    }
    readonly 'default-provider-configurations'?: {
      readonly data:
        | readonly { readonly id: string; readonly type: 'provider-configurations' }[]
        | null
    }
    readonly 'default-workspace-agent-pool'?: {
      readonly data: { readonly id: string; readonly type: 'agent-pools' } | null
    }
    readonly 'drift-detection-schedules'?: {
      readonly data:
        | readonly { readonly id: string; readonly type: 'drift-detection-schedule' }[]
        | null
    }
    readonly 'locked-by'?: { readonly data: { readonly id: string; readonly type: 'users' } | null }
    readonly 'policy-groups'?: {
      readonly data: readonly { readonly id: string; readonly type: 'policy-groups' }[] | null
    }
    readonly 'provider-configurations'?: {
      readonly data:
        | readonly { readonly id: string; readonly type: 'provider-configurations' }[]
        | null
    }
    readonly 'storage-profile'?: {
      readonly data: { readonly id: string; readonly type: 'storage-profiles' } | null
    }
    readonly tags?: {
      readonly data: readonly { readonly id: string; readonly type: 'tags' }[] | null
    }
    readonly 'updated-by'?: {
      readonly data: { readonly id: string; readonly type: 'users' } | null
    }
  }
  readonly type: 'environments'
}

export interface EnvironmentBody {
  readonly attributes: {
    readonly 'is-federated-to-account'?: boolean
    readonly 'mask-sensitive-output'?: boolean
    readonly name: string
    readonly 'remote-backend'?: boolean
    readonly 'remote-backend-overridable'?: boolean
  }
  readonly relationships?: {
    readonly 'default-provider-configurations'?: {
      readonly data:
        | readonly { readonly id: string; readonly type: 'provider-configurations' }[]
        | null
    }
    readonly 'default-workspace-agent-pool'?: {
      readonly data: { readonly id: string; readonly type: 'agent-pools' } | null
    }
    readonly 'storage-profile'?: {
      readonly data: { readonly id: string; readonly type: 'storage-profiles' } | null
    }
    readonly tags?: {
      readonly data: readonly { readonly id: string; readonly type: 'tags' }[] | null
    }
  }
  readonly type: 'environments'
}

export interface EnvironmentDocument {
  readonly data?: Environment
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface EnvironmentDocumentBody {
  readonly data?: EnvironmentBody
}

export interface EnvironmentListingDocument {
  readonly data?: readonly Environment[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface EventDefinition {
  readonly attributes: { readonly description?: string | null; readonly name: string }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly type: 'event-definitions'
}

export interface EventDefinitionListingDocument {
  readonly data?: readonly EventDefinition[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface FederatedEnvironmentRelationship {
  readonly id: string
  readonly type: 'environments'
}

export interface FederatedEnvironmentRelationshipBody {
  readonly id: string
  readonly type: 'environments'
}

export interface FederatedEnvironmentRelationshipFieldsetsListingDocument {
  readonly data?: readonly FederatedEnvironmentRelationship[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface FederatedEnvironmentRelationshipFieldsetsListingDocumentBody {
  readonly data?: readonly FederatedEnvironmentRelationshipBody[]
}

export interface Hook {
  readonly attributes: {
    readonly description?: string | null
    readonly 'error-message'?: string | null
    readonly 'hook-blob-id'?: string | null
    readonly interpreter: string
    readonly name: string
    readonly 'scriptfile-path': string
    readonly status?: Open<'pending' | 'active' | 'errored'>
    readonly 'updated-at'?: string
    readonly 'vcs-repo': { readonly branch?: string | null; readonly identifier: string }
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
    readonly readme?: {
      readonly data: { readonly id: string; readonly type: 'hook-readme' } | null
    }
    readonly 'updated-by'?: {
      readonly data: { readonly id: string; readonly type: 'users' } | null
    }
    readonly 'vcs-provider': {
      readonly data: { readonly id: string; readonly type: 'vcs-providers' }
    }
    readonly 'vcs-revision'?: {
      readonly data: { readonly id: string; readonly type: 'vcs-revisions' } | null
    }
  }
  readonly type: 'hooks'
}

export interface HookBody {
  readonly attributes: {
    readonly description?: string | null
    readonly interpreter: string
    readonly name: string
    readonly 'scriptfile-path': string
    readonly 'vcs-repo': { readonly branch?: string | null; readonly identifier: string }
  }
  readonly relationships: {
    readonly 'vcs-provider': {
      readonly data: { readonly id: string; readonly type: 'vcs-providers' }
    }
  }
  readonly type: 'hooks'
}

export interface HookDocument {
  readonly data?: Hook
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface HookDocumentBody {
  readonly data?: HookBody
}

export interface HookEnvironmentLink {
  readonly attributes: {
    readonly events: readonly Open<
      'pre-init' | 'pre-plan' | 'post-plan' | 'pre-apply' | 'post-apply'
    >[]
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly environment: { readonly data: { readonly id: string; readonly type: 'environments' } }
    readonly hook: { readonly data: { readonly id: string; readonly type: 'hooks' } }
    readonly 'vcs-provider'?: {
      readonly data: { readonly id: string; readonly type: 'vcs-providers' } | null
    }
    readonly 'vcs-revision'?: {
      readonly data: { readonly id: string; readonly type: 'vcs-revisions' } | null
    }
  }
  readonly type: 'hook-environment-links'
}

export interface HookEnvironmentLinkBody {
  readonly attributes: {
    readonly events: readonly ('pre-init' | 'pre-plan' | 'post-plan' | 'pre-apply' | 'post-apply')[]
  }
  readonly relationships: {
    readonly environment: { readonly data: { readonly id: string; readonly type: 'environments' } }
    readonly hook: { readonly data: { readonly id: string; readonly type: 'hooks' } }
  }
  readonly type: 'hook-environment-links'
}

export interface HookEnvironmentLinkDocument {
  readonly data?: HookEnvironmentLink
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface HookEnvironmentLinkDocumentBody {
  readonly data?: HookEnvironmentLinkBody
}

export interface HookEnvironmentLinkListingDocument {
  readonly data?: readonly HookEnvironmentLink[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface HookListingDocument {
  readonly data?: readonly Hook[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface InfracostIntegration {
  readonly attributes: {
    readonly 'api-key': string | null
    readonly 'err-message'?: string | null
    readonly 'is-shared'?: boolean
    readonly name: string
    readonly status?: Open<'active' | 'disabled' | 'failed'>
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
  }
  readonly type: 'infracost-integration'
}

export interface InfracostIntegrationBody {
  readonly attributes: {
    readonly 'api-key': string | null
    readonly 'is-shared'?: boolean
    readonly name: string
    readonly status?: 'active' | 'disabled' | 'failed'
  }
  readonly relationships?: {
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
  }
  readonly type: 'infracost-integration'
}

export interface InfracostIntegrationDocument {
  readonly data?: InfracostIntegration
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface InfracostIntegrationDocumentBody {
  readonly data?: InfracostIntegrationBody
}

export interface InfracostIntegrationListingDocument {
  readonly data?: readonly InfracostIntegration[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface Module {
  readonly attributes: {
    readonly 'created-at'?: string
    readonly description?: string
    readonly 'error-message'?: string | null
    readonly name?: string
    readonly provider?: string
    readonly source?: string
    readonly status?: Open<'no_version_tags' | 'pending' | 'setup_complete' | 'errored'>
    readonly 'vcs-repo': {
      readonly identifier: string
      readonly path?: string
      readonly 'tag-prefix'?: string
    }
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly 'created-by'?: {
      readonly data: { readonly id: string; readonly type: 'users' } | null
    }
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly 'latest-module-version'?: {
      readonly data: { readonly id: string; readonly type: 'module-versions' } | null
    }
    readonly 'module-version'?: {
      readonly data: { readonly id: string; readonly type: 'module-versions' } | null
    }
    readonly 'module-versions'?: {
      readonly data: readonly { readonly id: string; readonly type: 'module-versions' }[] | null
    }
    readonly namespace?: {
      readonly data: { readonly id: string; readonly type: 'module-namespaces' } | null
    }
    readonly 'vcs-provider': {
      readonly data: { readonly id: string; readonly type: 'vcs-providers' }
    }
  }
  readonly type: 'modules'
}

export interface ModuleBody {
  readonly attributes: {
    readonly name?: string
    readonly provider?: string
    readonly 'vcs-repo': {
      readonly identifier: string
      readonly path?: string
      readonly 'tag-prefix'?: string
    }
  }
  readonly relationships: {
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly namespace?: {
      readonly data: { readonly id: string; readonly type: 'module-namespaces' } | null
    }
    readonly 'vcs-provider': {
      readonly data: { readonly id: string; readonly type: 'vcs-providers' }
    }
  }
  readonly type: 'modules'
}

export interface ModuleDocument {
  readonly data?: Module
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ModuleDocumentBody {
  readonly data?: ModuleBody
}

export interface ModuleListingDocument {
  readonly data?: readonly Module[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ModuleNamespace {
  readonly attributes?: { readonly 'is-shared'?: boolean; readonly name?: string }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
    readonly modules?: {
      readonly data: readonly { readonly id: string; readonly type: 'modules' }[] | null
    }
    readonly owners?: {
      readonly data: readonly { readonly id: string; readonly type: 'teams' }[] | null
    }
  }
  readonly type: 'module-namespaces'
}

export interface ModuleNamespaceBody {
  readonly attributes?: { readonly 'is-shared'?: boolean; readonly name?: string }
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
    readonly owners?: {
      readonly data: readonly { readonly id: string; readonly type: 'teams' }[] | null
    }
  }
  readonly type: 'module-namespaces'
}

export interface ModuleNamespaceDocument {
  readonly data?: ModuleNamespace
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ModuleNamespaceDocumentBody {
  readonly data?: ModuleNamespaceBody
}

export interface ModuleNamespaceListingDocument {
  readonly data?: readonly ModuleNamespace[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ModuleResyncRequestBody {
  readonly force?: boolean
}

export interface ModuleTestProviderConfigurationLink {
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly 'provider-configuration': {
      readonly data: { readonly id: string; readonly type: 'provider-configurations' }
    }
    readonly 'test-configuration'?: {
      readonly data: { readonly id: string; readonly type: 'test-configurations' } | null
    }
  }
  readonly type: 'module-test-provider-configuration-links'
}

export interface ModuleTestProviderConfigurationLinkBody {
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly relationships: {
    readonly 'provider-configuration': {
      readonly data: { readonly id: string; readonly type: 'provider-configurations' }
    }
  }
  readonly type: 'module-test-provider-configuration-links'
}

export interface ModuleTestProviderConfigurationLinkDocument {
  readonly data?: ModuleTestProviderConfigurationLink
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ModuleTestProviderConfigurationLinkDocumentBody {
  readonly data?: ModuleTestProviderConfigurationLinkBody
}

export interface ModuleTestProviderConfigurationLinkListingDocument {
  readonly data?: readonly ModuleTestProviderConfigurationLink[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ModuleUsageNamespace {
  readonly attributes?: { readonly 'namespace-name'?: string; readonly source?: string }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly 'namespace-account'?: {
      readonly data: { readonly id: string; readonly type: 'accounts' } | null
    }
    readonly 'namespace-environment'?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
  }
  readonly type: 'tf-module-namespaces'
}

export interface ModuleUsageNamespaceListingDocument {
  readonly data?: readonly ModuleUsageNamespace[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ModuleVersion {
  readonly attributes: {
    readonly 'created-at'?: string
    readonly dependencies?: Readonly<
      Record<string, string | Readonly<Record<string, unknown>> | readonly unknown[]>
    > | null
    readonly details?: string | null
    readonly 'error-message'?: string | null
    readonly inputs?: readonly (RegistryInputOptional | RegistryInputRequired)[] | null
    readonly 'is-forbidden-by'?: 'tofu_test' | null
    readonly 'is-root-module'?: boolean
    readonly outputs?:
      | readonly {
          readonly description?: string
          readonly name?: string
          readonly sensitive?: boolean
          readonly value?: string | Readonly<Record<string, unknown>> | readonly unknown[] | null
        }[]
      | null
    readonly resources?: readonly { readonly address?: string; readonly type?: string }[] | null
    readonly size?: number | null
    readonly status?: Open<'not_uploaded' | 'pending' | 'ok' | 'errored' | 'pending_delete'>
    readonly version: string
  }
  readonly id?: string
  readonly links?: { readonly download?: string | null; readonly self?: string }
  readonly relationships: {
    readonly module: { readonly data: { readonly id: string; readonly type: 'modules' } }
    readonly 'vcs-revision'?: {
      readonly data: { readonly id: string; readonly type: 'vcs-revisions' } | null
    }
  }
  readonly type: 'module-versions'
}

export interface ModuleVersionDocument {
  readonly data?: ModuleVersion
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ModuleVersionListingDocument {
  readonly data?: readonly ModuleVersion[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface Permission {
  readonly attributes?: {
    readonly 'applicable-scopes'?: readonly Open<'account' | 'environment' | 'workspace'>[]
    readonly description?: string | null
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly type: 'permissions'
}

export interface PermissionDocument {
  readonly data?: Permission
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface PermissionListingDocument {
  readonly data?: readonly Permission[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface Plan {
  readonly attributes?: {
    readonly 'execution-details'?: Readonly<Record<string, string>>
    readonly 'has-changes'?: boolean
    readonly 'resource-additions'?: number | null
    readonly 'resource-changes'?: number | null
    readonly 'resource-destructions'?: number | null
    readonly status?: Open<
      'pending' | 'queued' | 'running' | 'finished' | 'canceled' | 'errored' | 'unreachable'
    >
    readonly 'status-timestamps'?: Readonly<Record<string, string>>
  }
  readonly id?: string
  readonly links?: {
    readonly 'json-output'?: string | null
    readonly output?: string | null
    readonly self?: string
  }
  readonly type: 'plans'
}

export interface PlanDocument {
  readonly data?: Plan
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface Policy {
  readonly attributes?: {
    readonly enabled?: boolean
    readonly 'enforced-level'?: Open<'hard-mandatory' | 'soft-mandatory' | 'advisory'>
    readonly name?: string
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly 'policy-group'?: {
      readonly data: { readonly id: string; readonly type: 'policy-groups' } | null
    }
  }
  readonly type: 'policies'
}

export interface PolicyCheck {
  readonly attributes?: {
    readonly permissions?: Readonly<Record<string, unknown>>
    readonly result?: {
      readonly 'advisory-failed'?: number
      readonly 'duration-ms'?: number
      readonly 'hard-failed'?: number
      readonly passed?: number
      readonly policies?: readonly {
        readonly messages?: readonly string[]
        readonly name: string
        readonly result: Open<'passed' | 'hard_failed' | 'soft_failed' | 'advisory_failed'>
        readonly 'unit-path'?: string
      }[]
      readonly result?: boolean
      readonly 'soft-failed'?: number
      readonly 'total-failed'?: number
    }
    readonly status?: Open<
      | 'pending'
      | 'queued'
      | 'passed'
      | 'errored'
      | 'hard_failed'
      | 'soft_failed'
      | 'overridden'
      | 'unreachable'
      | 'canceled'
    >
    readonly 'status-timestamps'?: Readonly<Record<string, string>>
  }
  readonly id?: string
  readonly links?: { readonly output?: string }
  readonly type: 'policy-checks'
}

export interface PolicyCheckDocument {
  readonly data?: PolicyCheck
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface PolicyCheckListingDocument {
  readonly data?: readonly PolicyCheck[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface PolicyCheckResult {
  readonly attributes?: {
    readonly messages?: readonly string[]
    readonly name?: string
    readonly 'pull-request-number'?: string | null
    readonly 'pull-request-title'?: string | null
    readonly result?: Open<'passed' | 'hard_failed' | 'soft_failed' | 'advisory_failed'>
    readonly 'unit-path'?: string | null
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly 'policy-check'?: {
      readonly data: { readonly id: string; readonly type: 'policy-checks' } | null
    }
    readonly run?: { readonly data: { readonly id: string; readonly type: 'runs' } | null }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'policy-check-results'
}

export interface PolicyCheckResultListingDocument {
  readonly data?: readonly PolicyCheckResult[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface PolicyDocument {
  readonly data?: Policy
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface PolicyGroup {
  readonly attributes: {
    readonly 'common-functions-folder'?: string | null
    readonly 'created-at'?: string
    readonly 'error-message'?: string | null
    readonly 'execute-as'?: Open<'pre_plan_check' | 'policy_check'>
    readonly 'is-enforced'?: boolean
    readonly name: string
    readonly 'opa-version'?: string
    readonly status?: Open<'fetching' | 'active' | 'errored'>
    readonly 'vcs-repo': {
      readonly branch?: string | null
      readonly identifier: string
      readonly path?: string | null
    }
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly account: { readonly data: { readonly id: string; readonly type: 'accounts' } }
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
    readonly policies?: {
      readonly data: readonly { readonly id: string; readonly type: 'policies' }[] | null
    }
    readonly 'vcs-provider': {
      readonly data: { readonly id: string; readonly type: 'vcs-providers' }
    }
    readonly 'vcs-revision'?: {
      readonly data: { readonly id: string; readonly type: 'vcs-revisions' } | null
    }
  }
  readonly type: 'policy-groups'
}

export interface PolicyGroupBody {
  readonly attributes: {
    readonly 'common-functions-folder'?: string | null
    readonly 'execute-as'?: 'pre_plan_check' | 'policy_check'
    readonly 'is-enforced'?: boolean
    readonly name: string
    readonly 'opa-version'?: string
    readonly 'vcs-repo': {
      readonly branch?: string | null
      readonly identifier: string
      readonly path?: string | null
    }
  }
  readonly relationships: {
    readonly account: { readonly data: { readonly id: string; readonly type: 'accounts' } }
    readonly 'vcs-provider': {
      readonly data: { readonly id: string; readonly type: 'vcs-providers' }
    }
  }
  readonly type: 'policy-groups'
}

export interface PolicyGroupDocument {
  readonly data?: PolicyGroup
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface PolicyGroupDocumentBody {
  readonly data?: PolicyGroupBody
}

export interface PolicyGroupEnvironmentRelationshipBody {
  readonly id: string
  readonly type: 'environments'
}

export interface PolicyGroupEnvironmentRelationshipFieldsetsListingDocumentBody {
  readonly data?: readonly PolicyGroupEnvironmentRelationshipBody[]
}

export interface PolicyGroupListingDocument {
  readonly data?: readonly PolicyGroup[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ProviderConfiguration {
  readonly attributes: {
    readonly 'apply-only'?: boolean
    readonly 'aws-access-key'?: string | null
    readonly 'aws-account-type'?: Open<'regular' | 'gov-cloud' | 'cn-cloud'> | null
    readonly 'aws-audience'?: string | null
    readonly 'aws-credentials-type'?: Open<'role_delegation' | 'access_keys' | 'oidc'> | null
    readonly 'aws-default-tags'?: Readonly<Record<string, unknown>> | null
    readonly 'aws-default-tags-strategy'?: Open<'skip' | 'update'> | null
    readonly 'aws-external-id'?: string | null
    readonly 'aws-role-arn'?: string | null
    readonly 'aws-secret-key'?: string | null
    readonly 'aws-trusted-entity-type'?: Open<'aws_account' | 'aws_service'> | null
    readonly 'azurerm-audience'?: string | null
    readonly 'azurerm-auth-type'?: Open<'client-secrets' | 'oidc'> | null
    readonly 'azurerm-client-id'?: string | null
    readonly 'azurerm-client-secret'?: string | null
    readonly 'azurerm-subscription-id'?: string | null
    readonly 'azurerm-tenant-id'?: string | null
    readonly 'error-message'?: string | null
    readonly 'export-shell-variables'?: boolean
    readonly 'google-auth-type'?: Open<'service-account-key' | 'oidc'> | null
    readonly 'google-credentials'?: string | null
    readonly 'google-project'?: string | null
    readonly 'google-service-account-email'?: string | null
    readonly 'google-service-account-name'?: string | null
    readonly 'google-use-default-project'?: boolean | null
    readonly 'google-workload-provider-name'?: string | null
    readonly 'is-allowed-in-module-test'?: boolean
    readonly 'is-custom'?: boolean | null
    readonly 'is-shared'?: boolean
    readonly name: string
    readonly 'provider-name': Open<BuiltInProviderTypes>
    readonly 'scalr-hostname'?: string | null
    readonly 'scalr-token'?: string | null
    readonly status?: Open<'active' | 'errored'>
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly account: { readonly data: { readonly id: string; readonly type: 'accounts' } }
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
    readonly owners?: {
      readonly data: readonly { readonly id: string; readonly type: 'teams' }[] | null
    }
    readonly parameters?: {
      readonly data:
        | readonly { readonly id: string; readonly type: 'provider-configuration-parameters' }[]
        | null
    }
    readonly tags?: {
      readonly data: readonly { readonly id: string; readonly type: 'tags' }[] | null
    }
  }
  readonly type: 'provider-configurations'
}

export interface ProviderConfigurationBody {
  readonly attributes: {
    readonly 'apply-only'?: boolean
    readonly 'aws-access-key'?: string | null
    readonly 'aws-account-type'?: 'regular' | 'gov-cloud' | 'cn-cloud' | null
    readonly 'aws-audience'?: string | null
    readonly 'aws-credentials-type'?: 'role_delegation' | 'access_keys' | 'oidc' | null
    readonly 'aws-default-tags'?: Readonly<Record<string, unknown>> | null
    readonly 'aws-default-tags-strategy'?: 'skip' | 'update' | null
    readonly 'aws-external-id'?: string | null
    readonly 'aws-role-arn'?: string | null
    readonly 'aws-secret-key'?: string | null
    readonly 'aws-trusted-entity-type'?: 'aws_account' | 'aws_service' | null
    readonly 'azurerm-audience'?: string | null
    readonly 'azurerm-auth-type'?: 'client-secrets' | 'oidc' | null
    readonly 'azurerm-client-id'?: string | null
    readonly 'azurerm-client-secret'?: string | null
    readonly 'azurerm-subscription-id'?: string | null
    readonly 'azurerm-tenant-id'?: string | null
    readonly 'export-shell-variables'?: boolean
    readonly 'google-auth-type'?: 'service-account-key' | 'oidc' | null
    readonly 'google-credentials'?: string | null
    readonly 'google-project'?: string | null
    readonly 'google-service-account-email'?: string | null
    readonly 'google-use-default-project'?: boolean | null
    readonly 'google-workload-provider-name'?: string | null
    readonly 'is-allowed-in-module-test'?: boolean
    readonly 'is-custom'?: boolean | null
    readonly 'is-shared'?: boolean
    readonly name: string
    readonly 'provider-name': Open<BuiltInProviderTypesBody>
    readonly 'scalr-hostname'?: string | null
    readonly 'scalr-token'?: string | null
  }
  readonly relationships: {
    readonly account: { readonly data: { readonly id: string; readonly type: 'accounts' } }
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
    readonly owners?: {
      readonly data: readonly { readonly id: string; readonly type: 'teams' }[] | null
    }
    readonly tags?: {
      readonly data: readonly { readonly id: string; readonly type: 'tags' }[] | null
    }
  }
  readonly type: 'provider-configurations'
}

export interface ProviderConfigurationDocument {
  readonly data?: ProviderConfiguration
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ProviderConfigurationDocumentBody {
  readonly data?: ProviderConfigurationBody
}

export interface ProviderConfigurationLink {
  readonly attributes?: { readonly alias?: string | null; readonly default?: boolean }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly 'provider-configuration': {
      readonly data: { readonly id: string; readonly type: 'provider-configurations' }
    }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'provider-configuration-links'
}

export interface ProviderConfigurationLinkBody {
  readonly attributes?: { readonly alias?: string | null }
  readonly relationships: {
    readonly 'provider-configuration': {
      readonly data: { readonly id: string; readonly type: 'provider-configurations' }
    }
  }
  readonly type: 'provider-configuration-links'
}

export interface ProviderConfigurationLinkDocument {
  readonly data?: ProviderConfigurationLink
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ProviderConfigurationLinkDocumentBody {
  readonly data?: ProviderConfigurationLinkBody
}

export interface ProviderConfigurationLinkListingDocument {
  readonly data?: readonly ProviderConfigurationLink[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ProviderConfigurationListingDocument {
  readonly data?: readonly ProviderConfiguration[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ProviderConfigurationParameter {
  readonly attributes: {
    readonly description?: string | null
    readonly hcl?: boolean
    readonly key: string
    readonly sensitive?: boolean
    readonly value?: string | null
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly 'provider-configuration'?: {
      readonly data: { readonly id: string; readonly type: 'provider-configurations' } | null
    }
  }
  readonly type: 'provider-configuration-parameters'
}

export interface ProviderConfigurationParameterBody {
  readonly attributes: {
    readonly description?: string | null
    readonly hcl?: boolean
    readonly key: string
    readonly sensitive?: boolean
    readonly value?: string | null
  }
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: Readonly<Record<string, never>>
  readonly type: 'provider-configuration-parameters'
}

export interface ProviderConfigurationParameterDocument {
  readonly data?: ProviderConfigurationParameter
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ProviderConfigurationParameterDocumentBody {
  readonly data?: ProviderConfigurationParameterBody
}

export interface ProviderConfigurationParameterListingDocument {
  readonly data?: readonly ProviderConfigurationParameter[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ProviderConfigurationWorkspaceUsage {
  readonly 'direct-links-ids'?: readonly string[]
  readonly 'environment-id'?: string
  readonly 'environment-name'?: string
  readonly 'environment-permissions'?: readonly string[]
  readonly 'is-default-link'?: boolean
  readonly 'workspace-id'?: string
  readonly 'workspace-name'?: string
  readonly 'workspace-permissions'?: readonly string[]
}

export interface ProviderConfigurationWorkspaceUsageFieldsetsListingDocument {
  readonly data?: readonly ProviderConfigurationWorkspaceUsage[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ReasonBody {
  readonly reason?: string
}

export interface RegistryInputOptional {
  readonly default:
    | boolean
    | number
    | string
    | readonly unknown[]
    | Readonly<Record<string, unknown>>
    | null
  readonly description?: string | null
  readonly name: string
  readonly sensitive?: boolean
  readonly type?: string | null
}

export interface RegistryInputRequired {
  readonly description?: string | null
  readonly name: string
  readonly sensitive?: boolean
  readonly type?: string | null
}

export interface RemoteStateConsumerRelationship {
  readonly id: string
  readonly type: 'workspaces'
}

export interface RemoteStateConsumerRelationshipBody {
  readonly id: string
  readonly type: 'workspaces'
}

export interface RemoteStateConsumerRelationshipFieldsetsListingDocument {
  readonly data?: readonly RemoteStateConsumerRelationship[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface RemoteStateConsumerRelationshipFieldsetsListingDocumentBody {
  readonly data?: readonly RemoteStateConsumerRelationshipBody[]
}

export interface Role {
  readonly attributes: {
    readonly description?: string | null
    readonly 'is-system'?: boolean
    readonly name: string
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly permissions?: {
      readonly data: readonly { readonly id: string; readonly type: 'permissions' }[] | null
    }
  }
  readonly type: 'roles'
}

export interface RoleBody {
  readonly attributes: { readonly description?: string | null; readonly name: string }
  readonly relationships?: {
    readonly permissions?: {
      readonly data: readonly { readonly id: string; readonly type: 'permissions' }[] | null
    }
  }
  readonly type: 'roles'
}

export interface RoleDocument {
  readonly data?: Role
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface RoleDocumentBody {
  readonly data?: RoleBody
}

export interface RoleListingDocument {
  readonly data?: readonly Role[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface Run {
  readonly attributes?: {
    readonly 'apply-at'?: string | null
    readonly 'auto-apply'?: boolean
    readonly 'created-at'?: string
    readonly 'error-message'?: string | null
    readonly 'has-changes'?: boolean
    readonly 'iac-platform'?: Open<'terraform' | 'opentofu'>
    readonly inputs?:
      | readonly {
          readonly description?: string
          readonly name?: string
          readonly sensitive?: boolean
          readonly value?:
            | boolean
            | number
            | string
            | readonly unknown[]
            | Readonly<Record<string, unknown>>
            | null
        }[]
      | null
    readonly 'is-destroy'?: boolean
    readonly 'is-dry'?: boolean
    readonly message?: string | null
    readonly permissions?: Readonly<Record<string, unknown>>
    readonly 'plan-at'?: string | null
    readonly 'position-in-queue'?: number | null
    readonly refresh?: boolean | null
    readonly 'refresh-only'?: boolean | null
    readonly 'replace-addrs'?: readonly string[] | null
    readonly 'save-plan'?: boolean | null
    readonly source?: Open<Sources>
    readonly status?: Open<
      | 'pending'
      | 'pre_plan_queued'
      | 'pre_plan_running'
      | 'pre_plan_finished'
      | 'plan_queued'
      | 'planning'
      | 'planned'
      | 'confirmed'
      | 'discarded'
      | 'planned_and_finished'
      | 'planned_and_saved'
      | 'post_plan_running'
      | 'post_plan_finished'
      | 'cost_estimating'
      | 'cost_estimated'
      | 'policy_checking'
      | 'policy_override'
      | 'policy_checked'
      | 'pre_apply_queued'
      | 'pre_apply_running'
      | 'pre_apply_finished'
      | 'apply_queued'
      | 'applying'
      | 'applied'
      | 'post_apply_running'
      | 'post_apply_finished'
      | 'errored'
      | 'canceled'
    >
    readonly 'status-timestamps'?: Readonly<Record<string, string>>
    readonly 'target-addrs'?: readonly string[] | null
    readonly variables?:
      | readonly {
          readonly category: Open<'terraform' | 'shell' | 'env'>
          readonly hcl?: boolean
          readonly key: string
          readonly sensitive?: boolean
          readonly value?: string | null
        }[]
      | null
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly apply?: { readonly data: { readonly id: string; readonly type: 'applies' } | null }
    readonly 'configuration-version'?: {
      readonly data: { readonly id: string; readonly type: 'configuration-versions' } | null
    }
    readonly 'cost-estimate'?: {
      readonly data: { readonly id: string; readonly type: 'cost-estimates' } | null
    }
    readonly 'created-by'?: {
      readonly data: { readonly id: string; readonly type: 'users' } | null
    }
    readonly 'created-by-run'?: {
      readonly data: { readonly id: string; readonly type: 'runs' } | null
    }
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly plan?: { readonly data: { readonly id: string; readonly type: 'plans' } | null }
    readonly 'policy-checks'?: {
      readonly data: readonly { readonly id: string; readonly type: 'policy-checks' }[] | null
    }
    readonly 'state-versions'?: {
      readonly data: readonly { readonly id: string; readonly type: 'state-versions' }[] | null
    }
    readonly 'status-transitions'?: {
      readonly data: readonly { readonly id: string; readonly type: 'status-transitions' }[] | null
    }
    readonly tags?: {
      readonly data: readonly { readonly id: string; readonly type: 'tags' }[] | null
    }
    readonly 'vcs-revision'?: {
      readonly data: { readonly id: string; readonly type: 'vcs-revisions' } | null
    }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'runs'
}

export interface RunBody {
  readonly attributes?: {
    readonly 'auto-apply'?: boolean
    readonly inputs?:
      | readonly {
          readonly description?: string
          readonly name?: string
          readonly sensitive?: boolean
          readonly value?:
            | boolean
            | number
            | string
            | readonly unknown[]
            | Readonly<Record<string, unknown>>
            | null
        }[]
      | null
    readonly 'is-destroy'?: boolean
    readonly 'is-dry'?: boolean
    readonly message?: string | null
    readonly 'plan-at'?: string | null
    readonly refresh?: boolean | null
    readonly 'refresh-only'?: boolean | null
    readonly 'replace-addrs'?: readonly string[] | null
    readonly 'save-plan'?: boolean | null
    readonly source?: Open<SourcesBody>
    readonly 'target-addrs'?: readonly string[] | null
    readonly variables?:
      | readonly {
          readonly category: 'terraform' | 'shell' | 'env'
          readonly hcl?: boolean
          readonly key: string
          readonly sensitive?: boolean
          readonly value?: string | null
        }[]
      | null
  }
  readonly relationships?: {
    readonly 'configuration-version'?: {
      readonly data: { readonly id: string; readonly type: 'configuration-versions' } | null
    }
    readonly 'created-by-run'?: {
      readonly data: { readonly id: string; readonly type: 'runs' } | null
    }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'runs'
}

export interface RunDocument {
  readonly data?: Run
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface RunDocumentBody {
  readonly data?: RunBody
}

export interface RunListingDocument {
  readonly data?: readonly Run[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface RunScheduleRule {
  readonly attributes: {
    readonly schedule: string
    readonly 'schedule-mode': Open<'apply' | 'destroy' | 'refresh'>
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'run-schedule-rules'
}

export interface RunScheduleRuleBody {
  readonly attributes: {
    readonly schedule: string
    readonly 'schedule-mode': 'apply' | 'destroy' | 'refresh'
  }
  readonly relationships?: {
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'run-schedule-rules'
}

export interface RunScheduleRuleDocument {
  readonly data?: RunScheduleRule
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface RunScheduleRuleDocumentBody {
  readonly data?: RunScheduleRuleBody
}

export interface RunScheduleRuleListingDocument {
  readonly data?: readonly RunScheduleRule[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface RunTrigger {
  readonly attributes?: { readonly 'created-at'?: string }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly downstream: { readonly data: { readonly id: string; readonly type: 'workspaces' } }
    readonly upstream: { readonly data: { readonly id: string; readonly type: 'workspaces' } }
  }
  readonly type: 'run-triggers'
}

export interface RunTriggerBody {
  readonly attributes?: Readonly<Record<string, never>>
  readonly relationships: {
    readonly downstream: { readonly data: { readonly id: string; readonly type: 'workspaces' } }
    readonly upstream: { readonly data: { readonly id: string; readonly type: 'workspaces' } }
  }
  readonly type: 'run-triggers'
}

export interface RunTriggerDocument {
  readonly data?: RunTrigger
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface RunTriggerDocumentBody {
  readonly data?: RunTriggerBody
}

export interface SSHKey {
  readonly attributes: {
    readonly 'created-at'?: string
    readonly 'in-use'?: boolean
    readonly 'is-shared'?: boolean
    readonly name: string
    readonly 'private-key': string | null
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly account: { readonly data: { readonly id: string; readonly type: 'accounts' } }
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
  }
  readonly type: 'account-ssh-keys'
}

export interface SSHKeyBody {
  readonly attributes: {
    readonly 'is-shared'?: boolean
    readonly name: string
    readonly 'private-key': string | null
  }
  readonly relationships: {
    readonly account: { readonly data: { readonly id: string; readonly type: 'accounts' } }
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
  }
  readonly type: 'account-ssh-keys'
}

export interface SSHKeyDocument {
  readonly data?: SSHKey
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface SSHKeyDocumentBody {
  readonly data?: SSHKeyBody
}

export interface SSHKeyListingDocument {
  readonly data?: readonly SSHKey[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface SamlIntegration {
  readonly attributes: {
    readonly 'auto-redirect'?: boolean | null
    readonly 'base-url'?: string | null
    readonly debug?: boolean
    readonly 'error-message'?: string | null
    readonly 'idp-cert-fingerprint'?: string | null
    readonly 'idp-cert-fingerprint-algorithm'?: string
    readonly 'idp-entity-id': string
    readonly 'idp-single-logout-service-binding'?: string | null
    readonly 'idp-single-logout-service-response-url'?: string | null
    readonly 'idp-single-logout-service-url'?: string | null
    readonly 'idp-single-sign-on-service-binding'?: string | null
    readonly 'idp-single-sign-on-service-url': string
    readonly 'idp-x509cert'?: string | null
    readonly 'idp-x509cert-multi-encryption'?: string | null
    readonly 'idp-x509cert-multi-signing'?: string | null
    readonly 'is-used'?: boolean
    readonly 'mapping-azure-aad-account-type'?: string | null
    readonly 'mapping-azure-aad-client-id'?: string | null
    readonly 'mapping-azure-aad-enabled'?: boolean
    readonly 'mapping-azure-aad-secret-key'?: string | null
    readonly 'mapping-azure-aad-tenant-id'?: string | null
    readonly 'mapping-email'?: string | null
    readonly 'mapping-fullname'?: string | null
    readonly 'mapping-groups'?: string | null
    readonly 'mapping-separator'?: string | null
    readonly name: string
    readonly 'security-allow-repeat-attribute-name'?: boolean
    readonly 'security-authn-requests-signed'?: boolean
    readonly 'security-digest-algorithm'?: Open<
      | 'http://www.w3.org/2001/04/xmlenc#sha256'
      | 'http://www.w3.org/2001/04/xmldsig-more#sha384'
      | 'http://www.w3.org/2001/04/xmlenc#sha512'
    > | null
    readonly 'security-logout-request-signed'?: boolean
    readonly 'security-logout-response-signed'?: boolean
    readonly 'security-name-id-encrypted'?: boolean
    readonly 'security-requested-authn-context'?: string
    readonly 'security-requested-authn-context-comparison'?: Open<
      'exact' | 'minimum' | 'better' | 'maximum'
    >
    readonly 'security-sign-metadata'?: boolean | null
    readonly 'security-signature-algorithm'?: Open<
      | 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
      | 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384'
      | 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512'
    >
    readonly 'security-want-assertions-encrypted'?: boolean
    readonly 'security-want-assertions-signed'?: boolean
    readonly 'security-want-messages-signed'?: boolean
    readonly 'security-want-name-id'?: boolean
    readonly 'security-want-name-id-encrypted'?: boolean
    readonly 'sp-assertion-consumer-service-binding'?: string
    readonly 'sp-default-entity-id'?: string
    readonly 'sp-entity-id'?: string
    readonly 'sp-name-id-format'?: string
    readonly 'sp-private-key'?: string | null
    readonly 'sp-single-logout-service-binding'?: string
    readonly 'sp-x509cert'?: string | null
    readonly 'sp-x509cert-new'?: string | null
    readonly status?: Open<'active' | 'disabled' | 'failed'>
    readonly strict?: boolean
    readonly 'use-identifier-in-urls'?: boolean
    readonly 'verification-status'?: Open<'pending' | 'success' | 'running'>
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
  }
  readonly type: 'saml-integration'
}

export interface SamlIntegrationBody {
  readonly attributes: {
    readonly 'auto-redirect'?: boolean | null
    readonly 'base-url'?: string | null
    readonly debug?: boolean
    readonly 'idp-cert-fingerprint'?: string | null
    readonly 'idp-cert-fingerprint-algorithm'?: string
    readonly 'idp-entity-id': string
    readonly 'idp-single-logout-service-binding'?: string | null
    readonly 'idp-single-logout-service-response-url'?: string | null
    readonly 'idp-single-logout-service-url'?: string | null
    readonly 'idp-single-sign-on-service-binding'?: string | null
    readonly 'idp-single-sign-on-service-url': string
    readonly 'idp-x509cert'?: string | null
    readonly 'idp-x509cert-multi-encryption'?: string | null
    readonly 'idp-x509cert-multi-signing'?: string | null
    readonly 'mapping-azure-aad-account-type'?: string | null
    readonly 'mapping-azure-aad-client-id'?: string | null
    readonly 'mapping-azure-aad-enabled'?: boolean
    readonly 'mapping-azure-aad-secret-key'?: string | null
    readonly 'mapping-azure-aad-tenant-id'?: string | null
    readonly 'mapping-email'?: string | null
    readonly 'mapping-fullname'?: string | null
    readonly 'mapping-groups'?: string | null
    readonly 'mapping-separator'?: string | null
    readonly name: string
    readonly 'security-allow-repeat-attribute-name'?: boolean
    readonly 'security-authn-requests-signed'?: boolean
    readonly 'security-digest-algorithm'?:
      | 'http://www.w3.org/2001/04/xmlenc#sha256'
      | 'http://www.w3.org/2001/04/xmldsig-more#sha384'
      | 'http://www.w3.org/2001/04/xmlenc#sha512'
      | null
    readonly 'security-logout-request-signed'?: boolean
    readonly 'security-logout-response-signed'?: boolean
    readonly 'security-name-id-encrypted'?: boolean
    readonly 'security-requested-authn-context'?: string
    readonly 'security-requested-authn-context-comparison'?:
      | 'exact'
      | 'minimum'
      | 'better'
      | 'maximum'
    readonly 'security-sign-metadata'?: boolean | null
    readonly 'security-signature-algorithm'?:
      | 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
      | 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384'
      | 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512'
    readonly 'security-want-assertions-encrypted'?: boolean
    readonly 'security-want-assertions-signed'?: boolean
    readonly 'security-want-messages-signed'?: boolean
    readonly 'security-want-name-id'?: boolean
    readonly 'security-want-name-id-encrypted'?: boolean
    readonly 'sp-assertion-consumer-service-binding'?: string
    readonly 'sp-entity-id'?: string
    readonly 'sp-name-id-format'?: string
    readonly 'sp-private-key'?: string | null
    readonly 'sp-single-logout-service-binding'?: string
    readonly 'sp-x509cert'?: string | null
    readonly 'sp-x509cert-new'?: string | null
    readonly status?: 'active' | 'disabled' | 'failed'
    readonly strict?: boolean
    readonly 'use-identifier-in-urls'?: boolean
  }
  readonly relationships?: Readonly<Record<string, never>>
  readonly type: 'saml-integration'
}

export interface SamlIntegrationDocument {
  readonly data?: SamlIntegration
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface SamlIntegrationDocumentBody {
  readonly data?: SamlIntegrationBody
}

export interface SamlIntegrationListingDocument {
  readonly data?: readonly SamlIntegration[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface SecurityRules {
  readonly attributes?: {
    readonly 'enforce-agent-pool'?: boolean
    readonly 'max-personal-token-lifetime'?: number | null
    readonly 'max-service-account-token-lifetime'?: number | null
    readonly 'require-owners-for-service-accounts'?: boolean
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly type: 'security-rules'
}

export interface SecurityRulesBody {
  readonly attributes?: {
    readonly 'enforce-agent-pool'?: boolean
    readonly 'max-personal-token-lifetime'?: number | null
    readonly 'max-service-account-token-lifetime'?: number | null
    readonly 'require-owners-for-service-accounts'?: boolean
  }
  readonly links?: Readonly<Record<string, string>>
  readonly type: 'security-rules'
}

export interface SecurityRulesDocument {
  readonly data?: SecurityRules
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface SecurityRulesDocumentBody {
  readonly data?: SecurityRulesBody
}

export interface ServiceAccount {
  readonly attributes: {
    readonly 'created-at'?: string
    readonly description?: string | null
    readonly email?: string
    readonly name: string
    readonly status?: Open<'Active' | 'Inactive'>
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly account: { readonly data: { readonly id: string; readonly type: 'accounts' } }
    readonly 'created-by'?: {
      readonly data: { readonly id: string; readonly type: 'users' } | null
    }
    readonly owners?: {
      readonly data: readonly { readonly id: string; readonly type: 'teams' }[] | null
    }
  }
  readonly type: 'service-accounts'
}

export interface ServiceAccountBody {
  readonly attributes: {
    readonly description?: string | null
    readonly name: string
    readonly status?: 'Active' | 'Inactive'
  }
  readonly relationships: {
    readonly account: { readonly data: { readonly id: string; readonly type: 'accounts' } }
    readonly owners?: {
      readonly data: readonly { readonly id: string; readonly type: 'teams' }[] | null
    }
  }
  readonly type: 'service-accounts'
}

export interface ServiceAccountDocument {
  readonly data?: ServiceAccount
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ServiceAccountDocumentBody {
  readonly data?: ServiceAccountBody
}

export interface ServiceAccountListingDocument {
  readonly data?: readonly ServiceAccount[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface ServiceAccountTemporaryToken {
  readonly 'access-token'?: string
  readonly 'expire-time'?: string
}

export interface SlackChannel {
  readonly id: string
  readonly 'is-private': boolean
  readonly name: string
}

export interface SlackChannelFieldsetsListingDocument {
  readonly data?: readonly SlackChannel[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface SlackConnection {
  readonly attributes?: { readonly 'slack-workspace-name'?: string }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
  }
  readonly type: 'slack-connections'
}

export interface SlackConnectionDocument {
  readonly data?: SlackConnection
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface SlackIntegration {
  readonly attributes: {
    readonly 'channel-id': string
    readonly 'err-message'?: string | null
    readonly events?: readonly Open<
      'run_approval_required' | 'run_success' | 'run_errored' | 'drift_detected'
    >[]
    readonly 'is-apply-only'?: boolean
    readonly name: string
    readonly 'run-mode'?: Open<'all' | 'apply' | 'dry'>
    readonly status?: Open<'active' | 'disabled' | 'failed'>
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly account: { readonly data: { readonly id: string; readonly type: 'accounts' } }
    readonly connection: {
      readonly data: { readonly id: string; readonly type: 'slack-connections' }
    }
    readonly environments: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[]
    }
    readonly workspaces?: {
      readonly data: readonly { readonly id: string; readonly type: 'workspaces' }[] | null
    }
  }
  readonly type: 'slack-integrations'
}

export interface SlackIntegrationBody {
  readonly attributes: {
    readonly 'channel-id': string
    readonly events?: readonly (
      | 'run_approval_required'
      | 'run_success'
      | 'run_errored'
      | 'drift_detected'
    )[]
    readonly 'is-apply-only'?: boolean
    readonly name: string
    readonly 'run-mode'?: 'all' | 'apply' | 'dry'
    readonly status?: 'active' | 'disabled' | 'failed'
  }
  readonly relationships: {
    readonly account: { readonly data: { readonly id: string; readonly type: 'accounts' } }
    readonly connection: {
      readonly data: { readonly id: string; readonly type: 'slack-connections' }
    }
    readonly environments: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[]
    }
    readonly workspaces?: {
      readonly data: readonly { readonly id: string; readonly type: 'workspaces' }[] | null
    }
  }
  readonly type: 'slack-integrations'
}

export interface SlackIntegrationDocument {
  readonly data?: SlackIntegration
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface SlackIntegrationDocumentBody {
  readonly data?: SlackIntegrationBody
}

export interface SlackIntegrationListingDocument {
  readonly data?: readonly SlackIntegration[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface SoftwareVersion {
  readonly attributes: {
    readonly 'created-at'?: string
    readonly default?: boolean
    readonly deprecated?: boolean
    readonly error?: string | null
    readonly hash?: string | null
    readonly image: string | null
    readonly latest?: boolean
    readonly 'software-type': Open<
      'opa' | 'terraform' | 'infracost' | 'opentofu' | 'terragrunt' | 'checkov'
    >
    readonly status?: Open<'pending' | 'failed' | 'active' | 'not-available'>
    readonly version: string
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly type: 'software-versions'
}

export interface SoftwareVersionDocument {
  readonly data?: SoftwareVersion
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface SoftwareVersionListingDocument {
  readonly data?: readonly SoftwareVersion[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export type Sources = Open<
  | 'api'
  | 'cli'
  | 'scalr-cli'
  | 'configuration-version'
  | 'service-catalog'
  | 'ui'
  | 'vcs'
  | 'vcs-task'
  | 'run-trigger'
  | 'schedule'
  | 'restart'
  | 'restart-ci'
  | 'assistant'
  | 'dashboard-run'
  | 'dashboard-workspace'
  | 'workspaces-environment'
  | 'workspaces-environment-bulk'
  | 'workspaces-account'
  | 'workspaces-account-bulk'
  | 'reports-iac-versions'
  | 'reports-stale-workspaces'
  | 'auto-destroy'
  | 'comment-github'
  | 'comment-azure'
  | 'comment-gitlab'
  | 'check-github'
  | 'vscode'
  | 'drift-detection'
>

export type SourcesBody =
  | 'api'
  | 'cli'
  | 'scalr-cli'
  | 'configuration-version'
  | 'service-catalog'
  | 'ui'
  | 'vcs'
  | 'vcs-task'
  | 'run-trigger'
  | 'schedule'
  | 'restart'
  | 'restart-ci'
  | 'assistant'
  | 'dashboard-run'
  | 'dashboard-workspace'
  | 'workspaces-environment'
  | 'workspaces-environment-bulk'
  | 'workspaces-account'
  | 'workspaces-account-bulk'
  | 'reports-iac-versions'
  | 'reports-stale-workspaces'
  | 'auto-destroy'
  | 'comment-github'
  | 'comment-azure'
  | 'comment-gitlab'
  | 'check-github'
  | 'vscode'
  | 'drift-detection'

export interface SsoBypassUsersRelationship {
  readonly id: string
  readonly type: 'users'
}

export interface SsoBypassUsersRelationshipBody {
  readonly id: string
  readonly type: 'users'
}

export interface SsoBypassUsersRelationshipFieldsetsListingDocument {
  readonly data?: readonly SsoBypassUsersRelationship[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface SsoBypassUsersRelationshipFieldsetsListingDocumentBody {
  readonly data?: readonly SsoBypassUsersRelationshipBody[]
}

export interface StateVersion {
  readonly attributes?: {
    readonly 'created-at'?: string
    readonly force?: boolean
    readonly lineage?: string | null
    readonly md5?: string
    readonly modules?: Readonly<Record<string, Readonly<Record<string, number>>>>
    readonly outputs?:
      | readonly {
          readonly name?: string
          readonly sensitive?: boolean
          readonly value?: string | Readonly<Record<string, unknown>> | readonly unknown[] | null
        }[]
      | null
    readonly providers?: Readonly<Record<string, Readonly<Record<string, number>>>>
    readonly resources?: readonly {
      readonly address?: string
      readonly index?: string | number | null
      readonly module?: string | null
      readonly type?: string
    }[]
    readonly serial?: number
    readonly size?: number
    readonly state?: string | null
  }
  readonly id?: string
  readonly links?: { readonly download?: string | null; readonly self?: string }
  readonly relationships?: {
    readonly 'next-state-version'?: {
      readonly data: { readonly id: string; readonly type: 'state-versions' } | null
    }
    readonly 'previous-state-version'?: {
      readonly data: { readonly id: string; readonly type: 'state-versions' } | null
    }
    readonly run?: { readonly data: { readonly id: string; readonly type: 'runs' } | null }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'state-versions'
}

export interface StateVersionBody {
  readonly attributes?: {
    readonly force?: boolean
    readonly lineage?: string | null
    readonly md5?: string
    readonly serial?: number
    readonly state?: string | null
  }
  readonly relationships?: {
    readonly run?: { readonly data: { readonly id: string; readonly type: 'runs' } | null }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'state-versions'
}

export interface StateVersionDocument {
  readonly data?: StateVersion
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface StateVersionDocumentBody {
  readonly data?: StateVersionBody
}

export interface StateVersionListingDocument {
  readonly data?: readonly StateVersion[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface StorageProfile {
  readonly attributes: {
    readonly 'aws-s3-audience'?: string | null
    readonly 'aws-s3-bucket-name'?: string | null
    readonly 'aws-s3-region'?: string | null
    readonly 'aws-s3-role-arn'?: string | null
    readonly 'azurerm-audience'?: string | null
    readonly 'azurerm-client-id'?: string | null
    readonly 'azurerm-container-name'?: string | null
    readonly 'azurerm-storage-account'?: string | null
    readonly 'azurerm-tenant-id'?: string | null
    readonly 'backend-type': Open<'google' | 'aws-s3' | 'azurerm'>
    readonly 'created-at'?: string
    readonly default?: boolean
    readonly 'error-message'?: string | null
    readonly 'google-credentials'?: Readonly<Record<string, unknown>> | null
    readonly 'google-encryption-key'?: string | null
    readonly 'google-project'?: string | null
    readonly 'google-storage-bucket'?: string | null
    readonly 'is-system'?: boolean
    readonly name: string
    readonly 'updated-at'?: string | null
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly type: 'storage-profiles'
}

export interface StorageProfileBody {
  readonly attributes: {
    readonly 'aws-s3-audience'?: string | null
    readonly 'aws-s3-bucket-name'?: string | null
    readonly 'aws-s3-region'?: string | null
    readonly 'aws-s3-role-arn'?: string | null
    readonly 'azurerm-audience'?: string | null
    readonly 'azurerm-client-id'?: string | null
    readonly 'azurerm-container-name'?: string | null
    readonly 'azurerm-storage-account'?: string | null
    readonly 'azurerm-tenant-id'?: string | null
    readonly 'backend-type': 'google' | 'aws-s3' | 'azurerm'
    readonly default?: boolean
    readonly 'google-credentials'?: Readonly<Record<string, unknown>> | null
    readonly 'google-encryption-key'?: string | null
    readonly 'google-project'?: string | null
    readonly 'google-storage-bucket'?: string | null
    readonly name: string
  }
  readonly links?: Readonly<Record<string, string>>
  readonly type: 'storage-profiles'
}

export interface StorageProfileDocument {
  readonly data?: StorageProfile
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface StorageProfileDocumentBody {
  readonly data?: StorageProfileBody
}

export interface StorageProfileListingDocument {
  readonly data?: readonly StorageProfile[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface Tag {
  readonly attributes: { readonly name: string }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
  }
  readonly type: 'tags'
}

export interface TagBody {
  readonly attributes: { readonly name: string }
  readonly relationships?: Readonly<Record<string, never>>
  readonly type: 'tags'
}

export interface TagDocument {
  readonly data?: Tag
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TagDocumentBody {
  readonly data?: TagBody
}

export interface TagListingDocument {
  readonly data?: readonly Tag[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TagRelationship {
  readonly id: string
  readonly type: 'tags'
}

export interface TagRelationshipBody {
  readonly id: string
  readonly type: 'tags'
}

export interface TagRelationshipFieldsetsListingDocument {
  readonly data?: readonly TagRelationship[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TagRelationshipFieldsetsListingDocumentBody {
  readonly data?: readonly TagRelationshipBody[]
}

export interface Team {
  readonly attributes: { readonly description?: string | null; readonly name: string }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly 'identity-provider'?: {
      readonly data: { readonly id: string; readonly type: 'identity-providers' } | null
    }
    readonly users?: {
      readonly data: readonly { readonly id: string; readonly type: 'users' }[] | null
    }
  }
  readonly type: 'teams'
}

export interface TeamBody {
  readonly attributes: { readonly description?: string | null; readonly name: string }
  readonly relationships?: {
    readonly users?: {
      readonly data: readonly { readonly id: string; readonly type: 'users' }[] | null
    }
  }
  readonly type: 'teams'
}

export interface TeamDocument {
  readonly data?: Team
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TeamDocumentBody {
  readonly data?: TeamBody
}

export interface TeamListingDocument {
  readonly data?: readonly Team[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformModuleUsage {
  readonly attributes: {
    readonly module: string
    readonly 'parent-module'?: string | null
    readonly source?: string | null
    readonly 'versions-used-count': number
    readonly 'workspaces-count': number
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly namespace?: {
      readonly data: { readonly id: string; readonly type: 'tf-module-namespaces' } | null
    }
  }
  readonly type: 'tf-module-usages'
}

export interface TerraformModuleUsageDocument {
  readonly data?: TerraformModuleUsage
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformModuleUsageListingDocument {
  readonly data?: readonly TerraformModuleUsage[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformModuleUsageSource {
  readonly source: string
}

export interface TerraformModuleUsageSourceFieldsetsListingDocument {
  readonly data?: readonly TerraformModuleUsageSource[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformModuleUsageVersion {
  readonly version?: string
}

export interface TerraformModuleUsageVersionFieldsetsListingDocument {
  readonly data?: readonly TerraformModuleUsageVersion[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformModuleVersionUsage {
  readonly attributes: { readonly 'created-at': string; readonly version?: string | null }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'tf-module-version-usages'
}

export interface TerraformModuleVersionUsageListingDocument {
  readonly data?: readonly TerraformModuleVersionUsage[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformProviderUsage {
  readonly attributes: {
    readonly provider: string
    readonly source: string
    readonly 'versions-used-count': number
    readonly 'workspaces-count': number
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly type: 'tf-provider-usages'
}

export interface TerraformProviderUsageDocument {
  readonly data?: TerraformProviderUsage
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformProviderUsageListingDocument {
  readonly data?: readonly TerraformProviderUsage[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformProviderUsageSource {
  readonly source: string
}

export interface TerraformProviderUsageSourceFieldsetsListingDocument {
  readonly data?: readonly TerraformProviderUsageSource[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformProviderUsageVersion {
  readonly version: string
}

export interface TerraformProviderUsageVersionFieldsetsListingDocument {
  readonly data?: readonly TerraformProviderUsageVersion[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformProviderVersionUsage {
  readonly attributes: { readonly 'created-at': string; readonly version: string | null }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'tf-provider-version-usages'
}

export interface TerraformProviderVersionUsageListingDocument {
  readonly data?: readonly TerraformProviderVersionUsage[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformResourceInstanceUsage {
  readonly attributes: {
    readonly address: string
    readonly 'external-id': string
    readonly 'is-active'?: boolean
    readonly 'is-duplicate'?: boolean
    readonly name: string
    readonly 'updated-at': string
    readonly 'updated-by-email': string
    readonly 'workspace-name': string
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly resource?: {
      readonly data: { readonly id: string; readonly type: 'tf-resource-usages' } | null
    }
    readonly run?: { readonly data: { readonly id: string; readonly type: 'runs' } | null }
    readonly 'state-version'?: {
      readonly data: { readonly id: string; readonly type: 'state-versions' } | null
    }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'tf-resource-instance-usages'
}

export interface TerraformResourceInstanceUsageListingDocument {
  readonly data?: readonly TerraformResourceInstanceUsage[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformResourceUsage {
  readonly attributes: {
    readonly 'active-instances-count': number
    readonly 'deleted-instances-count': number
    readonly name: string
    readonly 'provider-type': string
    readonly 'workspaces-count': number
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
  }
  readonly type: 'tf-resource-usages'
}

export interface TerraformResourceUsageDocument {
  readonly data?: TerraformResourceUsage
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformResourceUsageListingDocument {
  readonly data?: readonly TerraformResourceUsage[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformResourceUsageProviderType {
  readonly 'provider-type': string
}

export interface TerraformResourceUsageProviderTypeFieldsetsListingDocument {
  readonly data?: readonly TerraformResourceUsageProviderType[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformVersionUsage {
  readonly attributes: {
    readonly 'created-at': string
    readonly 'iac-platform'?: Open<'terraform' | 'opentofu'>
    readonly 'is-auto'?: boolean
    readonly version: string
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'tf-version-usages'
}

export interface TerraformVersionUsageListingDocument {
  readonly data?: readonly TerraformVersionUsage[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface TerraformVersionUsageVersion {
  readonly version: string
}

export interface TerraformVersionUsageVersionFieldsetsListingDocument {
  readonly data?: readonly TerraformVersionUsageVersion[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface UsageStatistic {
  readonly attributes?: {
    readonly 'breakdown-id'?: string | null
    readonly 'breakdown-name'?: string | null
    readonly date?: string | null
    readonly 'runs-count'?: number
    readonly 'runs-seconds'?: number
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
  }
  readonly type: 'usage-statistics'
}

export interface UsageStatisticListingDocument {
  readonly data?: readonly UsageStatistic[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface User {
  readonly attributes: {
    readonly 'created-at'?: string | null
    readonly email: string
    readonly 'full-name'?: string | null
    readonly 'last-login-at'?: string | null
    readonly status?: Open<'Active' | 'Inactive' | 'Pending'>
    readonly username?: string
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly 'identity-providers'?: {
      readonly data: readonly { readonly id: string; readonly type: 'identity-providers' }[] | null
    }
    readonly teams?: {
      readonly data: readonly { readonly id: string; readonly type: 'teams' }[] | null
    }
  }
  readonly type: 'users'
}

export interface UserBody {
  readonly attributes: {
    readonly 'created-at'?: string | null
    readonly email: string
    readonly 'full-name'?: string | null
    readonly 'last-login-at'?: string | null
    readonly status?: 'Active' | 'Inactive' | 'Pending'
    readonly username?: string
  }
  readonly relationships?: {
    readonly 'identity-providers'?: {
      readonly data: readonly { readonly id: string; readonly type: 'identity-providers' }[] | null
    }
    readonly teams?: {
      readonly data: readonly { readonly id: string; readonly type: 'teams' }[] | null
    }
  }
  readonly type: 'users'
}

export interface UserDocument {
  readonly data?: User
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface UserDocumentBody {
  readonly data?: UserBody
}

export interface UserInviteBody {
  readonly attributes: { readonly email: string; readonly 'send-invite'?: boolean }
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly roles?: {
      readonly data: readonly { readonly id: string; readonly type: 'roles' }[] | null
    }
    readonly teams?: {
      readonly data: readonly { readonly id: string; readonly type: 'teams' }[] | null
    }
  }
  readonly type: 'users'
}

export interface UserInviteDocumentBody {
  readonly data?: UserInviteBody
}

export interface UserListingDocument {
  readonly data?: readonly User[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface Variable {
  readonly attributes: {
    readonly category: Open<'terraform' | 'shell' | 'env'>
    readonly description?: string | null
    readonly final?: boolean
    readonly hcl?: boolean
    readonly key: string
    readonly sensitive?: boolean
    readonly 'updated-at'?: string | null
    readonly 'updated-by-email'?: string | null
    readonly value?: string | null
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly 'updated-by'?: {
      readonly data: { readonly id: string; readonly type: 'users' } | null
    }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'vars'
}

export interface VariableBody {
  readonly attributes: {
    readonly category: 'terraform' | 'shell' | 'env'
    readonly description?: string | null
    readonly final?: boolean
    readonly hcl?: boolean
    readonly key: string
    readonly sensitive?: boolean
    readonly value?: string | null
  }
  readonly relationships?: {
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'vars'
}

export interface VariableDocument {
  readonly data?: Variable
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface VariableDocumentBody {
  readonly data?: VariableBody
}

export interface VariableListingDocument {
  readonly data?: readonly Variable[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface VcsProvider {
  readonly attributes: {
    readonly 'applies-enabled'?: boolean
    readonly 'auth-type': Open<'oauth2' | 'personal_token'>
    readonly 'auto-merge'?: boolean
    readonly 'checks-enabled'?: boolean
    readonly 'comments-enabled'?: boolean
    readonly 'compare-strategy'?: Open<'base-commit' | 'previous-commit'>
    readonly 'draft-pr-runs-enabled'?: boolean
    readonly 'error-message'?: string | null
    readonly 'is-shared'?: boolean
    readonly name: string
    readonly 'plans-enabled'?: boolean
    readonly 'pr-merge-comments-enabled'?: boolean
    readonly token?: string | null
    readonly url?: string | null
    readonly username?: string | null
    readonly 'vcs-type': Open<
      | 'github'
      | 'gitlab'
      | 'bitbucket'
      | 'bitbucket_enterprise'
      | 'gitlab_enterprise'
      | 'github_enterprise'
      | 'azure_dev_ops_services'
    >
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly 'agent-pool'?: {
      readonly data: { readonly id: string; readonly type: 'agent-pools' } | null
    }
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
  }
  readonly type: 'vcs-providers'
}

export interface VcsProviderBody {
  readonly attributes: {
    readonly 'applies-enabled'?: boolean
    readonly 'auth-type': 'oauth2' | 'personal_token'
    readonly 'auto-merge'?: boolean
    readonly 'checks-enabled'?: boolean
    readonly 'comments-enabled'?: boolean
    readonly 'compare-strategy'?: 'base-commit' | 'previous-commit'
    readonly 'draft-pr-runs-enabled'?: boolean
    readonly 'is-shared'?: boolean
    readonly name: string
    readonly 'plans-enabled'?: boolean
    readonly 'pr-merge-comments-enabled'?: boolean
    readonly token?: string | null
    readonly url?: string | null
    readonly username?: string | null
    readonly 'vcs-type':
      | 'github'
      | 'gitlab'
      | 'bitbucket'
      | 'bitbucket_enterprise'
      | 'gitlab_enterprise'
      | 'github_enterprise'
      | 'azure_dev_ops_services'
  }
  readonly relationships?: {
    readonly account?: { readonly data: { readonly id: string; readonly type: 'accounts' } | null }
    readonly 'agent-pool'?: {
      readonly data: { readonly id: string; readonly type: 'agent-pools' } | null
    }
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
  }
  readonly type: 'vcs-providers'
}

export interface VcsProviderDocument {
  readonly data?: VcsProvider
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface VcsProviderDocumentBody {
  readonly data?: VcsProviderBody
}

export interface VcsProviderListingDocument {
  readonly data?: readonly VcsProvider[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface VcsTaskRequestBody {
  readonly branch: string
  readonly 'commit-sha': string
  readonly 'repository-id': string
}

export interface WebhookIntegration {
  readonly attributes: {
    readonly enabled?: boolean
    readonly headers?:
      | readonly {
          readonly name: string
          readonly sensitive?: boolean
          readonly value: string | null
        }[]
      | null
    readonly 'http-method'?: string
    readonly 'is-shared'?: boolean
    readonly 'last-triggered-at'?: string | null
    readonly 'max-attempts'?: number
    readonly name: string
    readonly 'secret-key'?: string
    readonly statistics?: {
      readonly 'last-day'?: {
        readonly delivered?: number
        readonly failed?: number
        readonly total?: number
      }
      readonly 'last-hour'?: {
        readonly delivered?: number
        readonly failed?: number
        readonly total?: number
      }
      readonly 'last-week'?: {
        readonly delivered?: number
        readonly failed?: number
        readonly total?: number
      }
    } | null
    readonly timeout?: number
    readonly url: string
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly account: { readonly data: { readonly id: string; readonly type: 'accounts' } }
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
    readonly events?: {
      readonly data: readonly { readonly id: string; readonly type: 'event-definitions' }[] | null
    }
  }
  readonly type: 'webhook-integrations'
}

export interface WebhookIntegrationBody {
  readonly attributes: {
    readonly enabled?: boolean
    readonly headers?:
      | readonly {
          readonly name: string
          readonly sensitive?: boolean
          readonly value: string | null
        }[]
      | null
    readonly 'is-shared'?: boolean
    readonly 'max-attempts'?: number
    readonly name: string
    readonly 'secret-key'?: string
    readonly timeout?: number
    readonly url: string
  }
  readonly relationships: {
    readonly account: { readonly data: { readonly id: string; readonly type: 'accounts' } }
    readonly environments?: {
      readonly data: readonly { readonly id: string; readonly type: 'environments' }[] | null
    }
    readonly events?: {
      readonly data: readonly { readonly id: string; readonly type: 'event-definitions' }[] | null
    }
  }
  readonly type: 'webhook-integrations'
}

export interface WebhookIntegrationDelivery {
  readonly attributes: {
    readonly attempts?: number
    readonly 'error-message'?: string | null
    readonly 'last-handle-attempt-at'?: string
    readonly 'request-body'?: Readonly<Record<string, unknown>>
    readonly 'request-headers'?: Readonly<Record<string, unknown>>
    readonly 'response-body'?: Readonly<Record<string, unknown>> | string | null
    readonly 'response-code'?: number | null
    readonly 'response-headers'?: Readonly<Record<string, unknown>> | null
    readonly status: string
    readonly 'triggered-at'?: string
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships: {
    readonly environment?: {
      readonly data: { readonly id: string; readonly type: 'environments' } | null
    }
    readonly event: { readonly data: { readonly id: string; readonly type: 'event-definitions' } }
    readonly run?: { readonly data: { readonly id: string; readonly type: 'runs' } | null }
    readonly 'triggered-by'?: {
      readonly data: { readonly id: string; readonly type: 'users' } | null
    }
    readonly webhook: {
      readonly data: { readonly id: string; readonly type: 'webhook-integrations' }
    }
    readonly workspace?: {
      readonly data: { readonly id: string; readonly type: 'workspaces' } | null
    }
  }
  readonly type: 'webhook-integration-deliveries'
}

export interface WebhookIntegrationDeliveryDocument {
  readonly data?: WebhookIntegrationDelivery
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface WebhookIntegrationDeliveryListingDocument {
  readonly data?: readonly WebhookIntegrationDelivery[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface WebhookIntegrationDocument {
  readonly data?: WebhookIntegration
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface WebhookIntegrationDocumentBody {
  readonly data?: WebhookIntegrationBody
}

export interface WebhookIntegrationListingDocument {
  readonly data?: readonly WebhookIntegration[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface WorkloadIdentityProvider {
  readonly attributes: {
    readonly 'allowed-audiences': readonly string[]
    readonly 'created-at'?: string
    readonly 'created-by-email'?: string | null
    readonly name: string
    readonly status?: Open<
      | 'pending'
      | 'active'
      | 'invalid_provider_settings'
      | 'fetch_jwks_error'
      | 'not_supported_jwks'
      | 'internal_error'
    >
    readonly url: string
  }
  readonly id?: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: {
    readonly 'assume-service-account-policies'?: {
      readonly data:
        | readonly { readonly id: string; readonly type: 'assume-service-account-policies' }[]
        | null
    }
  }
  readonly type: 'workload-identity-providers'
}

export interface WorkloadIdentityProviderBody {
  readonly attributes: {
    readonly 'allowed-audiences': readonly string[]
    readonly name: string
    readonly url: string
  }
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: Readonly<Record<string, never>>
  readonly type: 'workload-identity-providers'
}

export interface WorkloadIdentityProviderDocument {
  readonly data?: WorkloadIdentityProvider
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface WorkloadIdentityProviderDocumentBody {
  readonly data?: WorkloadIdentityProviderBody
}

export interface WorkloadIdentityProviderListingDocument {
  readonly data?: readonly WorkloadIdentityProvider[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface Workspace {
  readonly attributes: {
    readonly 'apply-schedule'?: string | null
    readonly 'auto-apply'?: boolean
    readonly 'auto-destroy-days'?: 1 | 2 | 7 | 14 | null
    readonly 'auto-destroy-status'?: string | null
    readonly 'auto-destroy-time'?: string | null
    readonly 'auto-queue-runs'?: Open<'always' | 'never' | 'skip_first' | 'on_create_only'>
    readonly 'created-at'?: string
    readonly 'deletion-protection-changed-by-email'?: string | null
    readonly 'deletion-protection-enabled'?: boolean
    readonly 'destroy-schedule'?: string | null
    readonly 'environment-type'?: Open<
      'production' | 'staging' | 'testing' | 'development' | 'unmapped'
    >
    readonly 'execution-mode'?: Open<'remote' | 'local'>
    readonly favorite?: boolean
    readonly 'force-latest-run'?: boolean
    readonly 'has-resources'?: boolean
    readonly hooks?: {
      readonly 'post-apply'?: string | null
      readonly 'post-plan'?: string | null
      readonly 'pre-apply'?: string | null
      readonly 'pre-init'?: string | null
      readonly 'pre-plan'?: string | null
    } | null
    readonly 'iac-platform'?: Open<'terraform' | 'opentofu'>
    readonly 'lock-reason'?: string | null
    readonly locked?: boolean
    readonly name: string
    readonly operations?: boolean
    readonly permissions?: Readonly<Record<string, unknown>>
    readonly 'remote-backend'?: boolean
    readonly 'remote-state-sharing'?: boolean
    readonly 'run-operation-timeout'?: number | null
    readonly 'terraform-version'?: string
    readonly terragrunt?: {
      readonly 'include-external-dependencies'?: boolean
      readonly 'use-run-all'?: boolean
      readonly version: string
    } | null
    readonly 'updated-at'?: string | null
    readonly 'updated-by-email'?: string | null
    readonly 'var-files'?: readonly string[] | null
    readonly 'vcs-repo'?: {
      readonly branch?: string | null
      readonly 'dry-runs-enabled'?: boolean
      readonly identifier: string
      readonly 'ingress-submodules'?: boolean
      readonly path?: string | null
      readonly 'trigger-patterns'?: string | null
      readonly 'trigger-prefixes'?: readonly string[] | null
      readonly 'version-constraint'?: string | null
    } | null
    readonly 'working-directory'?: string | null
  }
  readonly id?: string
  readonly links?: { readonly self?: string }
  readonly relationships: {
    readonly 'agent-pool'?: {
      readonly data: { readonly id: string; readonly type: 'agent-pools' } | null
    }
    readonly 'configuration-version'?: {
      readonly data: { readonly id: string; readonly type: 'configuration-versions' } | null
    }
    readonly 'created-by'?: {
      readonly data: { readonly id: string; readonly type: 'users' } | null
    }
    readonly 'current-run'?: {
      readonly data: { readonly id: string; readonly type: 'runs' } | null
    }
    readonly 'drift-report'?: {
      readonly data: { readonly id: string; readonly type: 'drift-reports' } | null
    }
    readonly environment: { readonly data: { readonly id: string; readonly type: 'environments' } }
    readonly 'latest-configuration-version'?: {
      readonly data: { readonly id: string; readonly type: 'configuration-versions' } | null
    }
    readonly 'latest-run'?: { readonly data: { readonly id: string; readonly type: 'runs' } | null }
    readonly 'locked-by'?: { readonly data: { readonly id: string; readonly type: 'users' } | null }
    readonly 'locked-by-run'?: {
      readonly data: { readonly id: string; readonly type: 'runs' } | null
    }
    readonly module?: { readonly data: { readonly id: string; readonly type: 'modules' } | null }
    readonly 'module-version'?: {
      readonly data: { readonly id: string; readonly type: 'module-versions' } | null
    }
    readonly 'readme-id'?: {
      readonly data: { readonly id: string; readonly type: 'workspace-readme' } | null
    }
    readonly 'ssh-key'?: {
      readonly data: { readonly id: string; readonly type: 'account-ssh-keys' } | null
    }
    readonly tags?: {
      readonly data: readonly { readonly id: string; readonly type: 'tags' }[] | null
    }
    readonly 'updated-by'?: {
      readonly data: { readonly id: string; readonly type: 'users' } | null
    }
    readonly 'vcs-provider'?: {
      readonly data: { readonly id: string; readonly type: 'vcs-providers' } | null
    }
  }
  readonly type: 'workspaces'
}

export interface WorkspaceBody {
  readonly attributes: {
    readonly 'auto-apply'?: boolean
    readonly 'auto-destroy-days'?: 1 | 2 | 7 | 14 | null
    readonly 'auto-queue-runs'?: 'always' | 'never' | 'skip_first' | 'on_create_only'
    readonly 'deletion-protection-enabled'?: boolean
    readonly 'environment-type'?: 'production' | 'staging' | 'testing' | 'development' | 'unmapped'
    readonly 'execution-mode'?: 'remote' | 'local'
    readonly 'force-latest-run'?: boolean
    readonly hooks?: {
      readonly 'post-apply'?: string | null
      readonly 'post-plan'?: string | null
      readonly 'pre-apply'?: string | null
      readonly 'pre-init'?: string | null
      readonly 'pre-plan'?: string | null
    } | null
    readonly 'iac-platform'?: 'terraform' | 'opentofu'
    readonly name: string
    readonly operations?: boolean
    readonly 'remote-backend'?: boolean
    readonly 'remote-state-sharing'?: boolean
    readonly 'run-operation-timeout'?: number | null
    readonly 'terraform-version'?: string
    readonly terragrunt?: {
      readonly 'include-external-dependencies'?: boolean
      readonly 'use-run-all'?: boolean
      readonly version: string
    } | null
    readonly 'var-files'?: readonly string[] | null
    readonly 'vcs-repo'?: {
      readonly branch?: string | null
      readonly 'dry-runs-enabled'?: boolean
      readonly identifier: string
      readonly 'ingress-submodules'?: boolean
      readonly path?: string | null
      readonly 'trigger-patterns'?: string | null
      readonly 'trigger-prefixes'?: readonly string[] | null
      readonly 'version-constraint'?: string | null
    } | null
    readonly 'working-directory'?: string | null
  }
  readonly relationships: {
    readonly 'agent-pool'?: {
      readonly data: { readonly id: string; readonly type: 'agent-pools' } | null
    }
    readonly environment: { readonly data: { readonly id: string; readonly type: 'environments' } }
    readonly 'module-version'?: {
      readonly data: { readonly id: string; readonly type: 'module-versions' } | null
    }
    readonly tags?: {
      readonly data: readonly { readonly id: string; readonly type: 'tags' }[] | null
    }
    readonly 'vcs-provider'?: {
      readonly data: { readonly id: string; readonly type: 'vcs-providers' } | null
    }
  }
  readonly type: 'workspaces'
}

export interface WorkspaceDocument {
  readonly data?: Workspace
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface WorkspaceDocumentBody {
  readonly data?: WorkspaceBody
}

export interface WorkspaceListingDocument {
  readonly data?: readonly Workspace[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface WorkspaceOutput {
  readonly name?: string
  readonly sensitive?: boolean
  readonly value?: unknown
}

export interface WorkspaceOutputFieldsetsListingDocument {
  readonly data?: readonly WorkspaceOutput[]
  readonly included?: readonly Readonly<Record<string, unknown>>[]
  readonly links?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface WorkspaceSSHKeyLinkRequestBody {
  readonly 'ssh-key': string
}

export interface WorkspaceScheduleBody {
  readonly 'apply-schedule'?: string | null
  readonly 'destroy-schedule'?: string | null
}
