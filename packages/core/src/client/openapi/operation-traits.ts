// Made by `pnpm client:types` from the OpenAPI document of Scalr. Do not edit.

import type { OperationTraits } from '../request-types.ts'
import type { Operations } from './operations.ts'

/** Where an operation takes something else than a JSON:API document, or answers with a file. */
export const operationTraits: Readonly<Partial<Record<keyof Operations, OperationTraits>>> = {
  'GET /applies/{apply}/output': { answer: 'file' },
  'GET /configuration-versions/{configuration_version}/download': { answer: 'file' },
  'GET /cost-estimates/{cost_estimate}/breakdown': { answer: 'file' },
  'GET /cost-estimates/{cost_estimate}/output': { answer: 'file' },
  'POST /environments/{environment}/actions/lock': { body: 'application/json' },
  'GET /iam/signin/{provider}': { answer: 'file' },
  'GET /iam/signup/{provider}': { answer: 'file' },
  'GET /logout': { answer: 'file' },
  'GET /metrics': { answer: 'file' },
  'POST /modules/{module}/actions/resync': { body: 'application/json' },
  'GET /modules/{module}/changelog': { answer: 'file' },
  'GET /ping': { answer: 'file' },
  'GET /plans/{plan}/json-output': { answer: 'file' },
  'GET /plans/{plan}/output': { answer: 'file' },
  'GET /plans/{plan}/sanitized-json-output': { answer: 'file' },
  'GET /policy-checks/{policy_check}/output': { answer: 'file' },
  'POST /runs/{run}/actions/apply': { body: 'application/json' },
  'POST /runs/{run}/actions/cancel': { body: 'application/json' },
  'POST /runs/{run}/actions/discard': { body: 'application/json' },
  'POST /runs/{run}/actions/force': { body: 'application/json' },
  'GET /runs/{run}/policy-input': { answer: 'file' },
  'POST /service-accounts/assume': { body: 'application/json' },
  'GET /state-versions/{state_version}/download': { answer: 'file' },
  'POST /vcs-tasks': { body: 'application/json' },
  'POST /workspaces/{workspace}/actions/lock': { body: 'application/json' },
  'POST /workspaces/{workspace}/actions/set-schedule': { body: 'application/json' },
  'POST /workspaces/{workspace}/ssh-key-links': { body: 'application/json' },
}
