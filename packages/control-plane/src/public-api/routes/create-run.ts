import { invalidRelationship, parseWriteBody, textOf } from '../json-api/index.ts'
import type { ApiUser, PublicApi } from '../public-api.ts'
import { configurationVersions, workspaces } from '../resources/index.ts'

import { checkRunVariables } from './final-variables.ts'
import { fromEngine } from './from-engine.ts'
import { checkRunMode, runAttributesSchema } from './run-attributes.ts'
import { relatedRow, requiredRow } from './writes.ts'

/**
 * Queues the run that a document describes. @returns its id
 * @throws {@link PublicApiError} when it is refused
 */
export function createRun(api: PublicApi, user: ApiUser, document: unknown): string {
  const { accountId, userId } = user
  const body = parseWriteBody(document, 'runs', runAttributesSchema)
  const { attributes } = body
  if (typeof body.one('created-by-run') === 'string') {
    throw invalidRelationship('created-by-run', 'Here no run starts another one.')
  }
  const workspace = requiredRow(api, accountId, body, { name: 'workspace', resource: workspaces })
  const workspaceId = textOf(workspace, 'id')
  if (textOf(workspace, 'execution_mode') === 'local') {
    throw invalidRelationship(
      'workspace',
      'The workspace is in local execution mode: it keeps state and has no runs.',
    )
  }
  const configurationVersionId = configurationOf(
    api,
    accountId,
    workspaceId,
    body.one('configuration-version'),
  )
  checkRunMode(attributes)
  const variables = (attributes.variables ?? []).map((variable) => ({
    ...variable,
    value: variable.value ?? '',
    // HCL means nothing to an environment variable.
    hcl: variable.category === 'terraform' && variable.hcl,
  }))
  checkRunVariables(api, workspaceId, variables)
  return fromEngine(workspaceId, 'Workspace', () =>
    api.engine.createRun({
      workspaceId,
      ...(configurationVersionId === undefined ? {} : { configurationVersionId }),
      source: attributes.source ?? 'api',
      message: attributes.message ?? null,
      createdBy: userId,
      ...given('isDestroy', attributes['is-destroy']),
      ...given('isDry', attributes['is-dry']),
      ...given('autoApply', attributes['auto-apply']),
      ...given('refresh', attributes.refresh),
      ...given('refreshOnly', attributes['refresh-only']),
      ...given('savePlan', attributes['save-plan']),
      targetAddrs: attributes['target-addrs'] ?? [],
      replaceAddrs: attributes['replace-addrs'] ?? [],
      variables,
    }),
  )
}

function configurationOf(
  api: PublicApi,
  accountId: string,
  workspaceId: string,
  id: string | null | undefined,
): string | undefined {
  if (typeof id !== 'string') return undefined
  const relation = 'configuration-version'
  const row = relatedRow(api, accountId, {
    name: relation,
    resource: configurationVersions,
    id,
  })
  if (textOf(row, 'workspace_id') !== workspaceId) {
    throw invalidRelationship(relation, 'The configuration version is of another workspace.')
  }
  const status = textOf(row, 'status')
  if (status !== 'uploaded') {
    throw invalidRelationship(relation, `The configuration version is '${status}', not uploaded.`)
  }
  return id
}

function given<Key extends string>(
  key: Key,
  value: boolean | null | undefined,
): Partial<Record<Key, boolean>> {
  const result: Partial<Record<Key, boolean>> = {}
  if (typeof value === 'boolean') result[key] = value
  return result
}
